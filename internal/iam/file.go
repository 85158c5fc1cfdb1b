package iam

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"parlor/chat"
)

// File is users, keys and policies as a configuration file has them. It is a
// [Source]; nothing can be changed through it.
type File struct {
	users    map[string]User
	keys     map[string]Key
	policies map[string]*Policy
}

// fileRecord is the JSON of a file.
type fileRecord struct {
	Users []struct {
		Account  string   `json:"account"`
		Name     string   `json:"name"`
		Policies []string `json:"policies"`
		Keys     []Key    `json:"keys"`
	} `json:"users"`
	Policies []policyRecord `json:"policies"`
}

// ParseFile reads a file, strictly. A user or policy without an account belongs to
// the one given.
func ParseFile(text []byte, account string) (*File, error) {
	var r fileRecord
	if err := json.Unmarshal(text, &r, json.RejectUnknownMembers(true)); err != nil {
		return nil, inWords(err)
	}
	f := &File{users: map[string]User{}, keys: map[string]Key{}, policies: map[string]*Policy{}}
	for _, p := range r.Policies {
		if p.Account == "" {
			p.Account = account
		}
		if err := f.addPolicy(p); err != nil {
			return nil, err
		}
	}
	for _, u := range r.Users {
		if u.Account == "" {
			u.Account = account
		}
		if err := f.AddUser(User{Account: u.Account, Name: u.Name, Policies: u.Policies}, u.Keys...); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// addPolicy adds a policy.
func (f *File) addPolicy(r policyRecord) error {
	if !chat.ValidAccount(r.Account) || !validName(r.Name) {
		return fmt.Errorf("policy %q of account %q: bad name or account", r.Name, r.Account)
	}
	if _, ok := builtin(r.Name); ok || f.policies[recordKey(r.Account, r.Name)] != nil {
		return fmt.Errorf("policy %s: there is one of that name", r.Name)
	}
	p, err := NewPolicy(r.Account, r.Name, r.Document)
	if err != nil {
		return err
	}
	f.policies[recordKey(r.Account, r.Name)] = p
	return nil
}

// AddUser adds a user and his keys while the file is being made.
func (f *File) AddUser(u User, keys ...Key) error {
	name := recordKey(u.Account, u.Name)
	if !chat.ValidAccount(u.Account) || !validName(u.Name) {
		return fmt.Errorf("user %q of account %q: bad name or account", u.Name, u.Account)
	}
	if _, ok := f.users[name]; ok {
		return fmt.Errorf("user %s: there is one of that name", u.Name)
	}
	for _, k := range keys {
		k.Account, k.User = u.Account, u.Name
		if k.ID == "" || k.Secret == "" {
			return fmt.Errorf("user %s: a key needs an id and a secret", u.Name)
		}
		if _, ok := f.keys[k.ID]; ok {
			return fmt.Errorf("user %s: key %s is there twice", u.Name, k.ID)
		}
		if f.keys == nil {
			f.keys = map[string]Key{}
		}
		f.keys[k.ID] = k
	}
	if f.users == nil {
		f.users = map[string]User{}
	}
	f.users[name] = u
	return nil
}

// Key finds a key.
func (f *File) Key(id string) (Key, bool) {
	k, ok := f.keys[id]
	return k, ok
}

// User finds a user.
func (f *File) User(account, name string) (User, bool) {
	u, ok := f.users[recordKey(account, name)]
	return u, ok
}

// Policy finds a policy.
func (f *File) Policy(account, name string) (*Policy, bool) {
	p, ok := f.policies[recordKey(account, name)]
	return p, ok
}

// recordKey is where the record of a user or a policy is kept.
func recordKey(account, name string) string { return account + "/" + name }

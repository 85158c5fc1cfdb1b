package iam

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Admin manages the users, keys and policies of a [Store]. Its methods are the
// operations below /parlor/iam/; whether the caller may is asked before them. The
// account that they take first is the caller's own, which an input may override.
type Admin struct {
	Store Store
	Auth  *Authenticator // knows those of the configuration file as well
}

// AddUser makes a user.
func (a *Admin) AddUser(ctx context.Context, home string, in *UserInput) (*UserInfo, error) {
	account := in.account(home)
	if _, ok := a.Auth.source.User(account, in.Name); ok {
		return nil, taken("user", in.Name, "exists")
	}
	if err := a.known(account, in.Policies); err != nil {
		return nil, err
	}
	u := User{Account: account, Name: in.Name, Policies: in.Policies, Created: a.now()}
	if err := a.Store.Users.Create(ctx, recordKey(account, in.Name), u); err != nil {
		if _, ok := a.Store.User(account, in.Name); ok {
			return nil, taken("user", in.Name, "exists")
		}
		return nil, err
	}
	return u.info(), nil
}

// UpdateUser gives a user other policies.
func (a *Admin) UpdateUser(ctx context.Context, home string, in *UserInput) (*UserInfo, error) {
	account := in.account(home)
	if _, ok := a.Store.User(account, in.Name); !ok {
		return nil, a.absent(account, in.Name)
	}
	if err := a.known(account, in.Policies); err != nil {
		return nil, err
	}
	u, err := a.Store.Users.Update(ctx, recordKey(account, in.Name), func(u User) (User, error) {
		u.Policies = in.Policies
		return u, nil
	})
	if err != nil {
		return nil, err
	}
	return u.info(), nil
}

// ListUsers lists the users of an account by name.
func (a *Admin) ListUsers(_ context.Context, home string, in *AccountInput) (*UserList, error) {
	out := &UserList{Users: []*UserInfo{}}
	for _, u := range a.Store.Users.All() {
		if u.Account == in.account(home) {
			out.Users = append(out.Users, u.info())
		}
	}
	slices.SortFunc(out.Users, func(x, y *UserInfo) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

// RemoveUser removes a user and all his keys, which are refused from then on.
func (a *Admin) RemoveUser(ctx context.Context, home string, in *NameInput) (*Empty, error) {
	account := in.account(home)
	if _, ok := a.Store.User(account, in.Name); !ok {
		return nil, a.absent(account, in.Name)
	}
	if err := a.Store.Users.Delete(ctx, recordKey(account, in.Name), nil); err != nil {
		return nil, err
	}
	for k := range a.Store.keysOf(account, in.Name) {
		if err := a.Store.Keys.Delete(ctx, k.ID, nil); err != nil {
			return nil, fmt.Errorf("remove key %s: %w", k.ID, err)
		}
	}
	return &Empty{}, nil
}

// AddKey makes an access key for a user. Its secret is told this once.
func (a *Admin) AddKey(ctx context.Context, home string, in *KeyInput) (*KeyInfo, error) {
	account := in.account(home)
	if _, ok := a.Auth.source.User(account, in.User); !ok {
		return nil, missing("user", in.User)
	}
	k := NewKey(account, in.User, a.now(), time.Duration(in.LifeSeconds)*time.Second)
	if err := a.Store.Keys.Create(ctx, k.ID, k); err != nil {
		return nil, err
	}
	return k.info(true), nil
}

// ListKeys lists the keys of a user or an account, without their secrets.
func (a *Admin) ListKeys(_ context.Context, home string, in *KeysInput) (*KeyList, error) {
	out := &KeyList{Keys: []*KeyInfo{}}
	for k := range a.Store.keysOf(in.account(home), in.User) {
		out.Keys = append(out.Keys, k.info(false))
	}
	slices.SortFunc(out.Keys, func(x, y *KeyInfo) int {
		return strings.Compare(x.User+"/"+x.ID, y.User+"/"+y.ID)
	})
	return out, nil
}

// RemoveKey revokes a key: every node refuses it within a second.
func (a *Admin) RemoveKey(ctx context.Context, home string, in *OneKeyInput) (*Empty, error) {
	if _, err := a.key(in.account(home), in.User, in.ID); err != nil {
		return nil, err
	}
	return &Empty{}, a.Store.Keys.Delete(ctx, in.ID, nil)
}

// RotateKey makes a new key in the place of an old one, which is good for a while
// yet if the input says so.
func (a *Admin) RotateKey(ctx context.Context, home string, in *OneKeyInput) (*KeyInfo, error) {
	old, err := a.key(in.account(home), in.User, in.ID)
	if err != nil {
		return nil, err
	}
	if !old.Expires.IsZero() {
		return nil, invalid("id", "a key that expires is not rotated: make a new one")
	}
	k := NewKey(old.Account, old.User, a.now(), 0)
	if err := a.Store.Keys.Create(ctx, k.ID, k); err != nil {
		return nil, err
	}
	if in.OverlapSeconds == 0 {
		return k.info(true), a.Store.Keys.Delete(ctx, old.ID, nil)
	}
	_, err = a.Store.Keys.Update(ctx, old.ID, func(o Key) (Key, error) {
		o.Expires = a.now().Add(time.Duration(in.OverlapSeconds) * time.Second)
		return o, nil
	})
	return k.info(true), err
}

// AddPolicy keeps a policy, in the place of the one of that name if asked to.
func (a *Admin) AddPolicy(ctx context.Context, home string, in *PolicyInput) (*PolicyInfo, error) {
	account := in.account(home)
	p, err := NewPolicy(account, in.Name, in.Document)
	if err != nil {
		return nil, invalid("document", err.Error())
	}
	if _, ok := builtin(in.Name); ok {
		return nil, taken("policy", in.Name, "is built in")
	}
	key := recordKey(account, in.Name)
	_, stored := a.Store.Policies.Get(key)
	_, exists := a.Auth.source.Policy(account, in.Name)
	switch {
	case stored && in.Replace:
		_, err = a.Store.Policies.Update(ctx, key, func(*Policy) (*Policy, error) { return p, nil })
	case exists:
		return nil, taken("policy", in.Name, "exists")
	default:
		err = a.Store.Policies.Create(ctx, key, p)
	}
	if err != nil {
		return nil, err
	}
	return p.info(), nil
}

// ListPolicies lists the policies of an account by name, after the built-in ones.
func (a *Admin) ListPolicies(_ context.Context, home string, in *PoliciesInput) (*PolicyList, error) {
	out := &PolicyList{Policies: []*PolicyInfo{}}
	for _, p := range a.Store.Policies.All() {
		if p.Account == in.account(home) {
			out.Policies = append(out.Policies, p.info())
		}
	}
	for _, p := range a.Auth.builtins {
		info := p.info()
		info.Account, info.BuiltIn = in.account(home), true
		out.Policies = append(out.Policies, info)
	}
	slices.SortFunc(out.Policies, func(x, y *PolicyInfo) int {
		return strings.Compare(fmt.Sprint(!x.BuiltIn, x.Name), fmt.Sprint(!y.BuiltIn, y.Name))
	})
	return out, nil
}

// RemovePolicy forgets a policy that no user has.
func (a *Admin) RemovePolicy(ctx context.Context, home string, in *PolicyNameInput) (*Empty, error) {
	account := in.account(home)
	if _, ok := a.Store.Policy(account, in.Name); !ok {
		return nil, missing("policy", in.Name)
	}
	for _, u := range a.Store.Users.All() {
		if u.Account == account && slices.Contains(u.Policies, in.Name) {
			return nil, taken("policy", in.Name, "is that of user "+u.Name)
		}
	}
	return &Empty{}, a.Store.Policies.Delete(ctx, recordKey(account, in.Name), nil)
}

// Simulate says how one request of a user would be decided.
func (a *Admin) Simulate(_ context.Context, home string, in *SimulateInput) (*Decision, error) {
	region := in.Region
	if region == "" {
		region = regionOf(in.On)
	}
	c, ok := a.Auth.Caller(in.account(home), in.User, region)
	if !ok {
		return nil, missing("user", in.User)
	}
	at := in.context()
	if at.Time.IsZero() {
		at.Time = a.now()
	}
	d := c.Decide(in.Action, in.On, at)
	return &d, nil
}

// key finds a key of a user.
func (a *Admin) key(account, user, id string) (Key, error) {
	k, ok := a.Store.Key(id)
	if !ok || k.Account != account || k.User != user {
		return Key{}, missing("key", id)
	}
	return k, nil
}

// known says whether there is a policy of each name.
func (a *Admin) known(account string, names []string) error {
	for _, name := range names {
		if _, ok := builtin(name); ok {
			continue
		}
		if _, ok := a.Auth.source.Policy(account, name); !ok {
			return missing("policy", name)
		}
	}
	return nil
}

// absent says why a user cannot be changed.
func (a *Admin) absent(account, name string) error {
	if _, ok := a.Auth.source.User(account, name); ok {
		return taken("user", name, "is of the configuration file, which is where to change it")
	}
	return missing("user", name)
}

// now is the time in whole seconds.
func (a *Admin) now() time.Time { return a.Auth.cfg.Clock.Now().UTC().Truncate(time.Second) }

package iam

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// UserInfo is a user as he is shown.
type UserInfo struct {
	Account  string    `json:"account"`
	Name     string    `json:"name"`
	ARN      string    `json:"arn"`
	UserID   string    `json:"userId"`
	Policies []string  `json:"policies"`
	Created  time.Time `json:"created,omitzero"`
}

// UserList is the users of an account.
type UserList struct {
	Users []*UserInfo `json:"users"`
}

// KeyInfo is a key as it is shown; with its secret only when it was just made.
type KeyInfo struct {
	ID           string    `json:"id"`
	Secret       string    `json:"secret,omitzero"`
	SessionToken string    `json:"sessionToken,omitzero"`
	Account      string    `json:"account"`
	User         string    `json:"user"`
	Created      time.Time `json:"created,omitzero"`
	Expires      time.Time `json:"expires,omitzero"`
}

// KeyList is the keys of a user or an account.
type KeyList struct {
	Keys []*KeyInfo `json:"keys"`
}

// PolicyInfo is a policy as it is shown.
type PolicyInfo struct {
	Account  string         `json:"account"`
	Name     string         `json:"name"`
	ARN      string         `json:"arn"`
	Document jsontext.Value `json:"document"`
	BuiltIn  bool           `json:"builtIn,omitzero"`
}

// PolicyList is the policies of an account.
type PolicyList struct {
	Policies []*PolicyInfo `json:"policies"`
}

// info shows a user.
func (u User) info() *UserInfo {
	policies := u.Policies
	if policies == nil {
		policies = []string{}
	}
	return &UserInfo{
		Account: u.Account, Name: u.Name, ARN: UserARN(u.Account, u.Name), UserID: userID(u.Account, u.Name),
		Policies: policies, Created: u.Created,
	}
}

// info shows a key.
func (k *Key) info(secret bool) *KeyInfo {
	info := &KeyInfo{ID: k.ID, Account: k.Account, User: k.User, Created: k.Created, Expires: k.Expires}
	if secret {
		info.Secret, info.SessionToken = string(k.Secret), string(k.SessionToken)
	}
	return info
}

// info shows a policy.
func (p *Policy) info() *PolicyInfo {
	return &PolicyInfo{
		Account: p.Account, Name: p.Name, ARN: PolicyARN(p.Account, p.Name), Document: jsontext.Value(p.Document),
	}
}

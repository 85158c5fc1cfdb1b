package iam

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"parlor/chat"
	"parlor/internal/sigv4"
)

// A Source knows keys, users and policies. It answers from memory, for it is
// asked on every request, and what it no longer knows is refused at once.
type Source interface {
	Key(id string) (Key, bool)
	User(account, name string) (User, bool)
	Policy(account, name string) (*Policy, bool)
}

// Sources is several sources as one; the first that knows an answer gives it.
type Sources []Source

// Key finds a key.
func (s Sources) Key(id string) (Key, bool) {
	for _, source := range s {
		if k, ok := source.Key(id); ok {
			return k, true
		}
	}
	return Key{}, false
}

// User finds a user.
func (s Sources) User(account, name string) (User, bool) {
	for _, source := range s {
		if u, ok := source.User(account, name); ok {
			return u, true
		}
	}
	return User{}, false
}

// Policy finds a policy.
func (s Sources) Policy(account, name string) (*Policy, bool) {
	for _, source := range s {
		if p, ok := source.Policy(account, name); ok {
			return p, true
		}
	}
	return nil, false
}

// Config is what an operator may choose of an Authenticator.
type Config struct {
	Clock chat.Clock
	// Operator is the account whose users may manage those of all accounts, as far
	// as their policies let them. Empty: nobody leaves his own.
	Operator string
}

// Authenticator tells who signed a request.
type Authenticator struct {
	source   Source
	cfg      Config
	verifier sigv4.Verifier
	builtins map[string]*Policy
}

// NewAuthenticator returns an Authenticator of the keys that source knows.
func NewAuthenticator(source Source, cfg Config) *Authenticator {
	return &Authenticator{source: source, cfg: cfg, builtins: builtins()}
}

// Authenticate tells who signed r, whose body has the hash payload. The error is a
// *sigv4.Error.
func (a *Authenticator) Authenticate(r *http.Request, payload [sha256.Size]byte) (*Caller, error) {
	s, err := sigv4.Parse(r)
	if err != nil {
		return nil, err
	}
	key, ok := a.source.Key(s.AccessKeyID)
	if !ok || subtle.ConstantTimeCompare([]byte(key.SessionToken), []byte(s.SessionToken)) != 1 {
		return nil, errUnrecognized()
	}
	now := a.cfg.Clock.Now()
	if err := a.verifier.Verify(r, s, payload, string(key.Secret), now); err != nil {
		return nil, err
	}
	if key.expired(now) {
		return nil, &sigv4.Error{Kind: sigv4.ExpiredToken, Message: "The security token included in the request is expired"}
	}
	user, ok := a.source.User(key.Account, key.User)
	if !ok || user.ID != key.UserID {
		return nil, errUnrecognized()
	}
	c := a.caller(user)
	c.KeyID, c.Region, c.Service = key.ID, s.Region, s.Service
	return c, nil
}

// caller makes the caller that a user is, with his policies.
func (a *Authenticator) caller(u User) *Caller {
	c := &Caller{
		Account: u.Account, User: u.Name, id: u.uniqueID(),
		operator: u.Account == a.cfg.Operator,
		policies: make([]*Policy, 0, len(u.Policies)),
	}
	for _, name := range u.Policies {
		p, ok := a.builtins[name]
		if !ok {
			p, ok = a.source.Policy(u.Account, name)
		}
		if !ok {
			// It may have held a Deny. No user is left with such a name but by a fault.
			p = &Policy{Account: u.Account, Name: name, statements: denyAll()}
		}
		c.policies = append(c.policies, p)
	}
	return c
}

// Caller imagines a request by a user in a region.
func (a *Authenticator) Caller(account, name, region string) (*Caller, bool) {
	u, ok := a.source.User(account, name)
	if !ok {
		return nil, false
	}
	c := a.caller(u)
	c.Region = region
	return c, true
}

// errUnrecognized is AWS's answer to a key that does not exist, and to a session
// token that is not the key's.
func errUnrecognized() error {
	return &sigv4.Error{Kind: sigv4.UnrecognizedClient, Message: "The security token included in the request is invalid."}
}

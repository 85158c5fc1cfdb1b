package iam

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"time"

	"parlor/api"
)

// Admin manages the users, keys and policies of a [Store]. Its methods are the
// operations of api.IAM. Whether the caller may, whether the input is sound and
// which account it is about is settled before them.
type Admin struct {
	Store Store
	Auth  *Authenticator // knows those of the configuration file as well
}

// AddUser makes a user.
func (a *Admin) AddUser(ctx context.Context, account string, in *api.UserInput) (*api.UserOutput, error) {
	if _, ok := a.Auth.source.User(account, in.Name); ok {
		return nil, taken("user", in.Name, "exists")
	}
	if err := a.known(ctx, account, in.Policies); err != nil {
		return nil, err
	}
	u := newUser(account, in.Name, in.Policies, a.now())
	if err := a.Store.Users.Create(ctx, recordKey(account, in.Name), u); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, taken("user", in.Name, "exists")
		}
		return nil, err
	}
	return u.info(), nil
}

// UpdateUser gives a user other policies.
func (a *Admin) UpdateUser(ctx context.Context, account string, in *api.UserInput) (*api.UserOutput, error) {
	if _, ok := find(ctx, a.Store.Users, recordKey(account, in.Name)); !ok {
		return nil, a.absent(account, in.Name)
	}
	if err := a.known(ctx, account, in.Policies); err != nil {
		return nil, err
	}
	u, err := a.Store.Users.Update(ctx, recordKey(account, in.Name), func(u User) (User, error) {
		u.Policies = in.Policies
		return u, nil
	})
	if err != nil {
		return nil, vanished(err, "user", in.Name)
	}
	return u.info(), nil
}

// ListUsers lists the users of an account by name.
func (a *Admin) ListUsers(_ context.Context, account string, _ *api.ListUsersInput) (*api.ListUsersOutput, error) {
	out := &api.ListUsersOutput{Users: []api.UserOutput{}}
	for _, u := range a.Store.Users.All() {
		if u.Account == account {
			out.Users = append(out.Users, *u.info())
		}
	}
	slices.SortFunc(out.Users, func(x, y api.UserOutput) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

// RemoveUser removes a user and all his keys, which are refused from then on.
func (a *Admin) RemoveUser(ctx context.Context, account string, in *api.RemoveUserInput) (*api.RemoveOutput, error) {
	if _, ok := find(ctx, a.Store.Users, recordKey(account, in.Name)); !ok {
		return nil, a.absent(account, in.Name)
	}
	if err := remove(ctx, a.Store.Users, recordKey(account, in.Name)); err != nil {
		return nil, err
	}
	for k := range a.Store.keysOf(account, in.Name) {
		if err := remove(ctx, a.Store.Keys, k.ID); err != nil {
			return nil, fmt.Errorf("remove key %s: %w", k.ID, err)
		}
	}
	return &api.RemoveOutput{}, nil
}

// AddKey makes an access key for a user. Its secret is told this once.
func (a *Admin) AddKey(ctx context.Context, account string, in *api.AddKeyInput) (*api.KeyOutput, error) {
	u, ok := a.user(ctx, account, in.User)
	if !ok {
		return nil, missing("user", in.User)
	}
	k := newKey(u, a.now(), seconds(in.LifeSeconds))
	if err := a.Store.Keys.Create(ctx, k.ID, k); err != nil {
		return nil, err
	}
	return k.info(true), nil
}

// ListKeys lists the keys of a user or an account, without their secrets.
func (a *Admin) ListKeys(_ context.Context, account string, in *api.ListKeysInput) (*api.ListKeysOutput, error) {
	out := &api.ListKeysOutput{Keys: []api.KeyOutput{}}
	for k := range a.Store.keysOf(account, value(in.User)) {
		out.Keys = append(out.Keys, *k.info(false))
	}
	slices.SortFunc(out.Keys, func(x, y api.KeyOutput) int {
		return strings.Compare(x.User+"/"+x.ID, y.User+"/"+y.ID)
	})
	return out, nil
}

// RemoveKey revokes a key: every node refuses it within a second.
func (a *Admin) RemoveKey(ctx context.Context, account string, in *api.RemoveKeyInput) (*api.RemoveOutput, error) {
	if _, err := a.key(ctx, account, in.User, in.ID); err != nil {
		return nil, err
	}
	return &api.RemoveOutput{}, remove(ctx, a.Store.Keys, in.ID)
}

// RotateKey makes a new key in the place of an old one, which is good for a while
// yet if the input says so.
func (a *Admin) RotateKey(ctx context.Context, account string, in *api.RotateKeyInput) (*api.KeyOutput, error) {
	old, err := a.key(ctx, account, in.User, in.ID)
	if err != nil {
		return nil, err
	}
	if !old.Expires.IsZero() {
		return nil, invalid("id", "a key that expires is not rotated: make a new one")
	}
	k := newKey(User{ID: old.UserID, Account: old.Account, Name: old.User}, a.now(), 0)
	if err := a.Store.Keys.Create(ctx, k.ID, k); err != nil {
		return nil, err
	}
	if in.OverlapSeconds == nil {
		return k.info(true), remove(ctx, a.Store.Keys, old.ID)
	}
	_, err = a.Store.Keys.Update(ctx, old.ID, func(o Key) (Key, error) {
		o.Expires = a.now().Add(seconds(in.OverlapSeconds))
		return o, nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // gone is over, too
		return nil, err
	}
	return k.info(true), nil
}

// AddPolicy keeps a policy.
func (a *Admin) AddPolicy(ctx context.Context, account string, in *api.PolicyInput) (*api.PolicyOutput, error) {
	p, err := readPolicy(account, in)
	if err != nil {
		return nil, err
	}
	if _, ok := a.Auth.source.Policy(account, in.Name); ok {
		return nil, taken("policy", in.Name, "exists")
	}
	if err := a.Store.Policies.Create(ctx, recordKey(account, in.Name), p); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, taken("policy", in.Name, "exists")
		}
		return nil, err
	}
	return p.info(), nil
}

// UpdatePolicy puts another document in the place of a policy's. It is in force at
// once.
func (a *Admin) UpdatePolicy(ctx context.Context, account string, in *api.PolicyInput) (*api.PolicyOutput, error) {
	p, err := readPolicy(account, in)
	if err != nil {
		return nil, err
	}
	if _, ok := find(ctx, a.Store.Policies, recordKey(account, in.Name)); !ok {
		return nil, missing("policy", in.Name)
	}
	_, err = a.Store.Policies.Update(ctx, recordKey(account, in.Name), func(*Policy) (*Policy, error) { return p, nil })
	if err != nil {
		return nil, vanished(err, "policy", in.Name)
	}
	return p.info(), nil
}

// readPolicy reads a policy from an input.
func readPolicy(account string, in *api.PolicyInput) (*Policy, error) {
	if _, ok := builtin(in.Name); ok {
		return nil, taken("policy", in.Name, "is built in")
	}
	p, err := NewPolicy(account, in.Name, []byte(in.Document))
	if err != nil {
		return nil, invalid("document", err.Error())
	}
	return p, nil
}

// ListPolicies lists the policies of an account by name, after the built-in ones.
func (a *Admin) ListPolicies(_ context.Context, account string, _ *api.ListPoliciesInput) (*api.ListPoliciesOutput, error) {
	out := &api.ListPoliciesOutput{Policies: []api.PolicyOutput{}}
	for _, p := range a.Store.Policies.All() {
		if p.Account == account {
			out.Policies = append(out.Policies, *p.info())
		}
	}
	for _, p := range a.Auth.builtins {
		info := p.info()
		info.Account, info.BuiltIn = account, true
		out.Policies = append(out.Policies, *info)
	}
	slices.SortFunc(out.Policies, func(x, y api.PolicyOutput) int {
		return strings.Compare(fmt.Sprint(!x.BuiltIn, x.Name), fmt.Sprint(!y.BuiltIn, y.Name))
	})
	return out, nil
}

// RemovePolicy forgets a policy that no user has.
func (a *Admin) RemovePolicy(ctx context.Context, account string, in *api.RemovePolicyInput) (*api.RemoveOutput, error) {
	if _, ok := find(ctx, a.Store.Policies, recordKey(account, in.Name)); !ok {
		return nil, missing("policy", in.Name)
	}
	for _, u := range a.Store.Users.All() {
		if u.Account == account && slices.Contains(u.Policies, in.Name) {
			return nil, taken("policy", in.Name, "is that of user "+u.Name)
		}
	}
	return &api.RemoveOutput{}, remove(ctx, a.Store.Policies, recordKey(account, in.Name))
}

// Simulate says how one request of a user would be decided.
func (a *Admin) Simulate(_ context.Context, account string, in *api.SimulateInput) (*api.SimulateOutput, error) {
	at := Context{
		Time: a.now(), SecureTransport: value(in.SecureTransport) == "true", UserAgent: value(in.UserAgent),
		ResourceTags: in.ResourceTags, RequestTags: in.RequestTags, TagKeys: in.TagKeys,
	}
	if in.Time != nil {
		at.Time = in.Time.Time
	}
	if in.SourceIP != nil {
		var err error
		if at.SourceIP, err = netip.ParseAddr(*in.SourceIP); err != nil {
			return nil, invalid("sourceIp", "want an address")
		}
	}
	region := value(in.Region)
	if region == "" {
		region = regionOf(in.Resource)
	}
	c, ok := a.Auth.Caller(account, in.User, region)
	if !ok {
		return nil, missing("user", in.User)
	}
	d := c.Decide(in.Action, in.Resource, at)
	return &api.SimulateOutput{
		Allowed: d.Allowed, Outcome: string(d.Outcome), Policy: d.Policy,
		Statement: d.Statement, Sid: d.Sid, Reason: d.Reason,
	}, nil
}

// key finds a key of a user.
func (a *Admin) key(ctx context.Context, account, user, id string) (Key, error) {
	k, ok := find(ctx, a.Store.Keys, id)
	if !ok || k.Account != account || k.User != user {
		return Key{}, missing("key", id)
	}
	return k, nil
}

// known says whether there is a policy of each name.
func (a *Admin) known(ctx context.Context, account string, names []string) error {
	for _, name := range names {
		if _, ok := builtin(name); ok {
			continue
		}
		if _, ok := a.Auth.source.Policy(account, name); ok {
			continue
		}
		if _, ok := find(ctx, a.Store.Policies, recordKey(account, name)); !ok {
			return missing("policy", name)
		}
	}
	return nil
}

// user finds a user, here or in the file.
func (a *Admin) user(ctx context.Context, account, name string) (User, bool) {
	if u, ok := a.Auth.source.User(account, name); ok {
		return u, true
	}
	return find(ctx, a.Store.Users, recordKey(account, name))
}

// vanished makes a NotFound of what another node has removed meanwhile.
func vanished(err error, kind, name string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return missing(kind, name)
	}
	return err
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

// value is what p points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// seconds is so many seconds.
func seconds(n *int) time.Duration { return time.Duration(value(n)) * time.Second }

// shown is a time as answers have it; a zero time is left out.
func shown(t time.Time) *api.Timestamp {
	if t.IsZero() {
		return nil
	}
	return &api.Timestamp{Time: t}
}

// info shows a user.
func (u User) info() *api.UserOutput {
	policies := u.Policies
	if policies == nil {
		policies = []string{}
	}
	return &api.UserOutput{
		Account: u.Account, Name: u.Name, ARN: userARN(u.Account, u.Name), UserID: u.uniqueID(),
		Policies: policies, Created: shown(u.Created),
	}
}

// info shows a key.
func (k *Key) info(secret bool) *api.KeyOutput {
	info := &api.KeyOutput{ID: k.ID, Account: k.Account, User: k.User, Created: shown(k.Created), Expires: shown(k.Expires)}
	if secret {
		info.Secret, info.SessionToken = string(k.Secret), string(k.SessionToken)
	}
	return info
}

// info shows a policy.
func (p *Policy) info() *api.PolicyOutput {
	return &api.PolicyOutput{
		Account: p.Account, Name: p.Name, ARN: policyARN(p.Account, p.Name), Document: string(p.Document),
	}
}

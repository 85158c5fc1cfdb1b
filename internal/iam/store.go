package iam

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"time"

	"parlor/chat"
)

// Records are the records of one noun, which every node has in memory, though it may
// be late by a moment. Errors are fs.ErrExist and fs.ErrNotExist where they apply. The
// cluster's Records are such records.
type Records[T any] interface {
	Get(key string) (T, bool)
	All() iter.Seq2[string, T]
	Create(ctx context.Context, key string, value T) error
	Update(ctx context.Context, key string, change func(T) (T, error)) (T, error)
	Delete(ctx context.Context, key string, may func(T) error) error
}

// Store is users, keys and policies that can be changed while the server runs,
// and are the same on every node a moment later. It is a [Source].
type Store struct {
	Users    Records[User]    // by account/name
	Keys     Records[Key]     // by id
	Policies Records[*Policy] // by account/name
}

// Key finds a key.
func (s Store) Key(id string) (Key, bool) { return s.Keys.Get(id) }

// User finds a user.
func (s Store) User(account, name string) (User, bool) { return s.Users.Get(recordKey(account, name)) }

// Policy finds a policy.
func (s Store) Policy(account, name string) (*Policy, bool) {
	return s.Policies.Get(recordKey(account, name))
}

// Bootstrap makes the first user, who may do everything, and a key for him, if
// there is no user yet. It is false if there is one, or another node was faster.
// The key comes first: without its user it is good for nothing, while a user
// without a key, left by a crash, would lock everybody out.
func (s Store) Bootstrap(ctx context.Context, account, name string, now time.Time) (Key, bool, error) {
	for range s.Users.All() {
		return Key{}, false, nil
	}
	u := newUser(account, name, []string{AdministratorAccess}, now)
	k := newKey(u, now, 0)
	if err := s.Keys.Create(ctx, k.ID, k); err != nil {
		return Key{}, false, err
	}
	if err := s.Users.Create(ctx, recordKey(account, name), u); err != nil {
		forgotten := remove(ctx, s.Keys, k.ID)
		if errors.Is(err, fs.ErrExist) {
			return Key{}, false, forgotten
		}
		return Key{}, false, errors.Join(err, forgotten)
	}
	return k, true, nil
}

// errFound ends an Update that only wanted to read.
var errFound = errors.New("found")

// find reads a record, past the copy in memory where that does not have it: another
// node may have written it a moment ago.
func find[T any](ctx context.Context, r Records[T], key string) (v T, ok bool) {
	if v, ok = r.Get(key); ok {
		return v, true
	}
	_, err := r.Update(ctx, key, func(newest T) (T, error) {
		v = newest
		return newest, errFound
	})
	return v, errors.Is(err, errFound)
}

// remove removes a record. One that is gone already is as good.
func remove[T any](ctx context.Context, r Records[T], key string) error {
	if err := r.Delete(ctx, key, nil); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// keysOf yields the keys of a user; of all users of the account if name is "".
func (s Store) keysOf(account, name string) iter.Seq[Key] {
	return func(yield func(Key) bool) {
		for _, k := range s.Keys.All() {
			if k.Account == account && (name == "" || k.User == name) && !yield(k) {
				return
			}
		}
	}
}

// missing says that there is no user, key or policy of that name.
func missing(kind, name string) error {
	return &chat.Error{
		Code: chat.ResourceNotFound, Message: "The " + kind + " " + name + " does not exist",
		ResourceID: name, ResourceType: kind,
	}
}

// taken says why a user or policy cannot be made or removed.
func taken(kind, name, why string) error {
	return &chat.Error{
		Code: chat.Conflict, Message: "The " + kind + " " + name + " " + why,
		ResourceID: name, ResourceType: kind,
	}
}

// Package chattest holds what tests need in place of the real thing: stores in memory,
// a room that writes down what it is sent, keys, and a client that signs. What a fake
// promises is a contract that the real one is tested by as well.
package chattest

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"parlor/chat"
)

// ErrExists is what the stores say of a resource that is there already.
var ErrExists = errors.New("chattest: the resource exists")

// store keeps resources of one kind in memory. What goes in and out is copied, so
// that a caller who changes it changes nothing here.
type store[T any] struct {
	mu  sync.Mutex // guards the following
	all map[chat.ARN][]byte
	err error
}

// Fail lets every write from now on end with err; nil ends that.
func (s *store[T]) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *store[T]) get(a chat.ARN) (v T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.all[a]
	if ok {
		ok = json.Unmarshal(data, &v) == nil
	}
	return v, ok
}

func (s *store[T]) create(ctx context.Context, a chat.ARN, v T) error {
	if err := ctx.Err(); err != nil {
		return err // as the real stores do
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.all[a]; ok {
		return ErrExists
	}
	return s.put(a, v)
}

// put needs s.mu.
func (s *store[T]) put(a chat.ARN, v T) error {
	if s.err != nil {
		return s.err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if s.all == nil {
		s.all = map[chat.ARN][]byte{}
	}
	s.all[a] = data
	return nil
}

func (s *store[T]) update(ctx context.Context, a chat.ARN, change func(*T) error) (v T, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	data, ok := s.all[a]
	if !ok {
		return none, chat.NotFound(a)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return none, err
	}
	if err := change(&v); err != nil {
		return none, err
	}
	return v, s.put(a, v)
}

func (s *store[T]) remove(ctx context.Context, a chat.ARN) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.all[a]; !ok {
		return chat.NotFound(a)
	}
	if s.err != nil {
		return s.err
	}
	delete(s.all, a)
	return nil
}

func (s *store[T]) newest(a chat.ARN) (T, error) {
	v, ok := s.get(a)
	if !ok {
		return v, chat.NotFound(a)
	}
	return v, nil
}

func (s *store[T]) arns(scope chat.Scope) []chat.ARN {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Keys(s.all)), func(a chat.ARN) bool { return a.Scope() != scope })
}

// InScope yields the resources of one account and region, in no order.
func (s *store[T]) InScope(scope chat.Scope) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, a := range s.arns(scope) {
			if v, ok := s.get(a); ok && !yield(v) {
				return
			}
		}
	}
}

// Count returns how many resources an account has in a region.
func (s *store[T]) Count(scope chat.Scope) int { return len(s.arns(scope)) }

// Rooms keeps rooms in memory. The zero Rooms is empty.
type Rooms struct{ store[chat.Room] }

// Room returns a room.
func (r *Rooms) Room(a chat.ARN) (chat.Room, bool) { return r.get(a) }

// FindRoom returns a room.
func (r *Rooms) FindRoom(_ context.Context, a chat.ARN) (chat.Room, error) { return r.newest(a) }

// NewestRoom returns a room.
func (r *Rooms) NewestRoom(_ context.Context, a chat.ARN) (chat.Room, error) { return r.newest(a) }

// CreateRoom keeps a new room.
func (r *Rooms) CreateRoom(ctx context.Context, room chat.Room) error {
	return r.create(ctx, room.ARN, room)
}

// UpdateRoom changes a room.
func (r *Rooms) UpdateRoom(ctx context.Context, a chat.ARN, change func(*chat.Room) error) (chat.Room, error) {
	return r.update(ctx, a, change)
}

// DeleteRoom forgets a room.
func (r *Rooms) DeleteRoom(ctx context.Context, a chat.ARN) error { return r.remove(ctx, a) }

// LoggingConfigurations keeps logging configurations in memory. The zero value is empty.
type LoggingConfigurations struct {
	store[chat.LoggingConfiguration]

	// Unheard is what another node has done to a configuration, and this one has not heard
	// of; nil is nothing.
	Unheard func(*chat.LoggingConfiguration)
}

// FindLoggingConfiguration returns a configuration.
func (l *LoggingConfigurations) FindLoggingConfiguration(_ context.Context, a chat.ARN) (chat.LoggingConfiguration, error) {
	return l.newest(a)
}

// CreateLoggingConfiguration keeps a new configuration.
func (l *LoggingConfigurations) CreateLoggingConfiguration(ctx context.Context, c chat.LoggingConfiguration) error {
	return l.create(ctx, c.ARN, c)
}

// UpdateLoggingConfiguration changes a configuration.
func (l *LoggingConfigurations) UpdateLoggingConfiguration(
	ctx context.Context, a chat.ARN, change func(*chat.LoggingConfiguration) error,
) (chat.LoggingConfiguration, error) {
	return l.update(ctx, a, change)
}

// NewestLoggingConfiguration returns a configuration.
func (l *LoggingConfigurations) NewestLoggingConfiguration(_ context.Context, a chat.ARN) (chat.LoggingConfiguration, error) {
	c, err := l.newest(a)
	if l.Unheard != nil {
		l.Unheard(&c)
	}
	return c, err
}

// DeleteLoggingConfiguration forgets a configuration, unless may has an objection.
func (l *LoggingConfigurations) DeleteLoggingConfiguration(ctx context.Context, a chat.ARN, may func() error) error {
	if err := may(); err != nil {
		return err
	}
	return l.remove(ctx, a)
}

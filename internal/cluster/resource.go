package cluster

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"

	"parlor/chat"
)

// resources are the records that an ARN names, found without building its text.
type resources[T any] struct {
	records *Records[T]

	mu    sync.RWMutex // guards the following
	scope map[chat.Scope]map[string]*T
}

func newResources[T any](n *Node, noun string) *resources[T] {
	r := &resources[T]{records: RecordsOf[T](n, noun), scope: make(map[chat.Scope]map[string]*T)}
	r.records.Watch(r.changed)
	return r
}

// key is where a resource's record lies.
func key(a chat.ARN) string { return a.Region + "/" + a.Account + "/" + a.ID }

// changed keeps the index beside the records.
func (r *resources[T]) changed(key string, _, new *T) {
	region, rest, _ := strings.Cut(key, "/")
	account, id, _ := strings.Cut(rest, "/")
	scope := chat.Scope{Account: account, Region: region}
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.scope[scope]
	switch {
	case new == nil:
		delete(in, id)
		if len(in) == 0 {
			delete(r.scope, scope)
		}
	case in == nil:
		r.scope[scope] = map[string]*T{id: new}
	default:
		in[id] = new
	}
}

// get touches memory only, and nothing is allocated on the way.
func (r *resources[T]) get(a chat.ARN) (T, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if v := r.scope[a.Scope()][a.ID]; v != nil {
		return *v, true
	}
	var none T
	return none, false
}

// find is get, and a look where the records are for what another node has just made.
func (r *resources[T]) find(ctx context.Context, a chat.ARN) (T, error) {
	if v, ok := r.get(a); ok {
		return v, nil
	}
	v, err := r.records.Find(ctx, key(a))
	return v, missing(a, err)
}

// newest looks past the copy in memory.
func (r *resources[T]) newest(ctx context.Context, a chat.ARN) (T, error) {
	err := r.records.store.refresh(ctx, r.records.name(key(a)))
	if err == nil {
		if v, ok := r.get(a); ok {
			return v, nil
		}
		err = ErrMissing
	}
	var none T
	return none, missing(a, err)
}

func (r *resources[T]) update(ctx context.Context, a chat.ARN, change func(*T) error) (T, error) {
	v, err := r.records.Update(ctx, key(a), func(v T) (T, error) {
		err := change(&v)
		return v, err
	})
	return v, missing(a, err)
}

func (r *resources[T]) remove(ctx context.Context, a chat.ARN, may func(T) error) error {
	return missing(a, r.records.Delete(ctx, key(a), may))
}

// inScope yields what the scope had when the iteration began, in no order.
func (r *resources[T]) inScope(s chat.Scope) iter.Seq[T] {
	return func(yield func(T) bool) {
		r.mu.RLock()
		all := make([]*T, 0, len(r.scope[s]))
		for _, v := range r.scope[s] {
			all = append(all, v)
		}
		r.mu.RUnlock()
		for _, v := range all {
			if !yield(*v) {
				return
			}
		}
	}
}

func (r *resources[T]) count(s chat.Scope) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.scope[s])
}

// missing says it in the caller's words.
func missing(a chat.ARN, err error) error {
	if errors.Is(err, ErrMissing) {
		return chat.NotFound(a)
	}
	return err
}

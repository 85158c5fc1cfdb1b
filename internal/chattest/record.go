package chattest

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"sync"

	"parlor/internal/iam"
)

// ErrMissing is what Records say of a record that is not there.
var ErrMissing = fmt.Errorf("chattest: %w", fs.ErrNotExist)

// Records keep values of T in memory as JSON, as the cluster's Records do on disk.
type Records[T any] struct {
	mu   sync.Mutex // guards the following
	kept map[string][]byte
}

// IAM returns an empty store of users, keys and policies.
func IAM() iam.Store {
	return iam.Store{Users: &Records[iam.User]{}, Keys: &Records[iam.Key]{}, Policies: &Records[*iam.Policy]{}}
}

// Get returns the record of key.
func (r *Records[T]) Get(key string) (v T, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, ok := r.kept[key]
	return v, ok && json.Unmarshal(data, &v) == nil
}

// All yields every record.
func (r *Records[T]) All() iter.Seq2[string, T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := maps.Clone(r.kept)
	return func(yield func(string, T) bool) {
		for key, data := range kept {
			var v T
			if json.Unmarshal(data, &v) == nil && !yield(key, v) {
				return
			}
		}
	}
}

// Create writes a new record.
func (r *Records[T]) Create(_ context.Context, key string, v T) error {
	if _, ok := r.Get(key); ok {
		return fmt.Errorf("chattest: %w", fs.ErrExist)
	}
	return r.put(key, v)
}

// Update changes a record.
func (r *Records[T]) Update(_ context.Context, key string, change func(T) (T, error)) (T, error) {
	v, ok := r.Get(key)
	if !ok {
		return v, ErrMissing
	}
	v, err := change(v)
	if err != nil {
		return v, err
	}
	return v, r.put(key, v)
}

// Delete removes a record.
func (r *Records[T]) Delete(_ context.Context, key string, may func(T) error) error {
	v, ok := r.Get(key)
	if !ok {
		return ErrMissing
	}
	if may != nil {
		if err := may(v); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.kept, key)
	return nil
}

// put writes a record.
func (r *Records[T]) put(key string, v T) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[string][]byte{}
	}
	r.kept[key] = data
	return nil
}

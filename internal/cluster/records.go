package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// Records is one noun of the cluster: values of T under string keys, replicated and on
// disk, with a copy in memory on every node. Reads touch the copy alone. What a node
// wrote it reads at once; the others see it a moment later.
type Records[T any] struct {
	store *store
	noun  string

	mu       sync.RWMutex // guards the following; written under store.mu only
	kept     map[string]kept[T]
	count    int
	watchers []func(key string, old, new *T)
}

// kept is a value and the revision that wrote it; without a value it marks a removal
// that the watch has not told yet.
type kept[T any] struct {
	value    *T
	revision uint64
	strange  strange // what a newer version wrote beside
}

// tries bounds how often Update and Delete start over because another was faster.
const tries = 64

// RecordsOf returns the records of a noun, which is a word of a-z. Each noun is asked
// for once in a node's life.
func RecordsOf[T any](n *Node, noun string) *Records[T] {
	r := &Records[T]{store: n.store, noun: noun, kept: make(map[string]kept[T])}
	n.store.adopt(noun, r)
	return r
}

// Get returns the record of key. Callers share it: it is not to be changed.
func (r *Records[T]) Get(key string) (T, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if k := r.kept[key]; k.value != nil {
		return *k.value, true
	}
	var none T
	return none, false
}

// Find is Get for what another node may have written a moment ago: what is not in memory
// is looked up where the records are. The error is ErrMissing, or says that the records
// can't be read now.
func (r *Records[T]) Find(ctx context.Context, key string) (T, error) {
	v, ok := r.Get(key)
	if ok {
		return v, nil
	}
	if err := r.store.look(ctx, r.name(key)); err != nil {
		return v, err
	}
	if v, ok = r.Get(key); !ok {
		return v, ErrMissing
	}
	return v, nil
}

// Len returns the number of records.
func (r *Records[T]) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.count
}

// All yields every record as it was when All was called, in no order.
func (r *Records[T]) All() iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		r.mu.RLock()
		keys := make([]string, 0, len(r.kept))
		values := make([]*T, 0, len(r.kept))
		for key, k := range r.kept {
			if k.value != nil {
				keys, values = append(keys, key), append(values, k.value)
			}
		}
		r.mu.RUnlock()
		for i, key := range keys {
			if !yield(key, *values[i]) {
				return
			}
		}
	}
}

// Watch calls changed for every record there is (old is nil) and then for every change,
// one at a time: new is nil for a removal. It must not block, nor write records.
func (r *Records[T]) Watch(changed func(key string, old, new *T)) {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	r.mu.Lock()
	r.watchers = append(r.watchers, changed)
	r.mu.Unlock()
	for key, k := range r.kept {
		if k.value != nil {
			changed(key, nil, k.value)
		}
	}
}

// Create writes a new record. ErrExists: the key is taken, and Get knows by whom.
func (r *Records[T]) Create(ctx context.Context, key string, value T) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	for try := range tries {
		if err = r.store.put(ctx, r.name(key), data, 0); !errors.Is(err, errConflict) {
			return err
		}
		// A write that is still under way conflicts, too, before anybody can read it.
		err = r.store.refresh(ctx, r.name(key))
		if err == nil {
			return fmt.Errorf("%s %s: %w", r.noun, key, ErrExists)
		}
		if !errors.Is(err, ErrMissing) || !pause(ctx, time.Duration(1+try)*time.Millisecond) {
			return err
		}
	}
	return fmt.Errorf("%s %s: %w", r.noun, key, ErrExists)
}

// Update gives change the newest record and writes what it returns, unless somebody
// else was faster: then it starts over. change works on a copy of its own. ErrMissing:
// there is none.
func (r *Records[T]) Update(ctx context.Context, key string, change func(T) (T, error)) (T, error) {
	var out T
	err := r.compete(ctx, key, func(k kept[T]) error {
		value, err := clone(*k.value)
		if err != nil {
			return err
		}
		if out, err = change(value); err != nil {
			return err
		}
		data, err := k.strange.marshal(out)
		if err != nil {
			return err
		}
		return r.store.put(ctx, r.name(key), data, k.revision)
	})
	if err != nil {
		var none T
		return none, err
	}
	return clone(out)
}

// Delete removes the record if may, which can be nil, allows it for the newest one.
func (r *Records[T]) Delete(ctx context.Context, key string, may func(T) error) error {
	return r.compete(ctx, key, func(k kept[T]) error {
		if may != nil {
			if err := may(*k.value); err != nil {
				return err
			}
		}
		return r.store.remove(ctx, r.name(key), k.revision)
	})
}

// known returns the record of key and its revision, when this node has heard of every
// change, of all nouns, that came before it.
func (r *Records[T]) known(ctx context.Context, key string) (value T, revision uint64, err error) {
	r.mu.RLock()
	k := r.kept[key]
	r.mu.RUnlock()
	if k.value == nil {
		return value, 0, fmt.Errorf("%s %s: %w", r.noun, key, ErrMissing)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	for r.store.revision() < k.revision {
		if !pause(ctx, time.Millisecond) {
			return value, 0, fmt.Errorf("%s %s: what came before it: %w", r.noun, key, unavailable())
		}
	}
	return *k.value, k.revision, nil
}

// compete tries a write against the newest revision until it is the first.
func (r *Records[T]) compete(ctx context.Context, key string, write func(kept[T]) error) error {
	for try := range tries {
		r.mu.RLock()
		k := r.kept[key]
		r.mu.RUnlock()
		err := errConflict
		if k.value != nil {
			err = write(k)
		}
		if !errors.Is(err, errConflict) {
			return err
		}
		// The copy in memory was late. Losers spread out, so that somebody wins.
		if try > 0 && !pause(ctx, rand.N(time.Millisecond<<min(try/2, 6))) { //nolint:gosec // G404: jitter.
			return context.Cause(ctx)
		}
		switch err := r.store.refresh(ctx, r.name(key)); {
		case errors.Is(err, ErrMissing):
			return fmt.Errorf("%s %s: %w", r.noun, key, ErrMissing)
		case err != nil:
			return err
		}
	}
	return fmt.Errorf("%s %s: %w after %d tries: %w", r.noun, key, errConflict, tries, unavailable())
}

// apply implements shelf.
func (r *Records[T]) apply(c change) {
	key, ok := unescape(c.key)
	if !ok {
		return
	}
	next := kept[T]{revision: c.revision}
	if c.value != nil {
		var err error
		if next.value, next.strange, err = read[T](c.value); err != nil {
			return // a newer version's record: not ours to judge
		}
	}
	r.mu.Lock()
	last := r.kept[key]
	if last.revision >= c.revision {
		r.forget(key, c)
		r.mu.Unlock()
		return
	}
	r.kept[key] = next
	r.forget(key, c)
	r.count += one(next.value) - one(last.value)
	r.mu.Unlock()
	r.tell(key, last.value, next.value)
}

// forget drops the mark of a removal when the watch has told it.
func (r *Records[T]) forget(key string, c change) {
	if k, ok := r.kept[key]; ok && k.value == nil && !c.own {
		delete(r.kept, key)
	}
}

// settle implements shelf.
func (r *Records[T]) settle(revision uint64, present map[string]bool) {
	gone := make(map[string]*T)
	r.mu.Lock()
	for key, k := range r.kept {
		if k.revision <= revision && !present[escape(key)] {
			delete(r.kept, key)
			r.count -= one(k.value)
			gone[key] = k.value
		}
	}
	r.mu.Unlock()
	for key, old := range gone {
		r.tell(key, old, nil)
	}
}

func (r *Records[T]) tell(key string, old, new *T) {
	if old == nil && new == nil {
		return
	}
	r.mu.RLock()
	watchers := r.watchers
	r.mu.RUnlock()
	for _, changed := range watchers {
		changed(key, old, new)
	}
}

func one[T any](p *T) int {
	if p == nil {
		return 0
	}
	return 1
}

// clone goes the way of the disk, so that nothing is shared and nothing survives that
// a restart would lose.
func clone[T any](v T) (T, error) {
	var out T
	data, err := json.Marshal(v)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(data, &out)
}

func (r *Records[T]) name(key string) string { return r.noun + "." + escape(key) }

const hexDigits = "0123456789ABCDEF"

// escape makes any key fit for a bucket: letters, digits, - _ / stand for themselves,
// every other byte is = and two hex digits.
func escape(key string) string {
	if !strings.ContainsFunc(key, func(c rune) bool { return !plain(c) }) {
		return key
	}
	var b strings.Builder
	for i := range len(key) {
		if c := key[i]; plain(rune(c)) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'=', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return b.String()
}

// unescape is escape backwards.
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '=') < 0 {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '=' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
		if hi < 0 || lo < 0 {
			return "", false
		}
		b.WriteByte(byte(hi<<4 | lo)) //nolint:gosec // G115: two hex digits.
		i += 2
	}
	return b.String(), true
}

func plain(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '/'
}

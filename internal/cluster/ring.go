package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// A SealKey is a secret that all nodes share to seal and open chat tokens.
type SealKey struct {
	ID      uint32
	Secret  [32]byte
	Created time.Time
}

// LogValue hides the secret.
func (SealKey) LogValue() slog.Value { return slog.StringValue("REDACTED") }

// String hides the secret.
func (SealKey) String() string { return "REDACTED" }

// GoString hides the secret.
func (SealKey) GoString() string { return "REDACTED" }

// A Keyring holds the seal keys. The newest seals; the older ones open what was sealed
// before, for as long as a token can live.
type Keyring struct {
	all  *Records[SealKey]
	keys atomic.Pointer[[]SealKey] // newest first
}

const (
	keyLife   = 24 * time.Hour   // then a new one seals
	keyMemory = 48 * time.Hour   // then it is gone
	keySettle = 10 * time.Second // until every node has surely seen a new key
)

func newKeyring(n *Node) *Keyring {
	k := &Keyring{all: RecordsOf[SealKey](n, "seal")}
	k.keys.Store(new([]SealKey))
	k.all.Watch(func(_ string, old, new *SealKey) {
		keys := slices.DeleteFunc(slices.Clone(*k.keys.Load()), func(key SealKey) bool {
			return old != nil && key.ID == old.ID
		})
		if new != nil {
			keys = append(keys, *new)
		}
		slices.SortFunc(keys, func(a, b SealKey) int { return cmp.Compare(b.ID, a.ID) })
		k.keys.Store(&keys)
	})
	return k
}

var errNoKey = errors.New("no key to seal with")

// Current returns the key to seal with: the newest that every node has had the time
// to hear of.
func (k *Keyring) Current() (SealKey, error) {
	keys := *k.keys.Load()
	for _, key := range keys {
		if time.Since(key.Created) >= keySettle {
			return key, nil
		}
	}
	if len(keys) == 0 {
		return SealKey{}, errNoKey
	}
	return keys[len(keys)-1], nil
}

// Key returns a key by its ID. One that may be newer than this node has heard of is
// looked up where the records are; ErrMissing: there is none.
func (k *Keyring) Key(ctx context.Context, id uint32) (SealKey, error) {
	name := ringName(id)
	if key, ok := k.all.Get(name); ok {
		return key, nil
	}
	// Anybody can write any number into a token: only the next ones are worth a look.
	if keys := *k.keys.Load(); len(keys) > 0 && (id < keys[0].ID || id > keys[0].ID+2) {
		return SealKey{}, fmt.Errorf("seal key %d: %w", id, ErrMissing)
	}
	if err := k.all.store.refresh(ctx, k.all.name(name)); err != nil {
		return SealKey{}, fmt.Errorf("seal key %d: %w", id, err)
	}
	if key, ok := k.all.Get(name); ok {
		return key, nil
	}
	return SealKey{}, fmt.Errorf("seal key %d: %w", id, ErrMissing)
}

// turn makes the first key, a new one each day, and forgets those too old to matter.
// Every node may turn at once: one of them wins.
func (k *Keyring) turn(ctx context.Context, now time.Time) error {
	var newest SealKey
	for name, key := range k.all.All() {
		if key.ID > newest.ID {
			newest = key
		}
		if now.Sub(key.Created) > keyMemory {
			defer k.all.Delete(ctx, name, nil) //nolint:errcheck // The next turn tries again.
		}
	}
	if newest.ID != 0 && now.Sub(newest.Created) < keyLife {
		return nil
	}
	next := SealKey{ID: newest.ID + 1, Created: now.UTC()}
	rand.Read(next.Secret[:]) // never fails
	err := k.all.Create(ctx, ringName(next.ID), next)
	if errors.Is(err, ErrExists) {
		return nil // another node was faster
	}
	return err
}

func ringName(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

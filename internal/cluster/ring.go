package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
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
type Keyring struct{ all *Records[SealKey] }

const (
	keyLife   = 24 * time.Hour   // then a new one seals
	keyMemory = 48 * time.Hour   // then it is gone
	keySettle = 10 * time.Second // until every node has surely seen a new key
)

func newKeyring(n *Node) *Keyring { return &Keyring{RecordsOf[SealKey](n, "seal")} }

// Current returns the key to seal with.
func (k *Keyring) Current() (SealKey, error) {
	newest, settled := SealKey{}, SealKey{}
	for _, key := range k.all.All() {
		if key.ID > newest.ID {
			newest = key
		}
		if key.ID > settled.ID && time.Since(key.Created) >= keySettle {
			settled = key
		}
	}
	if key := cmp.Or(settled, newest); key.ID != 0 {
		return key, nil
	}
	return SealKey{}, errors.New("no key to seal with")
}

// Key returns a key by its ID. A key this node has not heard of is looked up where the
// records are.
func (k *Keyring) Key(ctx context.Context, id uint32) (SealKey, error) {
	name := ringName(id)
	if key, ok := k.all.Get(name); ok {
		return key, nil
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
		return k.all.store.refresh(ctx, k.all.name(ringName(next.ID)))
	}
	return err
}

func ringName(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

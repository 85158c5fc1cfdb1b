package cluster

import (
	"errors"
	"testing"
	"time"
)

func TestKeyringTurns(t *testing.T) {
	n := open(t, Config{})
	ring, ctx, now := n.Keyring(), t.Context(), time.Now()
	current, err := ring.Current()
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.turn(ctx, now.Add(time.Hour)); err != nil || len(*ring.keys.Load()) != 1 {
		t.Errorf("turn within the day = %v, %d keys, want one still", err, len(*ring.keys.Load()))
	}
	if err := ring.turn(ctx, now.Add(keyLife)); err != nil || len(*ring.keys.Load()) != 2 {
		t.Errorf("turn after a day = %v, %d keys, want two", err, len(*ring.keys.Load()))
	}
	first := current.ID
	if key, _ := ring.Current(); key.ID != first {
		t.Errorf("Current = %d at once, want %d until every node has heard of the new one", key.ID, first)
	}
	if err := ring.turn(ctx, now.Add(keyMemory+keyLife)); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Key(ctx, first); !errors.Is(err, ErrMissing) {
		t.Errorf("Key of two days ago = %v, want ErrMissing", err)
	}
	if _, err := ring.Key(ctx, 1<<31); !errors.Is(err, ErrMissing) {
		t.Errorf("Key from nowhere = %v, want ErrMissing", err)
	}
}

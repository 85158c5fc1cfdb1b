package cluster

import (
	"encoding/binary"
	"sync/atomic"
	"testing"
	"time"
)

func TestBusKeepsOrder(t *testing.T) {
	n := open(t, Config{})
	const count = 5000
	got := make(chan uint64, count)
	cancel, err := n.Subscribe(roomARN("a"), func(r []byte) { got <- binary.BigEndian.Uint64(r) })
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(count) {
		if err := n.Publish(roomARN("a"), binary.BigEndian.AppendUint64(nil, i)); err != nil {
			t.Fatal(err)
		}
		if err := n.Publish(roomARN("b"), []byte("another room")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint64(count) {
		if g := <-got; g != i {
			t.Fatalf("record %d = %d, want the order of publishing", i, g)
		}
	}
	cancel()
	cancel() // harmless
	if err := n.Publish(roomARN("a"), make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	n.bus.flush()
	select {
	case r := <-got:
		t.Errorf("record %d after cancel", r)
	default:
	}
}

func TestSubscribeTwice(t *testing.T) {
	n := open(t, Config{})
	cancel, err := n.Subscribe(roomARN("a"), func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Subscribe(roomARN("a"), func([]byte) {}); err == nil {
		t.Error("second Subscribe to a room: no error; the caller counts its members")
	}
	cancel()
	if cancel, err = n.Subscribe(roomARN("a"), func([]byte) {}); err != nil {
		t.Errorf("Subscribe after cancel = %v", err)
	} else {
		cancel()
	}
}

// BenchmarkBus is what one message costs between Publish and deliver, both included.
func BenchmarkBus(b *testing.B) {
	for _, c := range []struct {
		name   string
		window int64 // messages under way
	}{{"alone", 1}, {"stream", 1000}} {
		b.Run(c.name, func(b *testing.B) {
			n := open(b, Config{})
			var got atomic.Int64
			wake := make(chan struct{}, 1)
			cancel, err := n.Subscribe(roomARN("AbCdEfGhIjKl"), func([]byte) {
				got.Add(1)
				select {
				case wake <- struct{}{}:
				default:
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			defer cancel()
			room, record, sent := roomARN("AbCdEfGhIjKl"), make([]byte, 300), int64(0)
			b.ReportAllocs()
			for b.Loop() {
				if err := n.Publish(room, record); err != nil {
					b.Fatal(err)
				}
				for sent++; sent-got.Load() >= c.window; {
					<-wake
				}
			}
			for sent > got.Load() {
				select {
				case <-wake:
				case <-time.After(time.Second):
					b.Fatalf("%d of %d arrived", got.Load(), sent)
				}
			}
		})
	}
}

// BenchmarkOpen is the start of a node that keeps nothing.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		n, err := Open(b.Context(), Config{})
		if err != nil {
			b.Fatal(err)
		}
		n.Close()
	}
}

package cluster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// kinds opens a node of each kind that there is a bus for: what holds for one holds
// for the other.
func kinds(t *testing.T) map[string]*Node {
	t.Helper()
	return map[string]*Node{
		"embedded": open(t, Config{}),
		"external": open(t, Config{URLs: []string{natsServer(t).ClientURL()}}),
	}
}

// natsServer is a NATS server of somebody else.
func natsServer(t *testing.T) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

func TestBusKeepsOrder(t *testing.T) {
	for name, n := range kinds(t) {
		t.Run(name, func(t *testing.T) {
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
		})
	}
}

func TestSubscribeTwice(t *testing.T) {
	for name, n := range kinds(t) {
		t.Run(name, func(t *testing.T) {
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
		})
	}
}

// A record of any size that the bus takes arrives whole.
func TestBusSizes(t *testing.T) {
	for name, n := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			got := make(chan []byte, 1)
			cancel, err := n.Subscribe(roomARN("a"), func(r []byte) { got <- bytes.Clone(r) })
			if err != nil {
				t.Fatal(err)
			}
			defer cancel()
			for _, size := range []int{0, 1, 1000, wireRead - 40, wireRead, wireRead + 1, 1 << 20} {
				record := bytes.Repeat([]byte("\r\nMSG x 1 1\r\n"), size/13+1)[:size]
				if err := n.Publish(roomARN("a"), record); err != nil {
					t.Fatal(err)
				}
				if g := <-got; !bytes.Equal(g, record) {
					t.Errorf("record of %d bytes arrived as %d bytes", size, len(g))
				}
			}
		})
	}
}

// Should the embedded server cut the bus, it comes back by itself, and the members are
// let go: they may have missed something.
func TestBusComesBack(t *testing.T) {
	n := open(t, Config{})
	dropped := make(chan time.Duration, 1)
	n.OnStall(func(gap time.Duration) { dropped <- gap })
	before := n.server.nats.NumSubscriptions()
	got := make(chan string, 10)
	cancel, err := n.Subscribe(roomARN("a"), func(r []byte) { got <- string(r) })
	if err != nil {
		t.Fatal(err)
	}
	n.bus.line.(*nearLine).current().conn.Close()
	if gap := <-dropped; gap != 0 {
		t.Errorf("OnStall(%v), want 0: a loss, no stall", gap)
	}
	if err := n.Publish(roomARN("a"), []byte("again")); err != nil {
		t.Fatal(err)
	}
	if g := <-got; g != "again" {
		t.Errorf("record = %q, want again", g)
	}
	cancel()
	eventually(t, 5*time.Second, "the room is not subscribed to any more", func() bool {
		return n.server.nats.NumSubscriptions() == before
	})
}

// A process that stood still lets its members go, and neither delivers nor sends until
// what waited for it has passed by.
func TestStandingStill(t *testing.T) {
	n := running(t, Config{})
	dropped := make(chan time.Duration, 100)
	n.OnStall(func(gap time.Duration) { dropped <- gap })
	var got atomic.Int64
	cancel, err := n.Subscribe(roomARN("a"), func([]byte) { got.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	eventually(t, 5*time.Second, "what is said after standing still is refused", func() bool {
		n.stall.last.Store(-int64(time.Minute)) // the last sign of life was a minute before its start
		return errors.Is(n.Publish(roomARN("a"), []byte("old")), errStalled)
	})
	if gap := <-dropped; gap < time.Minute {
		t.Errorf("OnStall(%v), want a minute", gap)
	}
	before := got.Load()
	eventually(t, 5*time.Second, "it goes on", func() bool { return n.Publish(roomARN("a"), []byte("new")) == nil })
	eventually(t, 5*time.Second, "and hears again", func() bool { return got.Load() == before+1 })
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

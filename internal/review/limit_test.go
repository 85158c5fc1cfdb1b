package review

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parlor/chat"
)

// A breaker opens after so many failures in a row, lets one try through after each
// pause, doubles the pauses, and forgets everything when the handler lives.
func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &breaker{limit: 3, pause: time.Second, trips: map[string]*trip{}}
		fail := func() (pause time.Duration, invoked bool) {
			trying, ok := b.enter("f")
			if !ok {
				return 0, false
			}
			return b.leave("f", trying, dead), true
		}
		for i := range 3 {
			want := time.Duration(0)
			if i == 2 {
				want = time.Second
			}
			if pause, invoked := fail(); pause != want || !invoked {
				t.Fatalf("failure %d: pause %v, invoked %t", i, pause, invoked)
			}
		}
		for _, want := range []time.Duration{2, 4, 8, 16, 32, 32} {
			if _, invoked := fail(); invoked {
				t.Fatal("invoked while it was to be left alone")
			}
			time.Sleep(b.trips["f"].pause)
			if pause, invoked := fail(); pause != want*time.Second || !invoked {
				t.Fatalf("try: pause %v, want %v s; invoked %t", pause, want, invoked)
			}
		}
		time.Sleep(32 * time.Second)
		trying, ok := b.enter("f")
		if _, second := b.enter("f"); !trying || !ok || second {
			t.Fatal("there is one try at a time")
		}
		b.leave("f", trying, unknown)
		trying, _ = b.enter("f")
		b.leave("f", trying, alive)
		if len(b.trips) != 0 {
			t.Fatal("a handler that is well takes memory")
		}
	})
}

func TestBreakerMemory(t *testing.T) {
	b := &breaker{limit: 3, pause: time.Second, trips: map[string]*trip{}}
	for i := range 2 * maxTrips {
		uri := fmt.Sprint(i)
		trying, _ := b.enter(uri)
		b.leave(uri, trying, dead)
	}
	if len(b.trips) > maxTrips {
		t.Errorf("remembers %d handlers", len(b.trips))
	}
}

// A stub invokes nothing but f.
type stub struct {
	mu    sync.Mutex // guards calls
	calls int
	f     func(ctx context.Context) ([]byte, error)
}

func (s *stub) invoke(ctx context.Context, _ string, _ []byte) ([]byte, error) {
	s.mu.Lock()
	s.calls++
	s.mu.Unlock()
	return s.f(ctx)
}

// reviewing returns a reviewer who asks s.
func reviewing(cfg Config, s *stub) *Reviewer {
	return &Reviewer{
		timeout: cfg.withDefaults().timeout, slots: newSlots(20, 200), log: slog.New(slog.DiscardHandler), meter: newMeter(nil),
		breaker: &breaker{limit: 5, pause: time.Second, trips: map[string]*trip{}}, way: func(string) invoker { return s },
	}
}

// An account may have a time of its own for its reviews.
func TestOwnTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := &stub{f: func(ctx context.Context) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		r := reviewing(Config{Own: func(account string) time.Duration {
			if account == "111111111111" {
				return time.Second
			}
			return 0
		}}, hung)
		for account, want := range map[string]time.Duration{"111111111111": time.Second, "222222222222": chat.ReviewTimeout} {
			room := chat.Room{ARN: chat.ARN{Account: account}, MessageReviewHandler: &chat.Handler{URI: "f", FallbackResult: chat.Allow}}
			start := time.Now()
			if _, err := r.Review(t.Context(), room, chat.Message{}, ""); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != want {
				t.Errorf("a hung handler holds account %s up for %v, want %v", account, took, want)
			}
		}
	})
}

// A dead handler costs its timeout a few times, not with every message.
func TestDeadHandlerIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{f: func(ctx context.Context) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		r := reviewing(Config{}, s)
		room := chat.Room{MessageReviewHandler: &chat.Handler{URI: "f", FallbackResult: chat.Allow}}
		start := time.Now()
		for range 1000 {
			if _, err := r.Review(t.Context(), room, chat.Message{}, ""); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); s.calls != 5 || took != 5*chat.ReviewTimeout {
			t.Errorf("1000 messages: %d invocations in %v", s.calls, took)
		}
	})
}

// No more than so many reviews are in flight; those that wait too long fall back, and
// a room full of them doesn't take another room's slots.
func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(2, 3)
		a, b := chat.ARN{ID: "a"}, chat.ARN{ID: "b"}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTimeout)
		defer cancel()
		var held []func()
		for _, room := range []chat.ARN{a, a, b} {
			release, err := s.acquire(ctx, room)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, release)
		}
		for _, room := range []chat.ARN{a, b} {
			if _, err := s.acquire(ctx, room); !errors.Is(err, errTimeout) {
				t.Errorf("%s: got %v", room.ID, err)
			}
		}
		for _, release := range held {
			release()
		}
		if len(s.rooms) != 0 || len(s.node) != 0 {
			t.Error("released slots take memory")
		}
	})
}

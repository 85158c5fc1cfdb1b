package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// stall notices that the whole process stood still: stopped, or its machine frozen.
// What waited for it meanwhile is old, and its members do not know; so they are let go,
// and nothing is delivered until what waited has passed by.
type stall struct {
	node  *Node
	start time.Time
	last  atomic.Int64  // nanoseconds since start of the last sign of life; 0: not running
	stale atomic.Bool   // catching up
	wake  chan struct{} // one slot

	mu      sync.Mutex // guards the following
	noticer []func(gap time.Duration)
}

const (
	stallBeat  = 250 * time.Millisecond
	stallLimit = 5 * time.Second
	stallGrace = time.Second // for what is still on its way after everybody has answered
)

func newStall(n *Node) *stall {
	return &stall{node: n, start: time.Now(), wake: make(chan struct{}, 1)}
}

// OnStall calls f when this process finds that it stood still for gap, or (gap is 0)
// that the bus lost something: its members have missed what was said.
func (n *Node) OnStall(f func(gap time.Duration)) {
	n.stall.mu.Lock()
	defer n.stall.mu.Unlock()
	n.stall.noticer = append(n.stall.noticer, f)
}

func (s *stall) catchingUp() bool { return s.stale.Load() }

// noticed reports whether what arrives now is old.
func (s *stall) noticed(now time.Time) bool {
	if s.stale.Load() {
		return true
	}
	last := s.last.Load()
	if last == 0 || now.Sub(s.start)-time.Duration(last) < stallLimit {
		return false
	}
	s.stale.Store(true)
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return true
}

// run gives signs of life until ctx ends.
func (s *stall) run(ctx context.Context) {
	t := time.NewTicker(stallBeat)
	defer t.Stop()
	defer s.last.Store(0)
	for {
		now := time.Now()
		last := time.Duration(s.last.Load())
		if last != 0 && s.noticed(now) {
			s.recover(ctx, now.Sub(s.start)-last)
			now = time.Now()
		}
		s.last.Store(max(1, int64(now.Sub(s.start))))
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-t.C:
		}
	}
}

// recover lets the members go and waits until the old messages have passed: what this
// node's server and every other node send now comes after them.
func (s *stall) recover(ctx context.Context, gap time.Duration) {
	s.node.log.ErrorContext(ctx, "this process stood still; its connections are dropped", "dur", gap)
	s.mu.Lock()
	noticers := s.noticer
	s.mu.Unlock()
	for _, f := range noticers {
		f(gap)
	}
	s.node.bus.flush()
	for _, m := range s.node.Members() {
		if m.ID != s.node.id {
			if _, err := s.node.Ask(ctx, m.ID, askEcho, nil); err != nil {
				s.node.log.WarnContext(ctx, "no echo after standing still", "node", m.ID, "err", err)
			}
		}
	}
	s.node.bus.flush()
	pause(ctx, stallGrace)
	s.stale.Store(false)
	s.node.store.rewatch()
}

// missed says that records were lost on their way to this node's rooms: their members
// are let go.
func (s *stall) missed() {
	s.mu.Lock()
	noticers := s.noticer
	s.mu.Unlock()
	for _, f := range noticers {
		f(0)
	}
}

// askEcho is the question that every node answers at once.
const askEcho = "echo"

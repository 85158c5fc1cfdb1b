package review

import (
	"sync"
	"time"
)

// An outcome is what an invocation says about its handler's health.
type outcome uint8

const (
	unknown outcome = iota // it was never tried, or the sender left
	alive
	dead
)

// maxTrips bounds the handlers that a breaker remembers. One more failing handler is
// then not remembered, and costs its timeout.
const maxTrips = 10_000

// A breaker leaves dead handlers alone. After limit failures in a row a handler is not
// invoked for a pause; then one invocation tries it, and either closes the breaker or
// doubles the pause, up to 32 times the first. Handlers that are well take no memory.
type breaker struct {
	limit int
	pause time.Duration

	mu    sync.Mutex // guards the following
	trips map[string]*trip
}

// A trip is the state of one handler that failed lately.
type trip struct {
	failures int
	pause    time.Duration // 0 while the breaker is closed
	until    time.Time     // when the pause ends
	trying   bool          // one invocation is trying the handler
}

// enter reports whether uri may be invoked, and whether that is to try a handler which
// was left alone. If it may, leave must follow.
func (b *breaker) enter(uri string) (trying, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.trips[uri]
	if t == nil || t.pause == 0 {
		return false, true
	}
	if t.trying || time.Now().Before(t.until) {
		return false, false
	}
	t.trying = true
	return true, true
}

// leave says how the invocation of uri went, trying as enter said. It returns the pause
// if that began one.
func (b *breaker) leave(uri string, trying bool, o outcome) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o == alive {
		delete(b.trips, uri)
		return 0
	}
	t := b.trips[uri]
	if t == nil && o == dead {
		t = b.remember(uri)
	}
	if t == nil {
		return 0
	}
	if trying {
		t.trying = false
	}
	if o == unknown || t.pause > 0 && !trying {
		return 0 // says nothing; or was under way already when the pause began
	}
	t.failures++
	if t.failures < b.limit {
		return 0
	}
	t.pause = min(max(2*t.pause, b.pause), 32*b.pause)
	t.until = time.Now().Add(t.pause)
	return t.pause
}

// remember makes room for uri by forgetting handlers whose pause is long over.
func (b *breaker) remember(uri string) *trip {
	if len(b.trips) >= maxTrips {
		old := time.Now().Add(-32 * b.pause)
		for k, t := range b.trips {
			if !t.trying && t.until.Before(old) {
				delete(b.trips, k)
			}
		}
	}
	if len(b.trips) >= maxTrips {
		return nil
	}
	t := &trip{}
	b.trips[uri] = t
	return t
}

package loop

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWheel sets, moves and takes back timers and turns the wheel by small and large
// steps: what is due comes, once, and nothing else does.
func TestWheel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w wheel
		born := time.Now()
		w.init(born)
		now := born
		conns := make([]*conn, 8)
		due := map[*conn]tick{}
		for i := range conns {
			conns[i] = &conn{}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			c := conns[rapid.IntRange(0, len(conns)-1).Draw(t, "conn")]
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				at := w.now + tick(rapid.IntRange(-2, 3*wheelSlots).Draw(t, "ticks"))
				w.set(c, at)
				due[c] = max(at, w.now+1)
			case 2:
				w.unset(c)
				delete(due, c)
			case 3:
				now = now.Add(time.Duration(rapid.IntRange(0, 4*wheelSlots).Draw(t, "passed")) * wheelTick / 2)
				w.turn(now)
				checkRipe(t, &w, due)
			}
			if w.count != len(due) {
				t.Fatalf("the wheel counts %d timers, want %d", w.count, len(due))
			}
		}
	})
}

// checkRipe takes what the wheel says is due and holds it against what should be.
func checkRipe(t *rapid.T, w *wheel, due map[*conn]tick) {
	for _, c := range w.ripe {
		at, set := due[c]
		if !set || at > w.now {
			t.Fatalf("at %d a timer came that was set for %d (%v)", w.now, at, set)
		}
		delete(due, c)
	}
	w.ripe = nil
	for _, at := range due {
		if at <= w.now {
			t.Fatalf("at %d the timer for %d has not come", w.now, at)
		}
	}
}

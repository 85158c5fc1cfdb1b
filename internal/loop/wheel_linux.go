package loop

import "time"

// A timing wheel holds the one timer of each connection. It turns a slot every
// wheelTick; what lies further ahead than wheelSlots stays in its slot for
// another round. Times are ticks since its birth.
const (
	wheelTick  = 250 * time.Millisecond
	wheelSlots = 512
)

// never is the tick of a timer that is not set.
const never tick = 1 << 60

// A tick is a time on a wheel.
type tick int64

type wheel struct {
	born  time.Time
	now   tick
	count int
	slots [wheelSlots]*conn
	ripe  []*conn // due, but not seen to yet
}

// A timer is a conn's place in the wheel.
type timer struct {
	prev, next *conn
	due        tick
	set        bool
}

func (w *wheel) init(now time.Time) { w.born = now }

// ticks returns the first tick that is not before at.
func (w *wheel) ticks(at time.Time) tick {
	if at.IsZero() {
		return never
	}
	return tick(max(at.Sub(w.born)+wheelTick-1, 0) / wheelTick)
}

// set makes c due at tick.
func (w *wheel) set(c *conn, due tick) {
	w.unset(c)
	due = max(due, w.now+1)
	slot := &w.slots[due%wheelSlots]
	c.timer = timer{next: *slot, due: due, set: true}
	if *slot != nil {
		(*slot).prev = c
	}
	*slot = c
	w.count++
}

func (w *wheel) unset(c *conn) {
	if !c.set {
		return
	}
	if c.prev == nil {
		w.slots[c.due%wheelSlots] = c.timer.next
	} else {
		c.prev.timer.next = c.timer.next
	}
	if c.timer.next != nil {
		c.timer.next.prev = c.prev
	}
	c.timer = timer{due: never}
	w.count--
}

// turn brings the wheel up to now and moves what is due to ripe.
func (w *wheel) turn(now time.Time) {
	upTo := tick(now.Sub(w.born) / wheelTick)
	for range min(upTo-w.now, wheelSlots) {
		w.now++
		w.empty(&w.slots[w.now%wheelSlots], upTo)
	}
	w.now = upTo
}

func (w *wheel) empty(slot **conn, upTo tick) {
	for c := *slot; c != nil; {
		next := c.timer.next
		if c.due <= upTo {
			w.unset(c)
			w.ripe = append(w.ripe, c)
		}
		c = next
	}
}

// runDue turns the wheel and sees to some of what is due.
func (l *poller) runDue(now time.Time) bool {
	l.wheel.turn(now)
	n := 0
	for ; n < len(l.wheel.ripe) && n < turnDue && !l.enough(n); n++ {
		c := l.wheel.ripe[n]
		l.wheel.ripe[n] = nil
		if c.state != stateClosed {
			l.due(c, now)
		}
	}
	l.wheel.ripe = l.wheel.ripe[n:]
	return n > 0
}

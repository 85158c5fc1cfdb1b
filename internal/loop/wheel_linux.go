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
const never = ^uint32(0)

type wheel struct {
	born  time.Time
	now   uint32
	count int
	slots [wheelSlots]*conn
	ripe  []*conn // due, but not seen to yet
}

// A timer is a conn's place in the wheel.
type timer struct {
	prev, next *conn
	due        uint32
	set        bool
}

func (w *wheel) init(now time.Time) { w.born = now }

// ticks returns the first tick that is not before at.
func (w *wheel) ticks(at time.Time) uint32 {
	if at.IsZero() {
		return never - 1
	}
	return uint32(max(at.Sub(w.born)+wheelTick-1, 0) / wheelTick)
}

// set makes c due at tick.
func (w *wheel) set(c *conn, tick uint32) {
	w.unset(c)
	tick = max(tick, w.now+1)
	slot := &w.slots[tick%wheelSlots]
	c.timer = timer{next: *slot, due: tick, set: true}
	if *slot != nil {
		(*slot).prev = c
	}
	*slot = c
	w.count++
}

func (w *wheel) unset(c *conn) {
	if !c.timer.set {
		return
	}
	if c.prev == nil {
		w.slots[c.timer.due%wheelSlots] = c.timer.next
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
	tick := uint32(now.Sub(w.born) / wheelTick)
	for range min(tick-w.now, wheelSlots) {
		w.now++
		w.empty(&w.slots[w.now%wheelSlots], tick)
	}
	w.now = tick
}

func (w *wheel) empty(slot **conn, tick uint32) {
	for c := *slot; c != nil; {
		next := c.timer.next
		if c.timer.due <= tick {
			w.unset(c)
			w.ripe = append(w.ripe, c)
		}
		c = next
	}
}

// runDue turns the wheel and sees to some of what is due.
func (l *poller) runDue(now time.Time) bool {
	l.wheel.turn(now)
	n := min(len(l.wheel.ripe), turnDue)
	for i, c := range l.wheel.ripe[:n] {
		l.wheel.ripe[i] = nil
		if c.state != stateClosed {
			l.due(c, now)
		}
	}
	l.wheel.ripe = l.wheel.ripe[n:]
	return n > 0
}

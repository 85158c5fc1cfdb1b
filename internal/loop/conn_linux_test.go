package loop

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// A hand is a loop whose turns the test takes itself, so that nothing happens in between.
type hand struct{ *poller }

func byHand(t *testing.T, cfg Config) hand {
	t.Helper()
	l, err := newPoller(cfg.withDefaults(), new(atomic.Int64))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return hand{l}
}

// take gives the loop a connection.
func (h hand) take(t *testing.T, log *Log, s Session) (*net.TCPConn, *conn) {
	t.Helper()
	client, server := ends(t)
	if taken, err := h.poller.take(server, nil, log, log.Head(), s); !taken || err != nil {
		t.Fatalf("take = %v, %v", taken, err)
	}
	c := h.posts[len(h.posts)-1].c
	h.turns()
	return client, c
}

// turns takes turns until there is nothing to do.
func (h hand) turns() {
	for busy := true; busy; {
		h.began = time.Now()
		busy = h.runPosts()
		busy = h.runGroups() || busy
		busy = h.runEvents() || busy
	}
}

// fill appends to the log until c can't be written to.
func (h hand) fill(t *testing.T, log *Log, c *conn) {
	t.Helper()
	for range 10_000 {
		if c.blocked {
			return
		}
		log.Append(make([]byte, 4<<10))
		h.turns()
	}
	t.Fatal("whatever is written is taken")
}

// until lets time pass for the loop.
func (h hand) until(at time.Time) {
	for h.runDue(at) {
		h.turns()
	}
}

func (c *conn) behind() int64 { return c.log.head.Load() - c.pos() }

func checkOpen(t *testing.T, s *recorder, when string) {
	t.Helper()
	select {
	case err := <-s.end:
		t.Fatalf("%s: ended because %v", when, err)
	default:
	}
}

func checkEnded(t *testing.T, s *recorder, want error, when string) {
	t.Helper()
	select {
	case err := <-s.end:
		if !errors.Is(err, want) {
			t.Errorf("%s: ended because %v, want %v", when, err, want)
		}
	default:
		t.Errorf("%s: not ended, want %v", when, want)
	}
}

// Who can't be written to may be behind by the budget, and not by a byte more.
func TestBudget(t *testing.T) {
	const budget = 1 << 20
	h, log, s := byHand(t, Config{}), NewLog(budget), newRecorder()
	_, c := h.take(t, log, s)
	h.fill(t, log, c)
	log.Append(make([]byte, budget-c.behind()))
	h.turns()
	checkOpen(t, s, "at its budget")
	log.Append([]byte("x"))
	h.turns()
	checkEnded(t, s, ErrSlow, "beyond its budget")
}

// Who could be written to, but was not as the loop is late, may be behind by much more.
func TestBudgetOfTheLate(t *testing.T) {
	const budget = 1 << 10
	h, log, s := byHand(t, Config{}), NewLog(budget), newRecorder()
	client, _ := h.take(t, log, s)
	log.Append(make([]byte, lateFactor*budget))
	h.turns()
	checkOpen(t, s, "late")
	expect(t, client, string(make([]byte, lateFactor*budget)))
	log.Append(make([]byte, lateFactor*budget+1))
	h.turns()
	checkEnded(t, s, ErrSlow, "too late")
}

// A write without progress ends the connection when WriteStall has passed, though it was
// woken meanwhile; and so does one that was to be the last.
func TestStallIsTimed(t *testing.T) {
	for name, last := range map[string]bool{"a write": false, "the last write": true} {
		h, log, s := byHand(t, Config{}), NewLog(1<<30), newRecorder()
		s.every = 3 * time.Second
		_, c := h.take(t, log, s)
		s.every = time.Hour
		before := time.Now()
		h.fill(t, log, c)
		if last {
			c.End([]byte("bye"), true)
		}
		h.until(before.Add(4 * time.Second))
		checkOpen(t, s, name+" after 4 s")
		if woken := s.wakes > 1; woken == last {
			t.Errorf("%s: woken %v", name, woken)
		}
		h.until(before.Add(h.cfg.WriteStall - wheelTick))
		checkOpen(t, s, name+" in good time")
		h.until(time.Now().Add(h.cfg.WriteStall + 2*wheelTick))
		checkEnded(t, s, ErrSlow, name+" after its time")
	}
}

// A client that hears the last frame has Linger to hang up. What is said meanwhile is
// none of its business.
func TestLingerIsTimed(t *testing.T) {
	h, log, s := byHand(t, Config{}), NewLog(1<<10), newRecorder()
	client, c := h.take(t, log, s)
	before := time.Now()
	h.do(post{c, func() { c.End([]byte("bye"), false) }})
	expect(t, client, "bye")
	log.Append(make([]byte, 2*lateFactor<<10))
	h.turns()
	h.until(before.Add(h.cfg.Linger - wheelTick))
	checkOpen(t, s, "lingering")
	h.until(time.Now().Add(h.cfg.Linger + 2*wheelTick))
	checkEnded(t, s, ErrEnded, "after its time")
	if len(log.followers) > 0 || len(h.groups) > 0 || h.wheel.count > 0 {
		t.Errorf("left: %d followers, %d groups, %d timers", len(log.followers), len(h.groups), h.wheel.count)
	}
}

// A reader that pauses gets everything when it goes on, each time.
func TestPauses(t *testing.T) {
	h, log, s := byHand(t, Config{}), NewLog(1<<30), newRecorder()
	client, c := h.take(t, log, s)
	for pause := range 3 {
		before := log.head.Load()
		h.fill(t, log, c)
		var read atomic.Bool
		go func() {
			_, err := io.CopyN(io.Discard, client, log.head.Load()-before)
			read.Store(err == nil)
		}()
		for until := time.Now().Add(10 * time.Second); !read.Load(); h.turns() {
			if time.Now().After(until) {
				t.Fatalf("after pause %d the reader is %d bytes behind", pause, c.behind())
			}
		}
		checkOpen(t, s, "reading")
	}
}

// Frames of its own and a log that grows at once: all of it goes out, whatever a turn holds.
func TestMoreThanATurn(t *testing.T) {
	h, log, s := byHand(t, Config{}), NewLog(0), newRecorder()
	client, c := h.take(t, log, s)
	log.Append([]byte("log "))
	var want bytes.Buffer
	want.WriteString("log ")
	for range 5 * flushWrites {
		c.Send([]byte("own "))
		want.WriteString("own ")
	}
	h.turns()
	expect(t, client, want.String())
}

// A connection that takes the place of one that ends, in the middle of a round, still
// has its turn.
func TestMovedInARound(t *testing.T) {
	h, log := byHand(t, Config{}), NewLog(0)
	var clients []*net.TCPConn
	var conns []*conn
	for range 5 {
		client, c := h.take(t, log, newRecorder())
		clients, conns = append(clients, client), append(conns, c)
	}
	log.Append([]byte("news"))
	g := conns[0].group
	g.late.Store(false)
	h.late = nil
	h.again(g)
	h.round(g, 2)
	h.closeConn(conns[0], ErrClosed)
	h.turns()
	for i := 1; i < len(clients); i++ {
		if n := conns[i].behind(); n > 0 {
			t.Errorf("connection %d is %d bytes behind", i, n)
			continue
		}
		expect(t, clients[i], "news")
	}
}

// A connection that is still on its way to a loop that ends is told, and closed.
func TestOnItsWay(t *testing.T) {
	l, err := newPoller(Config{}.withDefaults(), new(atomic.Int64))
	if err != nil {
		t.Fatal(err)
	}
	client, server := ends(t)
	log, s := NewLog(0), newRecorder()
	if _, err := l.take(server, []byte("early"), log, log.Head(), s); err != nil {
		t.Fatal(err)
	}
	l.close()
	checkEnded(t, s, ErrStop, "on its way")
	if _, err := client.Read(make([]byte, 1)); err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("read = %v, want the connection closed", err)
	}
	if n := l.open.Load(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// slow is a session that takes long for each of its calls once it is told to.
type slow struct {
	*recorder
	calls *int // of all that are slow
}

func (s slow) call() {
	*s.calls++
	time.Sleep(turnTime / 4)
}

func (s slow) Receive([]byte)            { s.call() }
func (s slow) Wake(time.Time) time.Time  { s.call(); return time.Time{} }
func (s slow) Open(c Conn) (t time.Time) { s.recorder.Open(c); return time.Now() }

// However long the calls of sessions take, and however many wait: a turn ends soon after
// turnTime, having done a little of each kind, and the rest is done in those after it.
func TestTurnIsShort(t *testing.T) {
	const conns = 2 * turnLeast
	calls := 0
	h, log := byHand(t, Config{}), NewLog(0)
	var clients []*net.TCPConn
	var all []*conn
	for range conns {
		client, c := h.take(t, log, slow{newRecorder(), &calls})
		clients, all = append(clients, client), append(all, c)
	}
	work := map[string]func(){
		"posts": func() {
			for _, c := range all {
				c.Do(slow{nil, &calls}.call)
			}
		},
		"events": func() {
			for _, c := range clients {
				if _, err := c.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
			}
		},
		"timers": func() {
			for _, c := range all {
				h.wheel.set(c, h.wheel.now+1)
				c.wake = 0
			}
			h.wheel.born = h.wheel.born.Add(-wheelTick)
		},
	}
	check := func(what string, kinds int) {
		t.Helper()
		calls = 0
		if h.turn(time.Now()); calls != kinds*turnLeast {
			t.Errorf("%s: a turn of slow calls did %d of them, want %d", what, calls, kinds*turnLeast)
		}
		for h.turn(time.Now()) {
		}
		if calls != kinds*conns {
			t.Errorf("%s: %d calls in the end, want %d", what, calls, kinds*conns)
		}
	}
	for what, begin := range work {
		begin()
		check(what, 1)
	}
	for _, begin := range work {
		begin()
	}
	check("all at once", len(work))
}

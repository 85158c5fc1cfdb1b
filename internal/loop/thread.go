package loop

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Bytes that a thread reads and writes at a time. A write that makes no
// progress within Config.WriteStall ends the connection, so it must be small
// enough for a slow line to take.
const (
	threadRead  = 2 << 10
	threadWrite = 16 << 10
)

// The states of a connection.
const (
	stateOpen   = iota
	stateEnding // the last frame is queued; nothing else follows
	stateEnded  // the last frame is out; waiting for the client to hang up
	stateClosed
)

// A thread drives one connection with two goroutines: one reads, the other
// writes, keeps the time and runs what others ask for.
type thread struct {
	cfg   Config
	nc    net.Conn
	log   *Log
	ready chan struct{} // one slot; full when the writer may have something to do

	pos     atomic.Int64 // feed.pos, for behind
	writing atomic.Bool

	turn sync.Mutex // held through the session's calls; guards the following
	feed
	s     Session
	state int
	done  bool // End need not wait for the client
	fail  error
	wake  time.Time

	mu    sync.Mutex // guards the following
	posts []func()
	why   error // the first reason to close
}

func (d *Driver) serveThread(nc net.Conn, early []byte, log *Log, at Cursor, s Session) error {
	t := &thread{
		cfg: d.cfg, nc: nc, log: log, s: s,
		feed: feed{seg: at.seg, off: at.off}, ready: make(chan struct{}, 1),
	}
	t.pos.Store(t.feed.pos())
	d.mu.Lock()
	if d.stopped {
		d.mu.Unlock()
		_ = nc.Close()
		return ErrStop
	}
	d.threads[t] = struct{}{}
	d.group.Add(1)
	d.mu.Unlock()

	tuneTCP(nc, d.cfg.WriteStall)
	d.open.Add(1)
	go func() {
		defer d.group.Done()
		t.run(early)
		d.open.Add(-1)
		d.mu.Lock()
		delete(d.threads, t)
		d.mu.Unlock()
	}()
	return nil
}

// tuneTCP tunes the TCP connection that nc is or stands on.
func tuneTCP(nc net.Conn, stall time.Duration) {
	if outer, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = outer.NetConn()
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { tune(int(fd), stall) })
		}
	}
}

// run owns the connection. It returns when both goroutines are done, with the
// session told.
func (t *thread) run(early []byte) {
	t.log.follow(t)
	t.call(func() { t.wake = t.s.Open(t) })
	if len(early) > 0 {
		t.call(func() { t.s.Receive(early) })
	}
	var reader sync.WaitGroup
	reader.Go(t.read)
	t.stop(t.write())
	t.log.unfollow(t)
	t.hangUp()
	reader.Wait()

	t.turn.Lock()
	t.state = stateClosed
	t.turn.Unlock()
	t.s.Closed(t.reason())
}

// read gives the session what comes until nothing comes any more.
func (t *thread) read() {
	buf := make([]byte, threadRead)
	for {
		n, err := t.nc.Read(buf)
		if n > 0 {
			t.call(func() { t.s.Receive(buf[:n]) })
			t.behindNow()
		}
		if err != nil {
			if !errors.Is(err, io.EOF) || !t.bye() {
				t.stop(ErrClosed)
			}
			return
		}
	}
}

// bye reports whether the writer ends the connection by itself, with a last
// frame that the client may still read.
func (t *thread) bye() bool {
	t.turn.Lock()
	defer t.turn.Unlock()
	return t.state == stateEnding && t.done
}

// write works off what is due, whenever told, until the connection fails.
func (t *thread) write() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		t.runPosts()
		if err := t.flush(); err != nil {
			return err
		}
		timer.Reset(t.untilWake())
		select {
		case <-t.ready:
		case <-timer.C:
			t.tick()
		}
	}
}

// flush writes until nothing is left.
func (t *thread) flush() error {
	for {
		b, err := t.nextWrite()
		if err != nil || b == nil {
			return err
		}
		t.writing.Store(true)
		_ = t.nc.SetWriteDeadline(time.Now().Add(t.cfg.WriteStall)) // an error comes back from Write
		if why := t.reason(); why != nil {                          // or the deadline just set hides stop's
			return why
		}
		n, err := t.nc.Write(b)
		t.writing.Store(false)
		t.turn.Lock()
		t.wrote(n)
		t.pos.Store(t.feed.pos())
		t.turn.Unlock()
		if why := t.reason(); why != nil {
			return why
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return ErrSlow
		}
		if err != nil {
			return ErrClosed
		}
	}
}

// nextWrite returns what to write now, nil for nothing, or why to stop.
func (t *thread) nextWrite() ([]byte, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	if why := t.reason(); why != nil {
		return nil, why
	}
	if t.fail != nil {
		return nil, t.fail
	}
	if t.state == stateEnding && t.own == nil {
		t.state = stateEnded
		t.wake = time.Now().Add(t.cfg.Linger)
	}
	if t.state == stateEnded {
		if t.done {
			return nil, ErrEnded
		}
		return nil, nil
	}
	return t.next(threadWrite), nil
}

func (t *thread) untilWake() time.Duration {
	t.turn.Lock()
	defer t.turn.Unlock()
	if t.wake.IsZero() {
		return time.Hour
	}
	return max(time.Until(t.wake), 0)
}

// tick does what was due at t.wake.
func (t *thread) tick() {
	now := time.Now()
	t.call(func() {
		switch {
		case t.wake.IsZero(), now.Before(t.wake):
		case t.state == stateOpen:
			if next := t.s.Wake(now); t.state == stateOpen {
				t.wake = next
			}
		default: // the client had its time
			t.Drop(ErrEnded)
		}
	})
}

// call makes one call of the session. A panic in it ends this connection only.
func (t *thread) call(f func()) {
	t.turn.Lock()
	defer t.turn.Unlock()
	defer func() {
		if p := recover(); p != nil {
			t.cfg.Log.Error("panic", "value", p, "stack", string(debug.Stack()))
			t.fail = ErrPanic
		}
	}()
	if t.fail == nil {
		f()
	}
}

func (t *thread) runPosts() {
	t.mu.Lock()
	posts := t.posts
	t.posts = nil
	t.mu.Unlock()
	for _, f := range posts {
		t.call(f)
	}
}

// Send implements Conn.
func (t *thread) Send(frame []byte) {
	if t.state == stateOpen && !t.push(t.log, frame) {
		t.Drop(ErrSlow)
	}
}

// End implements Conn.
func (t *thread) End(frame []byte, done bool) {
	if t.state == stateOpen {
		t.Send(frame)
		t.state, t.done = stateEnding, done
		t.wake = time.Now().Add(t.cfg.WriteStall)
	}
}

// Drop implements Conn.
func (t *thread) Drop(err error) {
	if t.fail == nil {
		t.fail = err
		t.stop(err)
	}
}

// Do implements Conn.
func (t *thread) Do(f func()) {
	t.mu.Lock()
	t.posts = append(t.posts, f)
	t.mu.Unlock()
	t.behindNow()
}

// behind implements follower.
func (t *thread) behind() {
	limit := t.log.budget
	if !t.writing.Load() {
		limit *= lateFactor
	}
	if t.log.head.Load()-t.pos.Load() > limit {
		t.stop(ErrSlow)
	}
	t.behindNow()
}

func (t *thread) behindNow() {
	select {
	case t.ready <- struct{}{}:
	default:
	}
}

// stop makes both goroutines end. It may be called by anyone, and never blocks.
func (t *thread) stop(err error) {
	t.mu.Lock()
	if t.why == nil {
		t.why = err
	}
	t.mu.Unlock()
	_ = t.nc.SetDeadline(time.Unix(1, 0)) // an error means that it is closed already
	t.behindNow()
}

func (t *thread) reason() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.why
}

// hangUp closes the connection. TLS says goodbye to those who ended in peace;
// for the others that could block.
func (t *thread) hangUp() {
	outer, wrapped := t.nc.(interface{ NetConn() net.Conn })
	if err := t.reason(); wrapped && !errors.Is(err, ErrEnded) && !errors.Is(err, ErrClosed) {
		_ = outer.NetConn().Close()
	}
	_ = t.nc.Close()
}

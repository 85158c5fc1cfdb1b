package loop

import (
	"errors"
	"net"
	"runtime/debug"
	"syscall"
	"time"
)

// stateNew is a connection that its loop has not seen yet; see the other states.
const stateNew = -1

// A conn is a connection of a poller, which alone touches it.
type conn struct {
	feed
	l     *poller
	s     Session
	log   *Log
	group *group // nil when it follows no more
	place int    // in the group
	fd    int

	state   int8
	blocked bool // the socket's buffer is full; watched for EPOLLOUT
	watched bool // EPOLLOUT is asked for
	done    bool // End need not wait for the client
	stall   tick
	wake    tick
	timer
	fail error
}

// take takes nc's descriptor over, if it is a plain TCP connection. The copy
// leaves the Go runtime's poller out: one entry less for each connection.
func (l *poller) take(nc net.Conn, early []byte, log *Log, at Cursor, s Session) (bool, error) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return false, nil
	}
	fd, err := detach(tcp)
	_ = tcp.Close() // only its descriptor: the copy keeps the connection up
	if err != nil {
		return true, err
	}
	tune(fd, l.cfg.WriteStall)
	c := &conn{l: l, s: s, log: log, fd: fd, state: stateNew, feed: feed{seg: at.seg, off: at.off}}
	p := post{c: c}
	if len(early) > 0 {
		p.f = func() { s.Receive(early) }
	}
	if !l.post(p) {
		_ = syscall.Close(fd)
		return true, ErrStop
	}
	return true, nil
}

func detach(tcp *net.TCPConn) (fd int, err error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1, err
	}
	cerr := raw.Control(func(old uintptr) {
		fd, err = duplicate(int(old))
	})
	return fd, errors.Join(cerr, err)
}

// attach makes c one of l's.
func (l *poller) attach(c *conn) {
	c.state = stateOpen
	l.open.Add(1)
	for c.fd >= len(l.conns) {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd] = c
	l.follow(c)
	l.call(c, func() { c.wake = l.wheel.ticks(c.s.Open(c)) })
	l.wheel.set(c, c.wake)
	if err := l.watch(c, syscall.EPOLL_CTL_ADD, syscall.EPOLLIN); err != nil && c.fail == nil {
		c.fail = err
	}
}

func (l *poller) watch(c *conn, op int, events uint32) error {
	if l.epfd < 0 {
		return ErrStop
	}
	return syscall.EpollCtl(l.epfd, op, c.fd, event(c.fd, events))
}

// read gives the session what has come.
func (l *poller) read(c *conn) {
	n, err := read(c.fd, l.buf)
	switch {
	case n > 0:
		l.receive(c, l.buf[:n])
	case n == 0:
		c.fail = ErrClosed
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
	default:
		c.fail = ErrClosed
	}
}

// receive is call for the usual case.
func (l *poller) receive(c *conn, in []byte) {
	defer l.called(c)
	c.s.Receive(in)
}

// call makes one call of the session. A panic in it ends this connection only.
func (l *poller) call(c *conn, f func()) {
	if c.fail != nil {
		return
	}
	defer l.called(c)
	f()
}

func (l *poller) called(c *conn) {
	if p := recover(); p != nil {
		l.cfg.Log.Error("panic", "value", p, "stack", string(debug.Stack()))
		c.fail = ErrPanic
	}
}

// settle does what calls of the session have left to do.
func (l *poller) settle(c *conn) {
	if c.fail == nil && c.own != nil {
		l.flush(c)
	}
	if c.fail != nil {
		l.closeConn(c, c.fail)
	}
}

// flush writes what c has not had, until that is all, or the socket takes no
// more, or others have waited long enough.
func (l *poller) flush(c *conn) {
	for range flushWrites {
		if c.blocked || c.fail != nil || c.state > stateEnding {
			return
		}
		if c.state == stateEnding && c.own == nil {
			l.ended(c)
			return
		}
		b := c.feed.next(maxSegment)
		if b == nil {
			return
		}
		n, err := write(c.fd, b)
		c.wrote(max(n, 0))
		switch {
		case n == len(b), errors.Is(err, syscall.EINTR):
		case n >= 0, errors.Is(err, syscall.EAGAIN):
			l.block(c)
		default:
			c.fail = ErrClosed
		}
	}
	l.again(c.group)
}

// flushWrites bounds the writes of one flush.
const flushWrites = 8

// block waits for the socket to take more, but not for ever.
func (l *poller) block(c *conn) {
	c.blocked = true
	c.stall = l.wheel.ticks(time.Now().Add(l.cfg.WriteStall))
	l.wheel.set(c, min(c.due, c.stall))
	if !c.watched {
		c.watched = true
		if err := l.watch(c, syscall.EPOLL_CTL_MOD, syscall.EPOLLIN|syscall.EPOLLOUT); err != nil {
			c.fail = err
		}
	}
}

// unblock goes on where block stopped.
func (l *poller) unblock(c *conn) {
	c.blocked = false
	l.flush(c)
	if c.blocked || c.fail != nil {
		return
	}
	c.watched = false
	if err := l.watch(c, syscall.EPOLL_CTL_MOD, syscall.EPOLLIN); err != nil {
		c.fail = err
	}
}

// ended leaves c nothing to do but to wait for the client.
func (l *poller) ended(c *conn) {
	c.state = stateEnded
	l.unfollow(c)
	if c.done {
		c.fail = ErrEnded
	}
	c.wake = l.wheel.ticks(time.Now().Add(l.cfg.Linger))
	l.wheel.set(c, c.wake)
}

// closeConn is the end of c.
func (l *poller) closeConn(c *conn, why error) {
	if c.state == stateClosed {
		return
	}
	c.state, c.fail = stateClosed, why
	l.wheel.unset(c)
	l.unfollow(c)
	l.conns[c.fd] = nil
	_ = syscall.Close(c.fd) // leaves the epoll set by itself
	l.open.Add(-1)
	c.feed = feed{}
	defer l.called(c)
	c.s.Closed(why)
}

// due is called when c's timer has run out.
func (l *poller) due(c *conn, now time.Time) {
	switch {
	case c.blocked && c.stall <= l.wheel.now:
		c.fail = ErrSlow
	case c.wake > l.wheel.now:
	case c.state == stateOpen:
		l.call(c, func() {
			if next := c.s.Wake(now); c.state == stateOpen {
				c.wake = l.wheel.ticks(next)
			}
		})
	default: // the client had its time
		c.fail = ErrEnded
	}
	if c.fail == nil {
		due := c.wake
		if c.blocked {
			due = min(due, c.stall)
		}
		l.wheel.set(c, due)
	}
	l.settle(c)
}

// Send implements Conn.
func (c *conn) Send(frame []byte) {
	if c.state == stateOpen && !c.push(c.log, frame) {
		c.Drop(ErrSlow)
	}
}

// End implements Conn.
func (c *conn) End(frame []byte, done bool) {
	if c.state != stateOpen {
		return
	}
	c.Send(frame)
	c.state, c.done = stateEnding, done
	c.wake = c.l.wheel.ticks(time.Now().Add(c.l.cfg.WriteStall))
	c.l.wheel.set(c, c.wake)
}

// Drop implements Conn.
func (c *conn) Drop(err error) {
	if c.fail == nil {
		c.fail = err
	}
}

// Do implements Conn.
func (c *conn) Do(f func()) { c.l.post(post{c: c, f: f}) }

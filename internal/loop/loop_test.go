package loop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// recorder is a session that repeats what it hears and remembers its end. The
// bytes "!" make it panic, "." end, "?" drop.
type recorder struct {
	mu    sync.Mutex
	conn  Conn
	wakes int
	every time.Duration
	end   chan error
	open  chan struct{}
}

func newRecorder() *recorder { return &recorder{end: make(chan error, 1), open: make(chan struct{})} }

func (r *recorder) Open(c Conn) time.Time {
	r.conn = c
	close(r.open)
	return r.Wake(time.Now())
}

func (r *recorder) Receive(in []byte) {
	switch {
	case bytes.Contains(in, []byte("!")):
		panic("asked for")
	case bytes.Contains(in, []byte(".")):
		r.conn.End([]byte("bye"), true)
	case bytes.Contains(in, []byte(",")):
		r.conn.End([]byte("bye"), false)
	case bytes.Contains(in, []byte("?")):
		r.conn.Drop(io.ErrUnexpectedEOF)
	default:
		r.conn.Send([]byte("<" + string(in) + ">"))
	}
}

func (r *recorder) Wake(now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wakes++
	if r.every == 0 {
		return time.Time{}
	}
	return now.Add(r.every)
}

func (r *recorder) Closed(err error) { r.end <- err }

// drivers runs a test with each driver.
func drivers(t *testing.T, f func(t *testing.T, d *Driver)) {
	t.Helper()
	for _, c := range []struct {
		name string
		cfg  Config
	}{
		{"epoll", Config{Loops: 2, WriteStall: time.Second}},
		{"goroutines", Config{Goroutines: true, WriteStall: time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) { f(t, start(t, c.cfg)) })
	}
}

func start(tb testing.TB, cfg Config) *Driver {
	tb.Helper()
	d, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	over := make(chan struct{})
	go func() {
		_ = d.Run(ctx)
		close(over)
	}()
	<-d.Running()
	tb.Cleanup(func() {
		cancel()
		<-over
		if n := d.Open(); n != 0 {
			tb.Errorf("%d connections left open", n)
		}
	})
	return d
}

// pair returns a client's connection and one that the driver has.
func pair(tb testing.TB, d *Driver, log *Log, s Session, early string) *net.TCPConn {
	tb.Helper()
	client, server := ends(tb)
	if err := d.Serve(server, []byte(early), log, log.Head(), s); err != nil {
		tb.Fatal(err)
	}
	return client
}

// ends returns both ends of a TCP connection.
func ends(tb testing.TB) (client, server *net.TCPConn) {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer ln.Close()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { near.Close() })
	near.SetDeadline(time.Now().Add(20 * time.Second))
	far, err := ln.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	return near.(*net.TCPConn), far.(*net.TCPConn)
}

func expect(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil || string(got) != want {
		at := 0
		for at < n && got[at] == want[at] {
			at++
		}
		t.Fatalf("read %d bytes, %v; from byte %d on %.60q, want %.60q", n, err, at, got[at:n], want[at:])
	}
}

func expectEnd(t *testing.T, s *recorder, want error) {
	t.Helper()
	select {
	case err := <-s.end:
		if !errors.Is(err, want) {
			t.Errorf("closed because %v, want %v", err, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("not closed, want %v", want)
	}
}

func TestFollow(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		log := NewLog(0)
		log.Append([]byte("before"))
		var clients []net.Conn
		for range 5 {
			clients = append(clients, pair(t, d, log, newRecorder(), ""))
		}
		log.Append([]byte("one "))
		log.Append([]byte("two "))
		for _, c := range clients {
			expect(t, c, "one two ")
		}
		clients[1].Close()
		var want strings.Builder
		for i := range 5000 {
			f := fmt.Sprintf("[frame %d]", i)
			want.WriteString(f)
			log.Append([]byte(f))
		}
		for i, c := range clients {
			if i != 1 {
				expect(t, c, want.String())
			}
		}
	})
}

func TestOwnFrames(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		log := NewLog(0)
		s := newRecorder()
		c := pair(t, d, log, s, "early")
		expect(t, c, "<early>")
		log.Append([]byte("A"))
		expect(t, c, "A")
		fmt.Fprint(c, "x")
		expect(t, c, "<x>")
		s.conn.Do(func() {
			log.Append([]byte("B"))
			s.conn.Send([]byte("own"))
			log.Append([]byte("C"))
		})
		expect(t, c, "BownC")
	})
}

// TestLastIsLast: nothing comes behind the last frame, not even what the same call sends.
func TestLastIsLast(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		log, s := NewLog(0), newRecorder()
		c := pair(t, d, log, s, "")
		<-s.open
		s.conn.Do(func() {
			log.Append([]byte("before "))
			s.conn.End([]byte("last"), true)
			s.conn.Send([]byte(" after"))
			log.Append([]byte(" later"))
		})
		if got, err := io.ReadAll(c); string(got) != "before last" || err != nil {
			t.Errorf("heard %q, %v, want the last frame last", got, err)
		}
		expectEnd(t, s, ErrEnded)
	})
}

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		say, hear string
		why       error
	}{
		{"!", "", ErrPanic},
		{"?", "", io.ErrUnexpectedEOF},
		{".", "bye", ErrEnded},
		{",", "bye", ErrEnded}, // after the linger
	} {
		drivers(t, func(t *testing.T, d *Driver) {
			t.Helper()
			log := NewLog(0)
			s, neighbour := newRecorder(), newRecorder()
			n := pair(t, d, log, neighbour, "")
			conn := pair(t, d, log, s, "")
			fmt.Fprint(conn, c.say)
			got, _ := io.ReadAll(conn)
			if string(got) != c.hear {
				t.Errorf("say %q: heard %q, want %q", c.say, got, c.hear)
			}
			expectEnd(t, s, c.why)
			fmt.Fprint(n, "x")
			expect(t, n, "<x>")
			n.CloseWrite()
			expectEnd(t, neighbour, ErrClosed)
		})
	}
}

// TestHangsUpFirst: a client that hangs up right behind its goodbye still hears ours.
func TestHangsUpFirst(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		for range 50 {
			s := newRecorder()
			c := pair(t, d, NewLog(0), s, "")
			fmt.Fprint(c, ".")
			c.CloseWrite()
			expect(t, c, "bye")
			expectEnd(t, s, ErrEnded)
		}
	})
}

// TestNothingAfterDrop: a session that dropped its connection is called no more but to
// be told that it is closed.
func TestNothingAfterDrop(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		s := newRecorder()
		pair(t, d, NewLog(0), s, "")
		<-s.open
		var called atomic.Bool
		s.conn.Do(func() {
			s.conn.Do(func() { called.Store(true) })
			s.conn.Drop(io.ErrUnexpectedEOF)
		})
		expectEnd(t, s, io.ErrUnexpectedEOF)
		if called.Load() {
			t.Error("called after Drop")
		}
	})
}

func TestHangUpWithinLinger(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		s := newRecorder()
		c := pair(t, d, NewLog(0), s, ",")
		expect(t, c, "bye")
		c.Close()
		expectEnd(t, s, ErrClosed)
	})
}

func TestSlowReader(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		log := NewLog(64 << 10)
		slow, quick := newRecorder(), newRecorder()
		c := pair(t, d, log, slow, "")
		c.SetReadBuffer(4 << 10)
		q := pair(t, d, log, quick, "")
		frame := bytes.Repeat([]byte("x"), 16<<10)
		over := make(chan struct{})
		var done atomic.Bool
		go func() {
			defer close(over)
			got := make([]byte, len(frame))
			for !done.Load() {
				log.Append(frame)
				if _, err := io.ReadFull(q, got); err != nil {
					t.Errorf("the quick reader: %v", err)
					return
				}
			}
		}()
		expectEnd(t, slow, ErrSlow)
		done.Store(true)
		<-over
	})
}

func TestStalledWrite(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		log := NewLog(1 << 30)
		s := newRecorder()
		c := pair(t, d, log, s, "")
		c.SetReadBuffer(4 << 10)
		for range 16 << 10 {
			log.Append(make([]byte, 1<<10))
		}
		select {
		case err := <-s.end:
			// Either the driver or the kernel (TCP_USER_TIMEOUT) is first.
			if !errors.Is(err, ErrSlow) && !errors.Is(err, ErrClosed) {
				t.Errorf("closed because %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a stalled write did not end the connection")
		}
	})
}

func TestWakes(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		s := newRecorder()
		s.every = 10 * time.Millisecond
		pair(t, d, NewLog(0), s, "")
		until := time.Now().Add(10 * time.Second)
		for wakes := 0; wakes < 4; {
			s.mu.Lock()
			wakes = s.wakes
			s.mu.Unlock()
			if time.Now().After(until) {
				t.Fatalf("%d wakes in 10 s", wakes)
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
}

func TestStopClosesAll(t *testing.T) {
	for _, goroutines := range []bool{false, true} {
		d, err := New(Config{Loops: 1, Goroutines: goroutines})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- d.Run(ctx) }()
		<-d.Running()
		s := newRecorder()
		c := pair(t, d, NewLog(0), s, "")
		<-s.open
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
		expectEnd(t, s, ErrStop)
		if got, _ := io.ReadAll(c); len(got) > 0 {
			t.Errorf("heard %q", got)
		}
	}
}

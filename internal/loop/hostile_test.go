package loop

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// TestHostileSender has several clients send as fast as they can, to the loop
// that a neighbour is on too.
func TestHostileSender(t *testing.T) {
	d := start(t, Config{Loops: 1})
	log := NewLog(0)
	neighbour := pair(t, d, log, newRecorder(), "")
	for range 4 {
		c := pair(t, d, log, newRecorder(), "")
		go func() {
			junk := bytes.Repeat([]byte("x"), 64<<10)
			for {
				if _, err := c.Write(junk); err != nil {
					return // it did not read its answers, and was thrown out
				}
			}
		}()
	}
	for range 50 {
		io.WriteString(neighbour, "x")
		expect(t, neighbour, "<x>")
	}
}

// TestAsksWithoutReading is a client that wants answers and takes none.
func TestAsksWithoutReading(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		s := newRecorder()
		c := pair(t, d, NewLog(0), s, "")
		c.SetReadBuffer(4 << 10)
		junk := bytes.Repeat([]byte("x"), 64<<10)
		for {
			if _, err := c.Write(junk); err != nil {
				break
			}
		}
		expectEnd(t, s, ErrSlow)
	})
}

// A ponger answers each byte with two, as a WebSocket answers a ping.
type ponger struct {
	*recorder
	answers int
}

func (p *ponger) Receive(in []byte) {
	for range in {
		p.conn.Send([]byte("\x8a\x00"))
		p.answers++
	}
}

// TestSmallAnswersCount is a client that wants very small answers and takes none: each
// costs more to keep than it is long.
func TestSmallAnswersCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := start(t, Config{Goroutines: true})
		log, p := NewLog(0), &ponger{recorder: newRecorder()}
		near, far := net.Pipe()
		if err := d.Serve(far, nil, log, log.Head(), p); err != nil {
			t.Fatal(err)
		}
		go near.Write(make([]byte, 1<<20))
		if err := <-p.end; !errors.Is(err, ErrSlow) || p.answers > 4<<10 {
			t.Errorf("closed because %v after %d answers waited, want %v after 4096 at most", err, p.answers, ErrSlow)
		}
		near.Close()
		synctest.Wait()
	})
}

// TestStalledReadersCostNothing has many readers that stop and one that goes on.
func TestStalledReadersCostNothing(t *testing.T) {
	drivers(t, func(t *testing.T, d *Driver) {
		t.Helper()
		log := NewLog(128 << 10)
		var stalled []*recorder
		for range 20 {
			s := newRecorder()
			pair(t, d, log, s, "").SetReadBuffer(4 << 10)
			stalled = append(stalled, s)
		}
		reader := pair(t, d, log, newRecorder(), "")
		frame := bytes.Repeat([]byte("x"), 8<<10)
		left := len(stalled)
		for got := make([]byte, len(frame)); left > 0; {
			log.Append(frame)
			if _, err := io.ReadFull(reader, got); err != nil {
				t.Fatal(err)
			}
			for _, s := range stalled {
				select {
				case err := <-s.end:
					if left--; !errors.Is(err, ErrSlow) {
						t.Error(err)
					}
				default:
				}
			}
		}
	})
}

// TestManyEndAtOnce ends thousands of connections of one loop, and a neighbour
// is heard meanwhile.
func TestManyEndAtOnce(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 500
	}
	d := start(t, Config{Loops: 1, Linger: 100 * time.Millisecond})
	log := NewLog(0)
	neighbour := pair(t, d, log, newRecorder(), "")
	var all []*recorder
	for range n {
		s := newRecorder()
		pair(t, d, log, s, "")
		all = append(all, s)
	}
	for _, s := range all {
		<-s.open
		s.conn.Do(func() { s.conn.End([]byte("bye"), false) })
	}
	io.WriteString(neighbour, "x")
	expect(t, neighbour, "<x>")
	for _, s := range all {
		expectEnd(t, s, ErrEnded)
	}
}

// TestSegmentsAreFreed appends much more than a log may hold: with everybody
// at its head it holds one segment.
func TestSegmentsAreFreed(t *testing.T) {
	log := NewLog(0)
	frame := make([]byte, 1<<10)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 100 << 10 {
		log.Append(frame)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("100 MiB appended, %d KiB held", grown>>10)
	}
	runtime.KeepAlive(log)
}

// TestWriteStallIsExact is in virtual time: the end of a pipe that nobody reads
// comes after the write deadline, and not a moment later.
func TestWriteStallIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stall = 10 * time.Second
		d, err := New(Config{Goroutines: true, WriteStall: stall})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- d.Run(ctx) }()
		<-d.Running()
		log, s := NewLog(0), newRecorder()
		_, far := net.Pipe()
		if err := d.Serve(far, nil, log, log.Head(), s); err != nil {
			t.Fatal(err)
		}
		<-s.open
		time.Sleep(time.Minute)
		began := time.Now()
		log.Append([]byte("x"))
		if err := <-s.end; !errors.Is(err, ErrSlow) || time.Since(began) != stall {
			t.Errorf("ended after %v because %v, want %v, %v", time.Since(began), err, stall, ErrSlow)
		}
		cancel()
		<-over
	})
}

// TestServeAfterStop: a driver that is over takes nothing any more.
func TestServeAfterStop(t *testing.T) {
	for _, goroutines := range []bool{false, true} {
		d, err := New(Config{Loops: 1, Goroutines: goroutines})
		if err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_ = d.Run(ctx)
			close(over)
		}()
		<-d.Running()
		cancel()
		<-over
		pipe, farPipe := net.Pipe()
		tcp, farTCP := ends(t)
		for near, far := range map[net.Conn]net.Conn{pipe: farPipe, tcp: farTCP} {
			if err := d.Serve(far, nil, NewLog(0), NewLog(0).Head(), newRecorder()); !errors.Is(err, ErrStop) {
				t.Errorf("Serve after Run: %v, want %v", err, ErrStop)
			}
			if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("%T after that: %v, want it closed", near, err)
			}
		}
	}
}

// TestBudgetOfAThread: who does not read may fall behind by the budget and not by a byte
// more; who is late because the node is, by much more.
func TestBudgetOfAThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget = 64 << 10
		d := start(t, Config{Goroutines: true})
		log, s := NewLog(budget), newRecorder()
		near, far := net.Pipe()
		if err := d.Serve(far, nil, log, log.Head(), s); err != nil {
			t.Fatal(err)
		}
		go io.CopyN(io.Discard, near, 4*budget)
		synctest.Wait()
		s.conn.Do(func() { log.Append(make([]byte, 4*budget)) })
		synctest.Wait()
		log.Append(make([]byte, 1)) // nobody reads any more
		synctest.Wait()
		log.Append(make([]byte, budget-1))
		synctest.Wait()
		select {
		case err := <-s.end:
			t.Fatalf("ended within its budget because %v", err)
		default:
		}
		log.Append(make([]byte, 1))
		synctest.Wait()
		select {
		case err := <-s.end:
			if !errors.Is(err, ErrSlow) {
				t.Errorf("ended because %v, want %v", err, ErrSlow)
			}
		default:
			t.Error("beyond its budget it is still waited for")
		}
		if n := len(log.followers); n > 0 {
			t.Errorf("%d still follow the log", n)
		}
		near.Close()
	})
}

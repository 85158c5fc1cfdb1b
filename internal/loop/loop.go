// Package loop drives connections: it reads what clients send, and writes each
// of them the log it follows. It knows neither rooms nor WebSockets.
//
// A Log is bytes in order, ready to be sent, and a connection is a cursor into
// it. A flush writes everything between cursor and head at once, so batches
// form by themselves under load and nothing is queued per connection. What
// goes to one connection only (Conn.Send) has its place between two positions
// of the log.
//
// On Linux plain TCP connections belong to a few loops, each an epoll instance
// with a goroutine: an idle connection costs neither goroutine nor buffer nor
// timer. Everything else (TLS, pipes, other systems) is driven by two
// goroutines a connection. Sessions can't tell which.
package loop

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A Session is what a connection is for. The driver calls its methods one at a
// time, so they need no locks among themselves; none may block.
type Session interface {
	// Open is the first call. It returns when the first Wake is due.
	Open(c Conn) (wake time.Time)

	// Receive gives what the client sent, in pieces of any size. The bytes are
	// the session's to change until it returns.
	Receive(in []byte)

	// Wake is called when it is due and returns when the next one is.
	Wake(now time.Time) (next time.Time)

	// Closed is the last call: the connection is gone, and err says why.
	Closed(err error)
}

// A Conn is the driver's end of a connection. Only Do may be called from
// outside the session's own calls.
type Conn interface {
	// Send queues frame for this connection alone, behind everything that its
	// log holds by now. The frame must not change any more.
	Send(frame []byte)

	// End sends frame as the last one and closes the connection: at once if
	// the client is done, else when it hangs up or the session drops it, and
	// soon if nothing comes.
	End(frame []byte, done bool)

	// Drop closes the connection at once, whatever waits for it.
	Drop(err error)

	// Do has f called as if by the session's driver, from any goroutine. It
	// is not called once the connection has closed.
	Do(f func())
}

// Reasons for which a driver itself closes a connection.
var (
	ErrSlow   = errors.New("reader too slow")        // fell off its log's tail, or made no progress
	ErrClosed = errors.New("client hung up")         // with or without a closing frame
	ErrEnded  = errors.New("ended by the session")   // Conn.End has done its work
	ErrPanic  = errors.New("panic in the session")   // the log has the stack
	ErrStop   = errors.New("the server is stopping") // Run's context has ended
)

// Config tunes a Driver. The zero value is sound.
type Config struct {
	Loops      int           // epoll loops; 0: one for each processor in use
	Goroutines bool          // no epoll, also where there could be
	WriteStall time.Duration // a write without progress ends the connection; 0: 10 s
	Linger     time.Duration // how long End waits for the client; 0: 1 s
	Log        *slog.Logger  // told of panics; nil: nobody is

	// Turn is told, on the loop, how long each turn with something to do took it, and
	// those after it to let the loop go on: so long a connection waits for another. nil:
	// nobody is. Goroutines take no turns.
	Turn func(took time.Duration)
}

func (c Config) withDefaults() Config {
	if c.WriteStall == 0 {
		c.WriteStall = 10 * time.Second
	}
	if c.Linger == 0 {
		c.Linger = time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// A Driver moves the bytes of many connections. See New and Run.
type Driver struct {
	cfg   Config
	loops pollers // none: goroutines drive everything

	running chan struct{} // closed when Run has begun
	group   sync.WaitGroup
	next    atomic.Uint32
	open    atomic.Int64

	mu      sync.Mutex // guards the following
	threads map[*thread]struct{}
	stopped bool
}

// New returns a Driver that waits for Run.
func New(cfg Config) (*Driver, error) {
	d := &Driver{cfg: cfg.withDefaults(), running: make(chan struct{}), threads: map[*thread]struct{}{}}
	if cfg.Goroutines {
		return d, nil
	}
	var err error
	d.loops, err = newPollers(d.cfg, &d.open)
	return d, err
}

// Running is closed once Run has begun. Connections may only be served then.
func (d *Driver) Running() <-chan struct{} { return d.running }

// Run drives connections until ctx ends, and then closes those that are left.
// It must be called once.
func (d *Driver) Run(ctx context.Context) error {
	if n := openFiles(); n < fewFiles {
		d.cfg.Log.WarnContext(ctx, "connections will run out of file descriptors: raise the limit (ulimit -n)", "limit", n)
	}
	close(d.running)
	var loops sync.WaitGroup
	for _, l := range d.loops {
		loops.Go(func() { l.run(ctx) })
	}
	<-ctx.Done()
	loops.Wait()

	d.mu.Lock()
	d.stopped = true
	for t := range d.threads {
		t.stop(ErrStop)
	}
	d.mu.Unlock()
	d.group.Wait()
	return nil
}

// fewFiles is a limit on open files that the operator hears of at the start. A
// connection takes one, and a second one for a moment.
const fewFiles = 10_000

// Serve hands conn over: from now on it is the driver's. early is what the
// client sent already. The connection follows log from the cursor at on. If
// Serve returns an error, conn is closed and s was never called.
func (d *Driver) Serve(conn net.Conn, early []byte, log *Log, at Cursor, s Session) error {
	if len(d.loops) > 0 {
		l := d.loops[int(d.next.Add(1))%len(d.loops)]
		taken, err := l.take(conn, early, log, at, s)
		if taken || err != nil {
			return err
		}
	}
	return d.serveThread(conn, early, log, at, s)
}

// Open is the number of connections the driver has.
func (d *Driver) Open() int { return int(d.open.Load()) }

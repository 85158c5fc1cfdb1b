package loop

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Work of one turn, so that nobody waits long for the loop: neither the other
// connections nor, where there is one processor, the other goroutines.
const (
	turnPosts   = 64
	turnFlushes = 64
	turnEvents  = 64
	turnDue     = 64
	turnTime    = 2 * time.Millisecond // after it each kind of work gets only turnLeast done
	turnLeast   = 8
)

// readSize is how much is read from a connection in a turn.
const readSize = 16 << 10

type pollers []*poller

// A poller is one loop: an epoll instance and the connections it watches, all
// of them owned by the goroutine in run. The instance itself waits in the Go
// runtime's poller, so that a loop with nothing to do holds no thread.
type poller struct {
	cfg  Config
	open *atomic.Int64
	file *os.File
	raw  syscall.RawConn // file's
	epfd int
	bell int // eventfd that ends a wait

	asleep atomic.Bool // run waits or is about to

	mu    sync.Mutex // guards the following
	posts []post
	late  []*group // whose logs have grown

	// The rest is run's.
	conns  []*conn // by descriptor
	groups map[*Log]*group
	ready  []*group // with connections to flush
	todo   []post
	wheel  wheel
	began  time.Time // this turn
	tick   time.Time // when sleep ends at the latest
	events []syscall.EpollEvent
	next   int // event to handle
	buf    []byte
}

// A post is something to do for a connection.
type post struct {
	c *conn
	f func()
}

func newPollers(cfg Config, open *atomic.Int64) (pollers, error) {
	n := cfg.Loops
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	var all pollers
	for range n {
		l, err := newPoller(cfg, open)
		if err != nil {
			return nil, fmt.Errorf("epoll: %w", err)
		}
		all = append(all, l)
	}
	return all, nil
}

func newPoller(cfg Config, open *atomic.Int64) (*poller, error) {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(epfd, true); err != nil { // or os.NewFile would not poll it
		return nil, err
	}
	bell, err := eventfd()
	if err != nil {
		return nil, err
	}
	l := &poller{
		cfg: cfg, open: open, epfd: epfd, bell: bell, groups: map[*Log]*group{},
		buf: make([]byte, readSize), events: make([]syscall.EpollEvent, 0, 256),
	}
	l.file = os.NewFile(uintptr(epfd), "epoll")
	if l.raw, err = l.file.SyscallConn(); err != nil {
		return nil, err
	}
	l.wheel.init(time.Now())
	return l, syscall.EpollCtl(epfd, syscall.EPOLL_CTL_ADD, bell, event(bell, syscall.EPOLLIN))
}

// run takes turns until ctx ends: do what others ask for, write what rooms
// said, read what clients sent, see to what is due. It sleeps when a turn had
// nothing to do.
func (l *poller) run(ctx context.Context) {
	defer context.AfterFunc(ctx, l.ring)()
	for ctx.Err() == nil {
		if !l.turn(time.Now()) {
			l.sleep(ctx)
			continue
		}
		runtime.Gosched()
		if l.cfg.Turn != nil {
			l.cfg.Turn(time.Since(l.began))
		}
	}
	l.close()
}

// turn does some of everything there is to do. It says no if there was nothing.
func (l *poller) turn(now time.Time) bool {
	l.began = now
	busy := l.runPosts()
	busy = l.runGroups() || busy
	busy = l.runEvents() || busy
	return l.runDue(now) || busy
}

// enough reports whether a kind of work that has done n things in this turn has to
// leave the rest to the next one. The clock is only looked at now and then.
func (l *poller) enough(n int) bool {
	return n >= turnLeast && n%turnLeast == 0 && l.overdue()
}

func (l *poller) overdue() bool { return time.Since(l.began) > turnTime }

// close ends every connection, and those that are still on their way here.
func (l *poller) close() {
	for _, c := range l.conns {
		if c != nil {
			l.closeConn(c, ErrStop)
		}
	}
	l.mu.Lock()
	posts := append(l.todo, l.posts...)
	l.posts, l.todo, l.epfd = nil, nil, -1
	l.mu.Unlock()
	for _, p := range posts {
		if p.c.state == stateNew {
			l.attach(p.c)
			l.closeConn(p.c, ErrStop)
		}
	}
	_ = l.file.Close() // nothing waits on it any more
	_ = syscall.Close(l.bell)
}

// post has run do p. It says no when run is over.
func (l *poller) post(p post) bool {
	l.mu.Lock()
	if l.epfd < 0 {
		l.mu.Unlock()
		return false
	}
	l.posts = append(l.posts, p)
	l.mu.Unlock()
	l.ring()
	return true
}

// ring wakes the loop if it sleeps.
func (l *poller) ring() {
	if l.asleep.Load() && l.asleep.CompareAndSwap(true, false) {
		one := [8]byte{1}
		l.mu.Lock()
		if l.epfd >= 0 { // else the descriptor may be somebody else's by now
			_, _ = syscall.Write(l.bell, one[:]) // fails only when the bell has rung already
		}
		l.mu.Unlock()
	}
}

// runPosts does some of what others asked for.
func (l *poller) runPosts() bool {
	if len(l.todo) == 0 {
		l.mu.Lock()
		l.todo, l.posts = l.posts, l.todo[:0]
		l.mu.Unlock()
	}
	n := 0
	for ; n < len(l.todo) && n < turnPosts && !l.enough(n); n++ {
		p := l.todo[n]
		l.todo[n] = post{}
		l.do(p)
	}
	l.todo = l.todo[n:]
	return n > 0
}

func (l *poller) do(p post) {
	if p.c.state == stateNew {
		l.attach(p.c)
	}
	if p.c.state == stateClosed {
		return
	}
	if p.f != nil {
		l.call(p.c, p.f)
	}
	l.settle(p.c)
}

// runEvents handles some of the connections that can be read or written.
func (l *poller) runEvents() bool {
	if l.next == len(l.events) && !l.poll() {
		return false
	}
	for n := 0; l.next < len(l.events) && n < turnEvents && !l.enough(n); n++ {
		e := l.events[l.next]
		l.next++
		l.handle(e)
	}
	return true
}

// poll asks for events, without waiting.
func (l *poller) poll() bool {
	n := epollWait(l.epfd, l.events[:cap(l.events)])
	l.events, l.next = l.events[:n], 0
	return n > 0
}

// handle sees to one descriptor. It may have changed hands since the event
// was fetched; reading too often does no harm.
func (l *poller) handle(e syscall.EpollEvent) {
	fd := int(e.Fd)
	if fd == l.bell {
		var count [8]byte
		_, _ = syscall.Read(l.bell, count[:]) // only to silence it
		return
	}
	if fd >= len(l.conns) || l.conns[fd] == nil {
		return
	}
	c := l.conns[fd]
	if e.Events&syscall.EPOLLOUT != 0 && c.blocked {
		l.unblock(c)
		l.settle(c)
	}
	if e.Events&^syscall.EPOLLOUT != 0 && c.state != stateClosed {
		l.read(c)
		l.settle(c)
	}
}

// sleep waits until there is something to do. What came before ring could know of it
// is looked for once more: a post, a log that has grown, the end of ctx.
func (l *poller) sleep(ctx context.Context) {
	l.asleep.Store(true)
	defer l.asleep.Store(false)
	l.mu.Lock()
	some := len(l.posts)+len(l.late) > 0
	l.mu.Unlock()
	if some || ctx.Err() != nil {
		return
	}
	most := wheelTick
	if l.wheel.count == 0 { // nothing ever comes due
		most = time.Hour
	}
	if left := time.Until(l.tick); left <= 0 || left > most {
		l.tick = time.Now().Add(most)
		_ = l.file.SetReadDeadline(l.tick) // at worst the wheel turns late
	}
	_ = l.raw.Read(func(uintptr) bool { return l.poll() }) // an error is the deadline
}

package loop

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Segments of a log are as big as what it takes in within segmentSpan, between
// these bounds: a quiet room must not hold memory, a loud one not fragment.
const (
	minSegment  = 1 << 10
	maxSegment  = 64 << 10
	segmentSpan = 200 * time.Millisecond
)

// DefaultBudget is how many bytes a connection that can't be written to may
// fall behind its log before it ends.
const DefaultBudget = 512 << 10

// A Log is bytes in the order of their arrival, to be sent to each follower. It
// keeps no more than the slowest follower needs, and at most its budget for
// those who don't read. Its methods may be called from any goroutine.
type Log struct {
	budget int64
	head   atomic.Int64 // bytes ever appended

	mu        sync.Mutex // guards the following; held for moments only
	last      *segment
	born      time.Time // when last was begun
	followers []follower
}

// A follower has connections on a log. behind is called when the log has grown;
// it must not block.
type follower interface{ behind() }

// A segment is a stretch of a log. Its followers hold it by their cursors, so
// the collector frees it when the last has moved on.
type segment struct {
	base int64  // position in the log of buf[0]
	buf  []byte // written once, up to n
	n    atomic.Int64
	next atomic.Pointer[segment] // set once nothing more comes into this one
}

// A Cursor is a position in a log, from which a connection starts to follow it.
type Cursor struct {
	seg *segment
	off int
}

// NewLog returns an empty log. A budget of 0 is DefaultBudget.
func NewLog(budget int) *Log {
	if budget <= 0 {
		budget = DefaultBudget
	}
	return &Log{budget: int64(budget), last: &segment{buf: make([]byte, minSegment)}}
}

// Append adds frame, a whole number of messages, and tells the followers.
func (l *Log) Append(frame []byte) {
	l.mu.Lock()
	seg := l.last
	n := int(seg.n.Load())
	if n+len(frame) > len(seg.buf) {
		seg, n = l.grow(len(frame)), 0
	}
	copy(seg.buf[n:], frame)
	l.head.Store(seg.base + int64(n+len(frame))) // first, so that no cursor is ever ahead of it
	seg.n.Store(int64(n + len(frame)))
	for _, f := range l.followers {
		f.behind()
	}
	l.mu.Unlock()
}

// grow begins a segment that has room for need bytes. l.mu is held.
func (l *Log) grow(need int) *segment {
	old, now := l.last, time.Now()
	size := maxSegment
	if age := now.Sub(l.born); age > segmentSpan {
		size = max(minSegment, int(int64(len(old.buf))*int64(segmentSpan)/int64(age)))
	} else {
		size = min(size, 4*len(old.buf))
	}
	seg := &segment{base: old.base + old.n.Load(), buf: make([]byte, max(size, need))}
	l.last, l.born = seg, now
	old.next.Store(seg)
	return seg
}

// Head returns the place behind everything appended so far.
func (l *Log) Head() Cursor {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Cursor{seg: l.last, off: int(l.last.n.Load())}
}

func (l *Log) follow(f follower) {
	l.mu.Lock()
	l.followers = append(l.followers, f)
	l.mu.Unlock()
}

func (l *Log) unfollow(f follower) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.followers, f); i >= 0 {
		last := len(l.followers) - 1
		l.followers[i], l.followers[last] = l.followers[last], nil
		l.followers = l.followers[:last]
	}
}

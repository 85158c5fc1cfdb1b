package quota

import (
	"hash/maphash"
	"maps"
	"sync"
	"time"
)

// A bucket holds as many tokens as come in one second: its capacity is its rate
// (behaviour.md §6). The zero bucket is full. It is a single moment: when it will be
// full again if nobody takes from it.
type bucket struct {
	full time.Duration
}

// gapOf is how long a bucket takes to gain a token. No rate is above one a nanosecond.
func gapOf(rate int) time.Duration { return max(1, time.Second/time.Duration(rate)) }

// take takes up to n tokens at the moment now, from a bucket that gains one every gap
// and is full after window, and returns how many it got. When it got none, wait is how
// long until the next one.
func (b *bucket) take(now, gap, window time.Duration, n int) (got int, wait time.Duration) {
	full := max(b.full, now)
	room := now + window - full
	if room < gap {
		return 0, gap - room
	}
	got = int(min(room/gap, max(0, time.Duration(n))))
	b.full = full + time.Duration(got)*gap
	return got, 0
}

// charge takes n tokens that somebody has spent already, into the next window if need
// be: a room's rate holds over the seconds in which nodes did not hear each other. What
// is more than a window of them is forgiven, so that a long silence is not paid for by
// another one.
func (b *bucket) charge(now, gap, window time.Duration, n int) {
	b.full = min(max(b.full, now)+time.Duration(n)*gap, now+2*window)
}

const (
	shardCount = 64  // power of two
	sweepFloor = 256 // a shard smaller than this is not worth sweeping early
)

// buckets are the buckets of all keys, in shards. A bucket that is full again is
// forgotten: it can't be told from one that never was.
type buckets struct {
	seed   maphash.Seed
	shards [shardCount]shard
}

type shard struct {
	mu      sync.Mutex // guards the following
	own     map[Key]bucket
	leased  map[Key]*lease
	sweepAt int // size at which own is swept without waiting for Run
}

func (b *buckets) init() {
	b.seed = maphash.MakeSeed()
	for i := range b.shards {
		s := &b.shards[i]
		s.own, s.leased, s.sweepAt = map[Key]bucket{}, map[Key]*lease{}, sweepFloor
	}
}

func (b *buckets) shard(k Key) *shard {
	return &b.shards[maphash.Comparable(b.seed, k)%shardCount]
}

// take takes up to n tokens from k's bucket on this node.
func (b *buckets) take(now time.Duration, k Key, gap, window time.Duration, n int) (int, time.Duration) {
	s := b.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.own[k]
	got, wait := mine.take(now, gap, window, n)
	if got > 0 {
		s.own[k] = mine
		if len(s.own) > s.sweepAt {
			s.sweep(now)
		}
	}
	return got, wait
}

// charge takes n tokens of k's bucket on this node, whether they are there or not.
func (b *buckets) charge(now time.Duration, k Key, gap, window time.Duration, n int) {
	if n <= 0 {
		return
	}
	s := b.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.own[k]
	mine.charge(now, gap, window, min(n, int(window/gap)))
	s.own[k] = mine
}

// sweep forgets the buckets that are full and the leases that are over.
func (b *buckets) sweep(now time.Duration) {
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		s.sweep(now)
		s.mu.Unlock()
	}
}

// sweep copies what is still in use into new maps: Go's maps never shrink.
func (s *shard) sweep(now time.Duration) {
	s.own = alive(s.own, func(b bucket) bool { return b.full > now })
	s.leased = alive(s.leased, func(l *lease) bool { return l.asking != nil || l.idleAt > now })
	s.sweepAt = max(sweepFloor, 2*len(s.own))
}

// alive returns what of m is still in use, in a map of its own if much went.
func alive[V any](m map[Key]V, used func(V) bool) map[Key]V {
	before := len(m)
	for k, v := range m {
		if !used(v) {
			delete(m, k)
		}
	}
	if before < sweepFloor || len(m) > before/4 {
		return m
	}
	small := make(map[Key]V, len(m))
	maps.Copy(small, m)
	return small
}

// size is how many keys are kept.
func (b *buckets) size() int {
	n := 0
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		n += len(s.own) + len(s.leased)
		s.mu.Unlock()
	}
	return n
}

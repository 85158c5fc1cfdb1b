package quota

import (
	"context"
	"sync"
	"time"
)

const (
	renewEvery = 2 * time.Second
	heldFor    = 10 * time.Second // a node that isn't heard of for so long holds nothing
	slackParts = 8                // a node is granted up to 1/8 of its even part of what is left in advance
)

// counts are the things in use at a time: on this node, and, of the keys that this
// node owns, what every node was granted.
type counts struct {
	mu     sync.Mutex // guards the following
	here   map[Key]*held
	grants map[Key]map[string]grant // by node
}

// held is what this node uses of a key, and how much it may.
type held struct {
	used    int
	granted int
	until   time.Duration // when granted is no longer good
}

type grant struct {
	n     int
	until time.Duration
}

func (c *counts) init() {
	c.here, c.grants = map[Key]*held{}, map[Key]map[string]grant{}
}

// held returns how many of k this node uses.
func (c *counts) held(k Key) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.here[k]; h != nil {
		return h.used
	}
	return 0
}

// Acquire takes one of k, such as a connection, until Release gives it back. Past the
// quota it says ServiceQuotaExceededException.
func (q *Quotas) Acquire(ctx context.Context, k Key) error {
	limit := q.limits.Of(k.Account, k.Name)
	for granted := true; ; {
		if q.counts.enter(k, limit, q.now(), limit == Unlimited || q.alone()) {
			return nil
		}
		// When one more was granted and is taken already, somebody else was faster.
		if !granted || limit <= 0 || q.alone() || ctx.Err() != nil {
			return Exceeded(k, limit)
		}
		granted = q.reserve(ctx, k, limit, 1)
	}
}

// Release gives back what Acquire took.
func (q *Quotas) Release(k Key) {
	c := &q.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.here[k]
	if h == nil {
		return
	}
	h.used--
	if h.used <= 0 && h.granted == 0 {
		delete(c.here, k)
	}
}

// Used returns how many of k all nodes use together, those that don't say left out.
func (q *Quotas) Used(ctx context.Context, k Key) int {
	total := q.counts.held(k)
	if q.alone() {
		return total
	}
	for _, n := range q.peek(ctx, k, q.peers.ID(), 0) {
		total += n.n
	}
	return total
}

// enter counts one more of k if this node may. All of limit is this node's when it is alone.
func (c *counts) enter(k Key, limit int, now time.Duration, alone bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.here[k]
	if h == nil {
		h = &held{}
	}
	granted := h.granted
	if alone {
		granted = limit
	} else if now >= h.until {
		granted = 0
	}
	if limit != Unlimited && h.used >= granted {
		return false
	}
	h.used++
	c.here[k] = h
	return true
}

// reserve asks the owner of k for what this node uses and more of it beside, and
// reports whether it got that much.
func (q *Quotas) reserve(ctx context.Context, k Key, limit, more int) bool {
	me, owner, used := q.peers.ID(), q.peers.Owner(k.String()), q.counts.held(k)
	var got int
	ok := true
	if owner == me {
		got = q.grant(ctx, k, me, limit, used+more)
	} else {
		var a answer
		a, ok = q.ask(ctx, owner, question{Key: k, Limit: limit, Want: used + more, Node: me})
		got = a.Got
	}
	c := &q.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.here[k]
	if h == nil {
		h = &held{}
		c.here[k] = h
	}
	now := q.now()
	switch {
	case ok:
		h.granted, h.until = got, now+heldFor/2
	case now >= h.until:
		// The owner is silent: this node's part of the quota, until it speaks.
		h.granted, h.until = limit/max(1, len(q.nodes())), now+silentFor
	}
	if h.used == 0 && h.granted == 0 {
		delete(c.here, k)
	}
	return ok && got >= used+more
}

// grant answers a node that wants so many of k in all. It returns how many it may
// have: at least what it wants if that much is left, and a little in advance while
// plenty is.
func (q *Quotas) grant(ctx context.Context, k Key, node string, limit, want int) int {
	c := &q.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.grants[k] == nil {
		// The key is new to this node, though perhaps not to the others: one that
		// doesn't say is taken to use its even part of the quota.
		c.mu.Unlock()
		known := q.peek(ctx, k, node, max(0, limit)/max(1, len(q.nodes())))
		c.mu.Lock()
		if c.grants[k] == nil {
			c.grants[k] = known
		}
	}
	now, left := q.now(), limit
	for other, g := range c.grants[k] {
		if other != node && g.until > now {
			left -= g.n
		}
	}
	got := max(0, min(want, left))
	if got == want && want > 0 {
		got += (left - want) / (slackParts * max(1, len(q.nodes())))
	}
	c.grants[k][node] = grant{n: got, until: now + heldFor}
	return got
}

// peek asks every live node but one what it uses of k. A node that doesn't say is
// taken to use silent.
func (q *Quotas) peek(ctx context.Context, k Key, except string, silent int) map[string]grant {
	var (
		mu    sync.Mutex // guards known
		known = map[string]grant{}
		wait  sync.WaitGroup
	)
	for _, node := range q.nodes() {
		if node == except {
			continue
		}
		wait.Go(func() {
			n := q.counts.held(k)
			if node != q.peers.ID() {
				a, ok := q.ask(ctx, node, question{Key: k, Peek: true})
				n = a.Got
				if !ok {
					n = silent
				}
			}
			mu.Lock()
			defer mu.Unlock()
			known[node] = grant{n: n, until: q.now() + heldFor}
		})
	}
	wait.Wait()
	return known
}

// renew tells the owners what this node uses, and forgets what nobody does.
func (q *Quotas) renew(ctx context.Context) {
	c := &q.counts
	c.mu.Lock()
	keys := make([]Key, 0, len(c.here))
	for k := range c.here {
		keys = append(keys, k)
	}
	now := q.now()
	for k, nodes := range c.grants {
		for node, g := range nodes {
			if g.until <= now || g.n == 0 {
				delete(nodes, node)
			}
		}
		if len(nodes) == 0 {
			delete(c.grants, k)
		}
	}
	if q.alone() {
		for k, h := range c.here {
			if h.granted = 0; h.used <= 0 {
				delete(c.here, k)
			}
		}
		keys = nil
	}
	c.mu.Unlock()
	for _, k := range keys {
		if limit := q.limits.Of(k.Account, k.Name); limit > 0 {
			q.reserve(ctx, k, limit, 0)
		}
	}
}

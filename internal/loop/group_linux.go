package loop

import "sync/atomic"

// A group is the connections of one loop that follow one log.
type group struct {
	l     *poller
	log   *Log
	conns []*conn
	late  atomic.Bool // the loop has been told that the log has grown

	at    int  // the connection to flush next
	ready bool // in the loop's ready list
	more  bool // another round is wanted
}

// behind implements follower.
func (g *group) behind() {
	if g.late.Load() || !g.late.CompareAndSwap(false, true) {
		return
	}
	g.l.mu.Lock()
	g.l.late = append(g.l.late, g)
	g.l.mu.Unlock()
	g.l.ring()
}

// lag reports whether the log is ahead of c.
func (g *group) lag(c *conn) bool { return g.log.head.Load() != c.pos() }

func (l *poller) follow(c *conn) {
	g := l.groups[c.log]
	if g == nil {
		g = &group{l: l, log: c.log}
		l.groups[c.log] = g
		c.log.follow(g)
	}
	c.group, c.place = g, len(g.conns)
	g.conns = append(g.conns, c)
	if g.lag(c) {
		l.again(g)
	}
}

// unfollow takes c out of its group. The last one takes its place, and may
// have had its turn still to come.
func (l *poller) unfollow(c *conn) {
	g := c.group
	if g == nil {
		return
	}
	last := len(g.conns) - 1
	moved := g.conns[last]
	g.conns[c.place], moved.place = moved, c.place
	g.conns[last] = nil
	g.conns = g.conns[:last]
	c.group = nil
	if g.at > 0 {
		g.more = true
	}
	if last == 0 {
		delete(l.groups, g.log)
		g.log.unfollow(g)
	}
	if len(g.conns) < cap(g.conns)/4 {
		g.conns = append(make([]*conn, 0, len(g.conns)*2), g.conns...)
	}
}

// again has every connection of g looked at once more.
func (l *poller) again(g *group) {
	if g == nil {
		return
	}
	if g.ready {
		g.more = true
		return
	}
	g.ready = true
	l.ready = append(l.ready, g)
}

// runGroups flushes some of the connections whose logs have grown.
func (l *poller) runGroups() bool {
	l.mu.Lock()
	for i, g := range l.late {
		g.late.Store(false) // before its head is read
		l.again(g)
		l.late[i] = nil
	}
	l.late = l.late[:0]
	l.mu.Unlock()

	some := len(l.ready) > 0
	for left := turnFlushes; left > 0 && len(l.ready) > 0; {
		g := l.ready[0]
		left -= 1 + l.round(g, left)
		if l.overdue() {
			left = 0
		}
		if g.at < len(g.conns) {
			if len(l.ready) > 1 {
				l.ready = append(l.ready[1:], g) // the others first
			}
			continue
		}
		g.at = 0
		l.ready[0] = nil
		l.ready = l.ready[1:]
		g.ready = false
		if g.more {
			g.more = false
			l.again(g)
		}
	}
	return some
}

// round flushes at most limit of g's connections.
func (l *poller) round(g *group, limit int) int {
	n := 0
	for ; g.at < len(g.conns) && n < limit && !l.enough(n); n++ {
		c := g.conns[g.at]
		behind := g.log.head.Load() - c.pos()
		switch {
		case c.blocked && behind > g.log.budget, behind > lateFactor*g.log.budget:
			c.fail = ErrSlow
		case c.blocked || behind == 0 && c.own == nil:
			g.at++
			continue
		default:
			l.flush(c)
		}
		if c.fail != nil {
			l.closeConn(c, c.fail)
		}
		if g.at < len(g.conns) && g.conns[g.at] == c {
			g.at++
		}
	}
	return n
}

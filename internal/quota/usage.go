package quota

import (
	"context"
	"time"

	"parlor/chat"
)

// A Usage is one quota of an account in a region, and how much of it is used: of a
// rate, what was spent and hasn't come back yet; Unlimited ones tell what is counted
// all the same.
type Usage struct {
	Name  Name `json:"name"`
	Used  int  `json:"used"`
	Limit int  `json:"limit"`
}

// Usage returns the quotas that an account has in a region, in the table's order, but
// for those that each room or connection has by itself. counted tells how many there
// are of what is not counted here: the resources.
func (q *Quotas) Usage(ctx context.Context, s chat.Scope, counted func(Name) int) []Usage {
	var all []Usage
	for _, l := range table() {
		k, u := Of(l.name, s), Usage{Name: l.name, Limit: q.limits.Of(s.Account, l.name)}
		switch {
		case l.name == RoomMessages || l.name == ConnectionRequests || l.kind == span:
			continue
		case l.name == Connections:
			u.Used = q.Used(ctx, k)
		case l.kind == count:
			u.Used = counted(l.name)
		case u.Limit > 0:
			u.Used = q.spent(ctx, k, u.Limit)
		}
		all = append(all, u)
	}
	return all
}

// spent returns how many tokens of k's bucket are missing where it is kept.
func (q *Quotas) spent(ctx context.Context, k Key, rate int) int {
	if !q.alone() {
		if owner := q.peers.Owner(k.String()); owner != q.peers.ID() {
			a, _ := q.ask(ctx, owner, question{Key: k, Rate: rate, Peek: true})
			return a.Got
		}
	}
	return q.buckets.spent(q.now(), k, rate)
}

// spent returns how many tokens of k's bucket on this node are missing.
func (b *buckets) spent(now time.Duration, k Key, rate int) int {
	s := b.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	gap := gapOf(rate)
	return min(rate, int((max(s.own[k].full-now, 0)+gap-1)/gap))
}

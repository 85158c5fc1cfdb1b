package quota

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Subjects of the questions that nodes of the cluster ask each other. A count may have
// to be gathered from all nodes before it is granted from; that is asked elsewhere, so
// that two nodes which gather at the same time don't wait for each other.
const (
	subject     = "quota"
	peekSubject = "quota-used"
)

const (
	askTimeout   = 100 * time.Millisecond // a chat message waits no longer for a quota
	leaseFor     = 250 * time.Millisecond // tokens not spent by then are lost
	silentFor    = time.Second            // an owner that didn't answer isn't asked for so long
	ownerFor     = time.Second            // a key's owner is looked up again after it
	viewFor      = 100 * time.Millisecond // and the cluster's members
	leaseOfRate  = 20                     // one question fetches at most rate/20 tokens
	forgetLeases = 5 * time.Second
)

// A lease is what this node holds of a bucket that another node owns. One question is
// under way at a time, and it fetches what the traffic since the last one called
// for: a room of ten messages a second costs one question a message, an account of a
// thousand at most 20 a second and node. A refusal holds until the owner's next token,
// so the refused cost no questions either.
type lease struct {
	owner   string
	ownerAt time.Duration // when owner is to be looked up again
	idleAt  time.Duration // when the lease may be forgotten

	tokens  int           // to spend until
	until   time.Duration //
	refused time.Duration // no token before this moment
	silent  time.Duration // the owner is not asked before this moment; share is spent
	share   bucket
	owed    int           // tokens spent of the share, which the owner does not know of yet
	demand  int           // callers since the last question
	asking  chan struct{} // closed when the question under way is answered
}

// A question is what one node asks the owner of a key.
type question struct {
	Key   Key
	Rate  int `json:",omitzero"` // of a bucket: tokens a second
	Want  int
	Spent int    `json:",omitzero"` // of a bucket: tokens taken unasked while its owner was silent
	Limit int    `json:",omitzero"` // of a count: the quota
	Node  string `json:",omitzero"` // of a count: who asks
	Peek  bool   `json:",omitzero"` // tell what is used, and take nothing
}

// An answer is how much of it was granted.
type answer struct {
	Got  int
	Wait time.Duration `json:",omitzero"` // until the next token, when none was granted
}

// Listen begins to answer the other nodes' questions. answer is how this node's place
// in the cluster lets it answer those about a subject, one at a time.
func (q *Quotas) Listen(answer func(subject string, reply func(ctx context.Context, question []byte) []byte) error) error {
	return errors.Join(answer(subject, q.answer), answer(peekSubject, q.answer))
}

// answer answers another node's question about a key that this node owns, or, when it
// is a peek, about what is used here.
func (q *Quotas) answer(ctx context.Context, data []byte) []byte {
	var ask question
	if err := json.Unmarshal(data, &ask); err != nil {
		return nil
	}
	var a answer
	switch {
	case ask.Peek && ask.Rate > 0:
		a.Got = q.buckets.spent(q.now(), ask.Key, ask.Rate)
	case ask.Peek:
		a.Got = q.counts.held(ask.Key)
	case ask.Limit > 0:
		a.Got = q.grant(ctx, ask.Key, ask.Node, ask.Limit, ask.Want)
	case ask.Rate > 0:
		now, gap := q.now(), gapOf(ask.Rate)
		q.buckets.charge(now, ask.Key, gap, time.Second, ask.Spent)
		a.Got, a.Wait = q.buckets.take(now, ask.Key, gap, time.Second, ask.Want)
	}
	out, err := json.Marshal(a)
	if err != nil {
		return nil
	}
	return out
}

// ask puts a question to a node. ok is false when there is no answer in time.
func (q *Quotas) ask(ctx context.Context, node string, ask question) (a answer, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	data, err := json.Marshal(ask)
	if err != nil {
		return answer{}, false
	}
	about := subject
	if ask.Peek {
		about = peekSubject
	}
	reply, err := q.peers.Ask(ctx, node, about, data)
	if err != nil || json.Unmarshal(reply, &a) != nil {
		return answer{}, false
	}
	return a, true
}

// spend spends one token of k's bucket, wherever it is, and reports whether there
// was one.
func (q *Quotas) spend(ctx context.Context, k Key, rate int) bool {
	gap := gapOf(rate)
	if q.alone() {
		got, _ := q.buckets.take(q.now(), k, gap, time.Second, 1)
		return got == 1
	}
	s := q.buckets.shard(k)
	s.mu.Lock()
	l := s.lease(k)
	l.demand++
	for {
		now := q.now()
		q.lookUp(l, k, now)
		if l.owner == q.peers.ID() {
			s.mu.Unlock()
			got, _ := q.buckets.take(now, k, gap, time.Second, 1)
			return got == 1
		}
		if ok, known := l.spend(now, gap, len(q.nodes())); known {
			s.mu.Unlock()
			return ok
		}
		asking := l.asking
		if asking == nil {
			q.fetch(ctx, s, l, k, rate)
			continue
		}
		s.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
			return false
		}
		s.mu.Lock()
	}
}

// lookUp sets the node that l's key belongs to. A new owner is not to blame for the
// answers of the last one.
func (q *Quotas) lookUp(l *lease, k Key, now time.Duration) {
	l.idleAt = now + forgetLeases
	if now < l.ownerAt {
		return
	}
	owner := q.peers.Owner(k.String())
	if owner != l.owner {
		l.refused, l.silent, l.owed = 0, 0, 0
	}
	l.owner, l.ownerAt = owner, now+ownerFor
}

// spend spends one of the tokens at hand. It reports known false when only the owner
// can say.
func (l *lease) spend(now, gap time.Duration, nodes int) (ok, known bool) {
	switch {
	case l.tokens > 0 && now < l.until:
		l.tokens--
		return true, true
	case now < l.refused:
		return false, true
	case now < l.silent:
		// This node's part of the rate, and never more than it.
		gap *= time.Duration(nodes)
		got, _ := l.share.take(now, gap, max(gap, time.Second), 1)
		l.owed += got
		return got == 1, true
	}
	return false, false
}

// fetch asks the owner of k for tokens, with s.mu released meanwhile.
func (q *Quotas) fetch(ctx context.Context, s *shard, l *lease, k Key, rate int) {
	l.asking = make(chan struct{})
	owner, want, owed := l.owner, max(1, min(l.demand, rate/leaseOfRate)), l.owed
	l.demand = 0
	s.mu.Unlock()
	// The others that wait for the answer must not lose it because the caller who
	// happened to ask has gone.
	a, ok := q.ask(context.WithoutCancel(ctx), owner, question{Key: k, Rate: rate, Want: want, Spent: owed})
	s.mu.Lock()
	now := q.now()
	if ok {
		l.owed -= owed
	}
	switch {
	case !ok:
		l.silent = now + silentFor
		l.ownerAt = now // perhaps it has gone and the key is someone else's
	case a.Got > 0:
		l.tokens, l.until = a.Got, now+leaseFor
	default:
		l.refused = now + max(a.Wait, time.Microsecond)
	}
	close(l.asking)
	l.asking = nil
}

func (s *shard) lease(k Key) *lease {
	l := s.leased[k]
	if l == nil {
		l = &lease{}
		s.leased[k] = l
	}
	return l
}

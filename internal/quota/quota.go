// Package quota decides how much is too much: requests a second, messages a second,
// connections at a time, rooms in all. There is one mechanism: a name in the table, a
// number for the account, and a bucket or a count for the key.
//
// A key belongs to one node of the cluster. The others ask that node, and live on
// their share of the quota, never on more, while it doesn't answer.
package quota

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"parlor/chat"
)

// A Key is one thing that has a quota of its own: an account's use of one operation
// in one region, or the messages of one room.
type Key struct {
	Name    Name
	Account string
	Region  string
	ID      string // of the room, for RoomMessages; else ""
}

// Of returns the key of a quota that an account has in a region.
func Of(n Name, s chat.Scope) Key { return Key{Name: n, Account: s.Account, Region: s.Region} }

// ofRoom returns the key of a quota that a room has.
func ofRoom(n Name, room chat.ARN) Key {
	return Key{Name: n, Account: room.Account, Region: room.Region, ID: room.ID}
}

func (k Key) String() string {
	return string(k.Name) + "/" + k.Account + "/" + k.Region + "/" + k.ID
}

// Peers are the nodes that share the quotas. It is nil where a node is alone.
type Peers interface {
	ID() string              // of this node
	Nodes() []string         // every live node, this one included
	Owner(key string) string // the live node that key belongs to
	Ask(ctx context.Context, node, subject string, data []byte) ([]byte, error)
}

// Config says what the quotas are and who shares them. The zero Config is the
// service's own table on a lone node.
type Config struct {
	Limits Limits
	Peers  Peers
	Clock  chat.Clock
	Log    *slog.Logger
}

// Quotas keeps count. Its methods are safe for concurrent use.
type Quotas struct {
	limits Limits
	peers  Peers
	clock  chat.Clock
	log    *slog.Logger
	start  time.Time
	view   atomic.Pointer[view]

	buckets buckets
	counts  counts
}

// New returns quotas that are all unused.
func New(cfg Config) *Quotas {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Limits.numbers == nil {
		cfg.Limits, _ = Profile(ProfileAWS)
	}
	q := &Quotas{limits: cfg.Limits, peers: cfg.Peers, clock: cfg.Clock, log: cfg.Log}
	// An hour back, so that no moment of a bucket is zero or below.
	q.start = q.clock.Now().Add(-time.Hour)
	q.buckets.init()
	q.counts.init()
	return q
}

// Run forgets what is no longer in use and renews what this node holds of other
// nodes' keys, until ctx ends.
func (q *Quotas) Run(ctx context.Context) error {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			q.buckets.sweep(q.now())
			q.renew(ctx)
		}
	}
}

// Limit returns the number in force for an account, or Unlimited.
func (q *Quotas) Limit(account string, n Name) int { return q.limits.Of(account, n) }

// Allow spends one of k's quota a second, or says why not with a
// ThrottlingException (behaviour.md §6). It waits for the node that owns k, but never
// longer than askTimeout.
func (q *Quotas) Allow(ctx context.Context, k Key) error {
	return q.allow(ctx, k, q.limits.Of(k.Account, k.Name))
}

// AllowMessage spends one message of the room's own rate. The room's setting is in
// force up to the account's ceiling; an account without one has no room rates at all.
func (q *Quotas) AllowMessage(ctx context.Context, room chat.ARN, rate int) error {
	ceiling := q.limits.Of(room.Account, RoomMessages)
	if ceiling != Unlimited {
		ceiling = min(ceiling, rate)
	}
	return q.allow(ctx, ofRoom(RoomMessages, room), ceiling)
}

func (q *Quotas) allow(ctx context.Context, k Key, rate int) error {
	if rate == Unlimited {
		return nil
	}
	if rate > 0 && q.spend(ctx, k, rate) {
		return nil
	}
	return throttled(k, rate)
}

// now is the time since the quotas began. It is what buckets are kept in.
func (q *Quotas) now() time.Duration { return q.clock.Now().Sub(q.start) }

// alone reports whether every key is this node's own.
func (q *Quotas) alone() bool { return q.peers == nil || len(q.nodes()) < 2 }

// view is who is in the cluster, as it was at a moment.
type view struct {
	at    time.Duration
	nodes []string
}

// nodes returns the live nodes, as they were at most viewFor ago: it is asked on
// every request.
func (q *Quotas) nodes() []string {
	now := q.now()
	if v := q.view.Load(); v != nil && now < v.at+viewFor {
		return v.nodes
	}
	v := &view{at: now, nodes: q.peers.Nodes()}
	q.view.Store(v)
	return v.nodes
}

// throttled is the answer to one request too many. The resource is the room where a
// room's rate is spent; otherwise the account, the only id that all requests have.
func throttled(k Key, limit int) *chat.Error {
	id := k.ID
	if id == "" {
		id = k.Account
	}
	return &chat.Error{
		Code: chat.Throttling, Message: "Rate exceeded: " + string(k.Name),
		ResourceID: id, ResourceType: chat.TypeRoom, Limit: limit,
	}
}

// Exceeded is the answer to one resource too many: ServiceQuotaExceededException.
func Exceeded(k Key, limit int) *chat.Error {
	kind := chat.TypeRoom
	if k.Name == LoggingConfigurations {
		kind = chat.TypeLogging
	}
	id := k.ID
	if id == "" {
		id = k.Account
	}
	return &chat.Error{
		Code: chat.ServiceQuotaExceeded, Message: "Quota exceeded: " + string(k.Name),
		ResourceID: id, ResourceType: kind, Limit: limit,
	}
}

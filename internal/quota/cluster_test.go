package quota

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parlor/chat"
)

// wire is a cluster of three nodes in memory. A question takes half a millisecond, and
// a node answers those about one subject one at a time.
type wire struct {
	mu     sync.Mutex // guards the following
	nodes  []string
	owner  string            // of every key
	owners map[string]string // but for these
	silent map[string]bool

	asked   atomic.Int64
	quotas  map[string]*Quotas
	answers map[string]func(context.Context, []byte) []byte // by node and subject
}

type peer struct {
	*wire
	id string
}

func (p peer) ID() string { return p.id }

func (p peer) Nodes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nodes
}

func (p peer) Owner(key string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if owner := p.owners[key]; owner != "" {
		return owner
	}
	return p.owner
}

func (p peer) Ask(ctx context.Context, node, subject string, data []byte) ([]byte, error) {
	p.asked.Add(1)
	p.mu.Lock()
	silent, answer := p.silent[node] || p.silent[p.id], p.answers[node+subject]
	p.mu.Unlock()
	if silent {
		<-ctx.Done()
		return nil, errors.New("no answer")
	}
	time.Sleep(500 * time.Microsecond)
	return answer(ctx, data), nil
}

// newWire starts three nodes, a b c; a owns every key.
func newWire(limits Limits) *wire {
	w := &wire{
		nodes: []string{"a", "b", "c"}, owner: "a", owners: map[string]string{}, silent: map[string]bool{},
		quotas: map[string]*Quotas{}, answers: map[string]func(context.Context, []byte) []byte{},
	}
	for _, id := range w.nodes {
		w.quotas[id] = New(Config{Limits: limits, Peers: peer{w, id}})
		err := w.quotas[id].Listen(func(subject string, reply func(context.Context, []byte) []byte) error {
			busy := make(chan struct{}, 1)
			w.answers[id+subject] = func(ctx context.Context, question []byte) []byte {
				busy <- struct{}{}
				defer func() { <-busy }()
				return reply(ctx, question)
			}
			return nil
		})
		if err != nil {
			return nil
		}
	}
	return w
}

// storm lets 100 senders on each node send for the given time, each some five times a second, and counts.
func (w *wire) storm(ctx context.Context, d time.Duration, rate int) int {
	room := chat.ARN{Region: "us-west-2", Account: "1", Kind: chat.KindRoom, ID: "abcdefghijkl"}
	var got atomic.Int64
	var senders sync.WaitGroup
	end := time.Now().Add(d)
	for i := range 300 {
		q := w.quotas[w.nodes[i%3]]
		senders.Go(func() {
			for {
				time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
				if !time.Now().Before(end) {
					return
				}
				if q.AllowMessage(ctx, room, rate) == nil {
					got.Add(1)
				}
			}
		})
	}
	senders.Wait()
	return int(got.Load())
}

// Three hundred senders on three nodes get the room's rate, and the questions cost
// little: no more than one a token and node.
func TestRoomRateOverNodes(t *testing.T) {
	for _, rate := range []int{10, 100} {
		synctest.Test(t, func(t *testing.T) {
			w := newWire(Limits{})
			w.storm(t.Context(), 2*time.Second, rate) // spend the full bucket of the start
			asked := w.asked.Load()
			got := w.storm(t.Context(), 10*time.Second, rate)
			// A second storm begins with what refilled while the last senders of the first went home.
			if got < 9*rate || got > 11*rate {
				t.Errorf("rate %d: accepted %d in 10 s, want 10±1 a second", rate, got)
			}
			if asked = w.asked.Load() - asked; asked > int64(rate)*10*3 {
				t.Errorf("rate %d: %d questions for %d messages", rate, asked, got)
			}
		})
	}
}

// While the owner is silent the other nodes live on their share of the rate.
func TestSilentOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(Limits{})
		w.silent["a"] = true
		k := Of("SendEvent", blue) // 100 a second
		for _, id := range []string{"b", "c"} {
			got, end := 0, time.Now().Add(10*time.Second)
			for time.Now().Before(end) {
				if w.quotas[id].Allow(t.Context(), k) == nil {
					got++
				}
				time.Sleep(time.Millisecond)
			}
			// Its bucket holds 33 at first, then 33 come each second, but for the time of the questions.
			if got < 280 || got > 370 {
				t.Errorf("node %s: accepted %d in 10 s, want about 333", id, got)
			}
		}
		// A new owner is asked within a second.
		w.mu.Lock()
		w.nodes, w.owner = []string{"b", "c"}, "c"
		w.mu.Unlock()
		time.Sleep(5 * time.Second)
		if got := accepted(t, w.quotas["b"], k, 200); got < 100 || got > 110 {
			t.Errorf("with a new owner: accepted %d at once, want 100 and what came meanwhile", got)
		}
	})
}

// What a node spent of its share while the owner was silent is paid for when it speaks
// again: with an owner that is silent now and then, a room gets its rate all the same.
func TestShareIsPaidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(Limits{})
		w.storm(t.Context(), 2*time.Second, 10) // spend the full bucket of the start
		done := make(chan struct{})
		var flaky sync.WaitGroup
		flaky.Go(func() {
			for deaf := ""; ; time.Sleep(500 * time.Millisecond) {
				select {
				case <-done:
					return
				default:
				}
				w.mu.Lock()
				w.silent[deaf] = false
				deaf = map[string]string{"": "b", "b": "c", "c": ""}[deaf]
				w.silent[deaf] = deaf != ""
				w.mu.Unlock()
			}
		})
		got := w.storm(t.Context(), 20*time.Second, 10)
		close(done)
		flaky.Wait()
		if got < 9*20 || got > 11*20 {
			t.Errorf("accepted %d in 20 s, want 10±1 a second", got)
		}
	})
}

// Many who come at once fill the quota to the last place, and not beyond.
func TestAcquireAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 20
		w := newWire(parse(t, fmt.Sprintf(`{"quotas":{"Connections":%d}}`, limit)))
		var got atomic.Int64
		var all sync.WaitGroup
		for i := range 10 * limit {
			q := w.quotas[w.nodes[i%3]]
			all.Go(func() {
				if q.Acquire(t.Context(), Of(Connections, blue)) == nil {
					got.Add(1)
				}
			})
		}
		all.Wait()
		if got.Load() != limit {
			t.Errorf("accepted %d, want %d", got.Load(), limit)
		}
	})
}

// Two nodes that gather a count at the same time don't wait for each other.
func TestGatherAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(Limits{})
		red := chat.Scope{Account: "222222222222", Region: blue.Region}
		w.owners[Of(Connections, red).String()] = "b"
		var all sync.WaitGroup
		start := time.Now()
		for _, scope := range []chat.Scope{blue, red} {
			all.Go(func() {
				if err := w.quotas["c"].Acquire(t.Context(), Of(Connections, scope)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took > 2*time.Millisecond {
			t.Errorf("took %v, want two questions' time", took)
		}
	})
}

// Connections are counted over all nodes, whoever owns the count.
func TestAcquireOverNodes(t *testing.T) {
	for _, limit := range []int{5, 3000} {
		synctest.Test(t, func(t *testing.T) {
			w := newWire(parse(t, fmt.Sprintf(`{"quotas":{"Connections":%d}}`, limit)))
			k := Of(Connections, blue)
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			for _, q := range w.quotas {
				running.Go(func() {
					if err := q.Run(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			fill := func() (got int) {
				for i := range 3 * limit {
					if w.quotas[w.nodes[i%len(w.nodes)]].Acquire(ctx, k) == nil {
						got++
					}
				}
				return got
			}
			// What one node was granted in advance the others can't have: a few in a hundred.
			if got := fill(); got > limit || got < limit*95/100 {
				t.Errorf("limit %d: accepted %d", limit, got)
			}
			w.mu.Lock()
			w.owner = "b" // b hasn't granted anything, but asks what is in use
			w.mu.Unlock()
			fill()
			if got := w.quotas["c"].Used(ctx, k); got > limit || got < limit*95/100 {
				t.Errorf("limit %d: used with a new owner = %d", limit, got)
			}
			// Who is silent is left out, not taken to use his share.
			w.mu.Lock()
			w.silent["a"] = true
			w.mu.Unlock()
			told := w.quotas["b"].counts.held(k) + w.quotas["c"].counts.held(k)
			if got := w.quotas["c"].Used(ctx, k); got != told {
				t.Errorf("limit %d: used with a silent = %d, want %d", limit, got, told)
			}
			// A node that dies gives its connections back.
			before := w.quotas["a"].counts.held(k)
			w.mu.Lock()
			w.nodes, w.silent["a"] = []string{"b", "c"}, true
			w.mu.Unlock()
			time.Sleep(2 * heldFor)
			if got := fill(); got < before*9/10 || got > before+1 {
				t.Errorf("limit %d: accepted after the death of a node with %d = %d", limit, before, got)
			}
			cancel()
			running.Wait()
		})
	}
}

// Questions and answers as nodes of version 1 put them, and as a later one may.
func TestWordsOfVersion1(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newWire(Limits{}).quotas["a"]
		for _, c := range []struct{ ask, want string }{
			{`{"Key":{"Name":"RoomMessages","Account":"1","Region":"us-west-2","ID":"abcdefghijkl"},"Rate":10,"Want":2}`, `{"Got":2}`},
			{`{"Key":{"Name":"RoomMessages","Account":"1","Region":"us-west-2","ID":"abcdefghijkl"},"Rate":10,"Want":99,"Spent":1,"Later":true}`, `{"Got":7}`},
			{`{"Key":{"Name":"RoomMessages","Account":"1","Region":"us-west-2","ID":"abcdefghijkl"},"Rate":10,"Want":1}`, `{"Got":0,"Wait":100000000}`},
			{`{"Key":{"Name":"Connections","Account":"1","Region":"us-west-2","ID":""},"Want":3,"Limit":3,"Node":"b"}`, `{"Got":3}`},
			{`{"Key":{"Name":"Connections","Account":"1","Region":"us-west-2","ID":""},"Want":0,"Peek":true}`, `{"Got":0}`},
		} {
			if got := string(q.answer(t.Context(), []byte(c.ask))); got != c.want {
				t.Errorf("answer(%s) = %s, want %s", c.ask, got, c.want)
			}
		}
	})
}

package cluster

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// A Member is a node that was heard of lately.
type Member struct {
	ID       string
	Boot     uint64
	Draining bool // answers, but owns nothing
}

const (
	beat     = time.Second
	deadTime = 3500 * time.Millisecond // three beats missed
)

// members knows who is there: every node says so each second.
type members struct {
	node  *Node
	alone bool                   // an embedded server that joins nobody
	live  atomic.Pointer[[]peer] // sorted by ID, self included
	drain atomic.Bool            // this node is leaving
	last  time.Time              // when bury looked last; its alone

	mu    sync.Mutex // guards the following
	heard map[string]peer
}

type peer struct {
	Member
	last   time.Time // monotonic
	hash   uint64
	packed bool // as in hello
}

// A hello is a heartbeat on the wire. A node reads members it does not know of without
// harm, so versions may differ.
type hello struct {
	ID       string `json:"id"`
	Boot     uint64 `json:"boot"`
	New      bool   `json:"new,omitempty"` // wants everybody's next beat at once
	Bye      bool   `json:"bye,omitempty"`
	Draining bool   `json:"draining,omitempty"`

	// Volatile: it goes on with log consumers whose place is in memory, as the version
	// before this one wants to know.
	Volatile bool `json:"volatile,omitempty"`
	// Packed: it reads log batches that are packed, which the version before can't.
	Packed bool `json:"packed,omitempty"`
}

func newMembers(n *Node) *members {
	return &members{node: n, heard: make(map[string]peer)}
}

// listen begins to hear the others, and asks them to show themselves.
func (m *members) listen() error {
	m.alone = m.node.server != nil && len(m.node.cfg.Join) == 0
	m.publishSelf()
	if m.alone {
		return nil
	}
	if _, err := m.node.talk.Subscribe(m.node.subject("here"), m.hear); err != nil {
		return err
	}
	m.say(hello{New: true})
	return nil
}

// run beats until ctx ends.
func (m *members) run(ctx context.Context) {
	if m.alone {
		<-ctx.Done()
		return
	}
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		m.say(hello{})
		m.bury(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// leave tells the others not to wait for the next beat.
func (m *members) leave() {
	if !m.alone && m.node.talk != nil && m.node.talk.IsConnected() {
		m.say(hello{Bye: true})
		if err := m.node.talk.FlushTimeout(time.Second); err != nil {
			m.node.log.Debug("say goodbye", "err", err)
		}
	}
}

// say sends one heartbeat. One that can't be sent is not missed more than one that is
// lost: the next follows in a second.
func (m *members) say(h hello) {
	h.ID, h.Boot, h.Draining, h.Volatile, h.Packed = m.node.id, m.node.boot, m.drain.Load(), true, true
	data, err := json.Marshal(h)
	if err == nil {
		err = m.node.talk.Publish(m.node.subject("here"), data)
	}
	if err != nil {
		m.node.log.Debug("heartbeat", "err", err)
	}
}

func (m *members) hear(msg *nats.Msg) {
	var h hello
	if json.Unmarshal(msg.Data, &h) != nil || h.ID == m.node.id || validID(h.ID) != nil {
		return
	}
	if h.New {
		m.say(hello{})
	}
	m.mu.Lock()
	old, known := m.heard[h.ID]
	if h.Bye {
		delete(m.heard, h.ID)
	} else {
		m.heard[h.ID] = peer{
			Member: Member{ID: h.ID, Boot: h.Boot, Draining: h.Draining},
			last:   time.Now(), hash: hash(h.ID), packed: h.Packed,
		}
	}
	changed := known == h.Bye || old.Boot != h.Boot
	m.mu.Unlock()
	m.publishSelf()
	if changed {
		m.node.membersChanged()
	}
}

// bury forgets who was silent for too long. Who stood still himself has heard nobody,
// and gives everybody the time to be heard again.
func (m *members) bury(now time.Time) {
	deaf := !m.last.IsZero() && now.Sub(m.last) > 2*beat
	m.last = now
	m.mu.Lock()
	before := len(m.heard)
	for id, p := range m.heard {
		switch {
		case deaf:
			p.last = now
			m.heard[id] = p
		case now.Sub(p.last) > deadTime:
			m.node.log.Warn("node is silent", "node", id, "dur", now.Sub(p.last))
			delete(m.heard, id)
		}
	}
	changed := len(m.heard) != before
	m.mu.Unlock()
	if changed {
		m.publishSelf()
		m.node.membersChanged()
	}
}

// publishSelf makes the list that readers see.
func (m *members) publishSelf() {
	m.mu.Lock()
	defer m.mu.Unlock()
	live := make([]peer, 0, len(m.heard)+1)
	for _, p := range m.heard {
		live = append(live, p)
	}
	live = append(live, peer{
		Member: Member{ID: m.node.id, Boot: m.node.boot, Draining: m.drain.Load()}, hash: hash(m.node.id), packed: true,
	})
	slices.SortFunc(live, func(a, b peer) int { return strings.Compare(a.ID, b.ID) })
	m.live.Store(&live)
}

// Members returns the live nodes, this one included, sorted by ID.
func (n *Node) Members() []Member {
	live := *n.members.live.Load()
	out := make([]Member, len(live))
	for i, p := range live {
		out[i] = p.Member
	}
	return out
}

// allReadPacked reports whether every live node reads log batches that are packed.
func (m *members) allReadPacked() bool {
	return !slices.ContainsFunc(*m.live.Load(), func(p peer) bool { return !p.packed })
}

// readsPacked reports whether the live node id does.
func (m *members) readsPacked(id string) bool {
	return slices.ContainsFunc(*m.live.Load(), func(p peer) bool { return p.ID == id && p.packed })
}

// firstReader is the first of those that do.
func (m *members) firstReader() string {
	live := *m.live.Load()
	return live[slices.IndexFunc(live, func(p peer) bool { return p.packed })].ID // at least this node
}

// Owner returns the live node that key belongs to. When a node comes or goes, only the
// keys of that node change hands. It allocates nothing: every message asks.
func (n *Node) Owner(key string) string {
	live := *n.members.live.Load()
	if len(live) == 1 {
		return n.id
	}
	k, best, owner := hash(key), uint64(0), n.id
	for i := range live {
		if live[i].Draining {
			continue
		}
		if w := mix(k ^ live[i].hash); w >= best {
			best, owner = w, live[i].ID
		}
	}
	return owner
}

// Drain tells the others that this node will own nothing more; it goes on to answer.
func (n *Node) Drain() {
	n.members.drain.Store(true)
	n.members.publishSelf()
	if !n.members.alone {
		n.members.say(hello{})
	}
}

// hash is FNV-1a, the same on every node and in every version.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix is the finalizer of SplitMix64: each bit in stirs every bit out.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

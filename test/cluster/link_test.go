package cluster

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// apart gives each node of a fleet a network namespace of its own, all on one bridge.
// The test stands on the bridge, too: cutting nodes from each other leaves it its way to
// each of them.
func apart(t *testing.T, f *fleet) {
	t.Helper()
	must := func(args ...string) {
		t.Helper()
		if err := root(append([]string{"ip"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	const bridge = "parlor0"
	must("link", "add", bridge, "type", "bridge")
	t.Cleanup(func() { must("link", "del", bridge) })
	must("addr", "add", "10.78.0.1/24", "dev", bridge)
	must("link", "set", bridge, "up")
	for i, n := range f.nodes {
		n.space = fmt.Sprint("parlor-", n.id)
		n.host = fmt.Sprintf("10.78.0.%d", 11+i)
		n.ports = [3]int{8480, 8481, 6222}
		near, far := fmt.Sprint("pl", i, "a"), fmt.Sprint("pl", i, "b")
		must("netns", "add", n.space)
		t.Cleanup(func() { must("netns", "del", n.space) })
		must("link", "add", near, "type", "veth", "peer", "name", far, "netns", n.space)
		must("link", "set", near, "master", bridge, "up")
		must("-n", n.space, "addr", "add", n.host+"/24", "dev", far)
		must("-n", n.space, "link", "set", far, "up")
		must("-n", n.space, "link", "set", "lo", "up")
	}
	f.meet()
}

// cut swallows every packet between n and the others, both ways; heal undoes it.
func (f *fleet) cut(n *node)  { f.route("add", n) }
func (f *fleet) heal(n *node) { f.route("del", n) }

func (f *fleet) route(verb string, n *node) {
	f.t.Helper()
	for _, o := range f.nodes {
		if o == n {
			continue
		}
		for _, pair := range [][2]*node{{n, o}, {o, n}} {
			if err := root("ip", "-n", pair[0].space, "route", verb, "blackhole", pair[1].host+"/32"); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

// A node is cut off from two others, and the link heals. On each side people go on
// talking; the lone side refuses changes and says why; each token lets in one at most;
// nothing said in one part appears late in the other; afterwards all is one again.
func TestPartition(t *testing.T) {
	f := plan(t, 3)
	apart(t, f)
	f.start()
	m := f.talk(50 * time.Millisecond)
	alone, pair := f.nodes[0], f.nodes[1:]
	lone := must(t)(enter(t, m.room, "lone", alone, alone))
	far := must(t)(enter(t, m.room, "far", pair[1], pair[0]))
	token, err := alone.token(m.room, "u")
	if err != nil {
		t.Fatal(err)
	}
	pause(t, time.Second)
	f.cut(alone)
	cut := time.Now()
	if _, err := pair[0].spend(t, "u", token); err == nil {
		t.Error("a token let its user in past a cut link to the node that minted it")
	}
	eventually(t, 30*time.Second, "the lone node names the cause", func() bool { return alone.ready() != nil })
	t.Logf("after %v readyz says: %v", time.Since(cut), alone.ready())
	if status, err := alone.create(); status != http.StatusServiceUnavailable {
		t.Errorf("CreateRoom on the lone node = %d, %v, want 503", status, err)
	}
	during := pair[0].room("made-by-the-majority")
	for _, s := range []*member{m.speakers[0], m.speakers[1]} {
		complete(t, map[bool]*member{true: lone, false: far}[s.node == alone], []*member{s}, time.Now().Add(-time.Second))
	}
	pause(t, spell(12*time.Second, time.Minute)-time.Since(cut))
	f.heal(alone)
	healed := time.Now()
	eventually(t, 90*time.Second, "the lone node is ready", func() bool { return alone.ready() == nil })
	f.everywhere(during, alone)
	eventually(t, 30*time.Second, "the parts hear each other", func() bool {
		all := lone.all()
		for i := len(all) - 1; i >= 0 && all[i].at.After(healed); i-- {
			if user, _, ok := spoken(all[i]); ok && user == m.speakers[1].user {
				return true
			}
		}
		return false
	})
	joined := time.Now()
	pause(t, 2*time.Second)
	m.end()
	complete(t, lone, m.speakers, joined.Add(time.Second))
	complete(t, far, m.speakers, joined.Add(time.Second))
	// What crossed the cut may be lost between the cut and the moment the parts were one.
	lost := func(listener *member) func(*member, int, time.Time) bool {
		return func(s *member, _ int, at time.Time) bool {
			return (s.node == alone) != (listener.node == alone) && at.After(cut.Add(-time.Second)) && at.Before(joined)
		}
	}
	for _, l := range append([]*member{lone, far}, m.speakers...) {
		judge(t, l, m.speakers, lost(l))
		for _, e := range l.all() {
			late(t, l, m.speakers, e)
		}
	}
}

// late complains about a sentence that arrives long after its speaker heard it.
func late(t *testing.T, listener *member, speakers []*member, e entity) {
	t.Helper()
	user, n, ok := spoken(e)
	if !ok {
		return
	}
	for _, s := range speakers {
		if s.user != user {
			continue
		}
		if at, sure := s.sure()[n]; sure && e.at.Sub(at) > 5*time.Second {
			t.Errorf("%s@%s hears %q %v after it was said", listener.user, listener.node.id, e.Content, e.at.Sub(at))
		}
	}
}

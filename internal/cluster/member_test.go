package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"parlor/chat"
)

func TestAloneOwnsAll(t *testing.T) {
	n := running(t, Config{})
	if got := n.Members(); len(got) != 1 || got[0].ID != n.ID() || got[0].Boot != n.Boot() {
		t.Errorf("Members = %v, want this node", got)
	}
	if got := n.Owner("anything"); got != n.ID() {
		t.Errorf("Owner = %s, want %s", got, n.ID())
	}
	if allocs := testing.AllocsPerRun(100, func() { n.Owner("send/us-west-2/000000000000") }); allocs != 0 {
		t.Errorf("Owner allocates %v times", allocs)
	}
}

// A node that is silent is forgotten; but who stood still himself calls nobody silent.
func TestSilentAreForgotten(t *testing.T) {
	n := open(t, Config{URLs: []string{natsServer(t).ClientURL()}})
	m, now := n.members, time.Now()
	m.mu.Lock()
	m.heard["other"] = peer{Member: Member{ID: "other"}, last: now}
	m.mu.Unlock()
	m.publishSelf()
	for _, c := range []struct {
		after time.Duration
		want  int
	}{
		{time.Second, 2},      // it was heard lately
		{30 * time.Second, 2}, // we stood still
		{31 * time.Second, 2},
		{32 * time.Second, 2},
		{33 * time.Second, 2},
		{34 * time.Second, 1}, // it had time enough to be heard
	} {
		if m.bury(now.Add(c.after)); len(n.Members()) != c.want {
			t.Errorf("after %v there are %d nodes, want %d", c.after, len(n.Members()), c.want)
		}
	}
}

func TestAskYourself(t *testing.T) {
	n := open(t, Config{})
	if err := n.Answer("double", func(_ context.Context, q []byte) []byte { return append(q, q...) }); err != nil {
		t.Fatal(err)
	}
	if got, err := n.Ask(t.Context(), n.ID(), "double", []byte("ab")); err != nil || string(got) != "abab" {
		t.Errorf("Ask = %q, %v, want abab", got, err)
	}
	if _, err := n.Ask(t.Context(), n.ID(), "nothing", nil); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("Ask about nothing = %v, want ErrNoAnswer", err)
	}
	for _, node := range []string{"gone", "a.b", "", ">"} {
		if _, err := n.Ask(t.Context(), node, "double", nil); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("Ask %q = %v, want ErrNoAnswer", node, err)
		}
	}
	if err := n.Answer("double", nil); err == nil {
		t.Error("a second answer to one subject: no error")
	}
}

// Three nodes: what is said on one is heard on all, what is written on one is read on
// all within 100 ms, and each knows the others and who owns what.
func TestTrio(t *testing.T) {
	nodes := trio(t)
	eventually(t, 10*time.Second, "all know all", func() bool {
		for _, n := range nodes {
			if len(n.Members()) != 3 {
				return false
			}
		}
		return true
	})
	t.Run("bus", func(t *testing.T) { trioBus(t, nodes) })
	t.Run("records", func(t *testing.T) { trioRecords(t, nodes) })
	t.Run("find", func(t *testing.T) { trioFind(t, nodes) })
	t.Run("race", func(t *testing.T) { trioRace(t, nodes) })
	t.Run("owner", func(t *testing.T) { trioOwner(t, nodes) })
	t.Run("ask", func(t *testing.T) { trioAsk(t, nodes) })
	t.Run("drain", func(t *testing.T) {
		nodes[1].Drain()
		eventually(t, 5*time.Second, "nobody thinks the draining node owns a thing", func() bool {
			for i := range 50 {
				for _, n := range nodes {
					if n.Owner(fmt.Sprint(i)) == nodes[1].ID() {
						return false
					}
				}
			}
			return true
		})
		if _, err := nodes[0].Ask(t.Context(), nodes[1].ID(), "who", nil); err != nil {
			t.Errorf("a draining node does not answer: %v", err)
		}
	})
}

func trioBus(t *testing.T, nodes []*Node) {
	t.Helper()
	heard := make(chan string, 9)
	for i, n := range nodes {
		cancel, err := n.Subscribe(roomARN("a"), func(r []byte) { heard <- fmt.Sprintf("%d hears %s", i, r) })
		if err != nil {
			t.Fatal(err)
		}
		defer cancel()
	}
	eventually(t, 10*time.Second, "every node hears every node", func() bool {
		for i, n := range nodes {
			if err := n.Publish(roomARN("a"), fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		got := make(map[string]bool)
		for end := time.After(200 * time.Millisecond); ; {
			select {
			case h := <-heard:
				got[h] = true
			case <-end:
				return len(got) == 9
			}
		}
	})
}

func trioRecords(t *testing.T, nodes []*Node) {
	t.Helper()
	late := 0
	for i := range 30 {
		w, a := nodes[i%3], roomARN(fmt.Sprint("r", i))
		if err := w.Rooms().CreateRoom(t.Context(), chat.Room{ARN: a}); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.Rooms().Room(a); !ok {
			t.Fatal("a node does not read what it wrote")
		}
		start := time.Now()
		for _, n := range nodes {
			eventually(t, 2*time.Second, "the others read it", func() bool { _, ok := n.Rooms().Room(a); return ok })
		}
		if took := time.Since(start); took > 100*time.Millisecond {
			late++ // other tests have the cores, now and then
		}
	}
	if late > 3 {
		t.Errorf("the others saw %d of 30 rooms after more than 100 ms", late)
	}
	first, err := nodes[0].Keyring().Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes[1:] {
		if key, err := n.Keyring().Key(t.Context(), first.ID); err != nil || key.Secret != first.Secret {
			t.Errorf("Keyring.Key = %v, want the key of the others", err)
		}
	}
}

// What one node made every other one finds at once, when it looks for it.
func trioFind(t *testing.T, nodes []*Node) {
	t.Helper()
	for _, n := range nodes {
		eventually(t, 10*time.Second, "the node is ready", func() bool { return n.Ready() == nil })
	}
	for i := range 30 {
		a := roomARN(fmt.Sprint("f", i))
		if err := nodes[i%3].Rooms().CreateRoom(t.Context(), chat.Room{ARN: a}); err != nil {
			t.Fatal(err)
		}
		for j, n := range nodes {
			if _, err := n.Rooms().FindRoom(t.Context(), a); err != nil {
				t.Errorf("node %d does not find what node %d just made: %v", j, i%3, err)
			}
		}
	}
	_, err := nodes[0].Rooms().FindRoom(t.Context(), roomARN("none"))
	if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.ResourceNotFound {
		t.Errorf("FindRoom of what nobody made: %v", err)
	}
}

func trioOwner(t *testing.T, nodes []*Node) {
	t.Helper()
	count := make(map[string]int)
	for i := range 3000 {
		owner := nodes[0].Owner(fmt.Sprint(i))
		for _, n := range nodes[1:] {
			if got := n.Owner(fmt.Sprint(i)); got != owner {
				t.Fatalf("key %d belongs to %s and to %s", i, owner, got)
			}
		}
		count[owner]++
	}
	for _, n := range nodes {
		if c := count[n.ID()]; c < 800 || c > 1200 {
			t.Errorf("node %s owns %d of 3000 keys, want about 1000", n.ID(), c)
		}
	}
}

func trioAsk(t *testing.T, nodes []*Node) {
	t.Helper()
	for _, n := range nodes {
		if err := n.Answer("who", func(context.Context, []byte) []byte { return []byte(n.ID()) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range nodes {
		for _, to := range nodes {
			eventually(t, 5*time.Second, "an answer", func() bool {
				got, err := from.Ask(t.Context(), to.ID(), "who", nil)
				return err == nil && string(got) == to.ID()
			})
		}
	}
}

// Of many who create one record on all nodes at once, one succeeds, and each of the
// others can read at once who it was.
func trioRace(t *testing.T, nodes []*Node) {
	t.Helper()
	var records []*Records[note]
	for _, n := range nodes {
		records = append(records, RecordsOf[note](n, "race"))
	}
	for round := range 20 {
		won := make(chan string, 3)
		var all sync.WaitGroup
		for i, r := range records {
			all.Go(func() {
				key, mine := fmt.Sprint(round), fmt.Sprint(i)
				err := r.Create(t.Context(), key, note{Text: mine})
				got, ok := r.Get(key)
				switch {
				case err == nil:
					won <- mine
				case !errors.Is(err, ErrExists):
					t.Errorf("Create = %v, want ErrExists", err)
				case !ok || got.Text == mine:
					t.Errorf("the loser reads %v, %v, want the winner's record", got, ok)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Errorf("round %d: %d nodes created the record", round, len(won))
		}
	}
}

package chattest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/chattest"
	"parlor/internal/cluster"
	"parlor/internal/quota"
)

// peers is a node as the quotas see it.
type peers struct{ *cluster.Node }

func (p peers) Nodes() []string {
	var names []string
	for _, m := range p.Members() {
		names = append(names, m.ID)
	}
	return names
}

// Three hundred senders on three nodes of a real cluster get a room's rate, and most
// of them their answer without a question to another node.
func TestRoomRateOverCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("a real cluster takes seconds")
	}
	all := quotasOf(t, threeNodes(t), quota.Limits{})
	room := chat.ARN{Region: "us-west-2", Account: "1", Kind: chat.KindRoom, ID: "abcdefghijkl"}
	const rate, seconds = 10, 5
	var accepted atomic.Int64
	var mu sync.Mutex // guards took
	var took []time.Duration
	var senders sync.WaitGroup
	start := time.Now()
	measured := start.Add(2 * time.Second) // by then the full bucket of the start is spent
	for i := range 300 {
		senders.Go(func() {
			tick := time.NewTicker(200 * time.Millisecond)
			defer tick.Stop()
			for now := range tick.C {
				if now.Sub(start) > (2+seconds)*time.Second {
					return
				}
				asked := time.Now()
				ok := all[i%3].AllowMessage(t.Context(), room, rate) == nil
				if asked.Before(measured) {
					continue
				}
				if ok {
					accepted.Add(1)
				}
				mu.Lock()
				took = append(took, time.Since(asked))
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	slices.Sort(took)
	t.Logf("accepted %d of %d in %d s; p50 %v p90 %v p99 %v max %v", accepted.Load(), len(took), seconds,
		took[len(took)/2], took[len(took)*9/10], took[len(took)*99/100], took[len(took)-1])
	if p50 := took[len(took)/2]; p50 > time.Millisecond {
		t.Errorf("an answer takes %v, want most without a question", p50)
	}
	if got := accepted.Load(); got < (rate-1)*seconds || got > (rate+1)*seconds {
		t.Errorf("accepted %d in %d s, want %d±1 a second", got, seconds, rate)
	}
}

func quotasOf(t *testing.T, nodes []*cluster.Node, limits quota.Limits) []*quota.Quotas {
	t.Helper()
	var all []*quota.Quotas
	for _, n := range nodes {
		q := quota.New(quota.Config{Limits: limits, Peers: peers{n}})
		if err := q.Listen(n.Answer); err != nil {
			t.Fatal(err)
		}
		all = append(all, q)
	}
	// It takes a moment until every node knows that the others listen.
	for _, from := range nodes {
		for _, to := range nodes {
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
				if _, err := from.Ask(t.Context(), to.ID(), "quota-used", []byte(`{"Peek":true}`)); err == nil {
					break
				} else if time.Now().After(end) {
					t.Fatal(err)
				}
			}
		}
	}
	return all
}

// threeNodes starts three nodes that are one cluster.
func threeNodes(t *testing.T) []*cluster.Node {
	t.Helper()
	var addrs []string
	for range 3 {
		addrs = append(addrs, fmt.Sprint("127.0.0.1:", chattest.FreePort(t)))
	}
	nodes := make([]*cluster.Node, 3)
	var starting, running sync.WaitGroup
	for i, addr := range addrs {
		starting.Go(func() {
			n, err := cluster.Open(t.Context(), cluster.Config{Dir: t.TempDir(), ID: fmt.Sprint("n", i), Join: addrs, Listen: addr, Secret: "s3cret"})
			if err != nil {
				t.Error(err)
				return
			}
			nodes[i] = n
		})
	}
	starting.Wait()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		cancel()
		running.Wait()
		for _, n := range nodes {
			if n != nil {
				n.Close()
			}
		}
	})
	for _, n := range nodes {
		if n == nil {
			t.FailNow()
		}
		running.Go(func() { _ = n.Run(ctx) })
	}
	for end := time.Now().Add(20 * time.Second); ; {
		if len(nodes[0].Members()) == 3 && len(nodes[1].Members()) == 3 && len(nodes[2].Members()) == 3 {
			return nodes
		}
		if time.Now().After(end) {
			t.Fatal("the nodes don't find each other")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Connections that come at once on three nodes of a real cluster fill the quota to the
// last place.
func TestConnectionsOverCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("a real cluster takes seconds")
	}
	const limit = 10
	limits, err := quota.Parse(fmt.Appendf(nil, `{"quotas":{"Connections":%d}}`, limit))
	if err != nil {
		t.Fatal(err)
	}
	all := quotasOf(t, threeNodes(t), limits)
	k := quota.Of(quota.Connections, chat.Scope{Account: "1", Region: "us-west-2"})
	var accepted atomic.Int64
	var wait sync.WaitGroup
	for i := range 3 * limit {
		wait.Go(func() {
			if all[i%3].Acquire(t.Context(), k) == nil {
				accepted.Add(1)
			}
		})
	}
	wait.Wait()
	if accepted.Load() != limit || all[0].Used(t.Context(), k) != limit {
		t.Errorf("accepted %d, used %d, want %d", accepted.Load(), all[0].Used(t.Context(), k), limit)
	}
}

package iam_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/cluster"
	"parlor/internal/iam"
)

// nodes starts n nodes on one NATS server.
func nodes(t *testing.T, n int) []*cluster.Node {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS is not ready")
	}
	all := make([]*cluster.Node, n)
	for i := range all {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		node, err := cluster.Open(ctx, cluster.Config{URLs: []string{s.ClientURL()}})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		running, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan struct{})
		go func() { _ = node.Run(running); close(done) }()
		t.Cleanup(func() { stop(); <-done; node.Close() })
		all[i] = node
	}
	return all
}

// adminOf is an Admin over a node's records.
func adminOf(n *cluster.Node) *iam.Admin {
	store := iam.Store{
		Users: cluster.RecordsOf[iam.User](n, "user"), Keys: cluster.RecordsOf[iam.Key](n, "key"),
		Policies: cluster.RecordsOf[*iam.Policy](n, "policy"),
	}
	return &iam.Admin{Store: store, Auth: iam.NewAuthenticator(store, iam.Config{})}
}

// within waits for something that must be so soon, and says how long it took.
func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Since(began) > limit {
			t.Fatalf("%s: not within %v", what, limit)
		}
		<-tick.C
	}
	t.Logf("%s after %v", what, time.Since(began))
}

// A key made on one node is good on every node, and refused on every node within a
// second when it is revoked on any.
func TestRevokedEverywhereWithinASecond(t *testing.T) {
	ctx := t.Context()
	all := nodes(t, 3)
	admins := make([]*iam.Admin, len(all))
	for i, n := range all {
		admins[i] = adminOf(n)
	}
	document := `{"Statement":{"Effect":"Allow","Action":"ivschat:*","Resource":"*"}}`
	if _, err := admins[0].AddPolicy(ctx, account, &api.PolicyInput{Name: "chat", Document: document}); err != nil {
		t.Fatal(err)
	}
	bob := api.UserInput{Name: "bob", Policies: []string{"chat"}}
	if _, err := admins[0].AddUser(ctx, account, &bob); err != nil {
		t.Fatal(err)
	}
	// A machine that stands still for a second breaks any promise, but not three times in a row.
	for range 3 {
		if took := revoke(t, admins); took <= time.Second {
			t.Logf("refused everywhere after %v", took)
			return
		}
	}
	t.Error("three revoked keys were each taken for more than a second")
}

// revoke makes a key for bob on the first node, revokes it on the second, and returns how
// long it was good anywhere after that.
func revoke(t *testing.T, admins []*iam.Admin) time.Duration {
	t.Helper()
	key, err := admins[0].AddKey(t.Context(), account, &api.AddKeyInput{User: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tryKey(admins[0].Auth, key); err != nil {
		t.Fatalf("the node that made the key: %v", err)
	}
	everywhere := func(want bool) func() bool {
		return func() bool {
			for _, a := range admins {
				c, err := tryKey(a.Auth, key)
				good := err == nil && c.Authorize("ivschat:GetRoom", "arn:aws:ivschat:us-west-2:"+account+":room/A", iam.Context{}) == nil
				if good != want {
					return false
				}
			}
			return true
		}
	}
	within(t, 30*time.Second, "the key is good everywhere", everywhere(true))
	if _, err := admins[1].RemoveKey(t.Context(), account, &api.RemoveKeyInput{User: "bob", ID: key.ID}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := tryKey(admins[1].Auth, key); err == nil {
		t.Error("the node that revoked the key takes it")
	}
	within(t, 30*time.Second, "the key is refused everywhere", everywhere(false))
	return time.Since(began)
}

// However many nodes start at once, one administrator is made, and one key.
func TestBootstrapAmongNodes(t *testing.T) {
	all := nodes(t, 3)
	type result struct {
		key  iam.Key
		made bool
		err  error
	}
	results := make(chan result, len(all))
	admins := make([]*iam.Admin, len(all))
	for i, n := range all {
		admins[i] = adminOf(n)
	}
	for _, a := range admins {
		go func() {
			var r result
			r.key, r.made, r.err = a.Store.Bootstrap(t.Context(), account, "admin", time.Now())
			results <- r
		}()
	}
	var key iam.Key
	made := 0
	for range all {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
		}
		if r.made {
			key, made = r.key, made+1
		}
	}
	if made != 1 {
		t.Fatalf("%d administrators were made", made)
	}
	for i, a := range admins {
		within(t, 30*time.Second, fmt.Sprintf("node %d knows the one key", i), func() bool {
			list, _ := a.ListKeys(t.Context(), account, &api.ListKeysInput{})
			return len(list.Keys) == 1 && list.Keys[0].ID == key.ID
		})
	}
}

// What one node has done the next can go on from at once, though its copy in memory
// is late.
func TestAdminGoesFromNodeToNode(t *testing.T) {
	ctx := t.Context()
	var admins []*iam.Admin
	for _, n := range nodes(t, 2) {
		admins = append(admins, adminOf(n))
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for i := range 50 {
		here, there := admins[i%2], admins[(i+1)%2]
		name := fmt.Sprint("u", i)
		_, err := here.AddPolicy(ctx, account, &api.PolicyInput{Name: name, Document: `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`})
		must("AddPolicy", err)
		_, err = there.AddUser(ctx, account, &api.UserInput{Name: name, Policies: []string{name}})
		must("AddUser", err)
		_, err = here.AddUser(ctx, account, &api.UserInput{Name: name})
		wantCode(t, "AddUser there is", err, chat.Conflict)
		k, err := here.AddKey(ctx, account, &api.AddKeyInput{User: name})
		must("AddKey", err)
		k, err = there.RotateKey(ctx, account, &api.RotateKeyInput{User: name, ID: k.ID})
		must("RotateKey", err)
		_, err = here.RemoveKey(ctx, account, &api.RemoveKeyInput{User: name, ID: k.ID})
		must("RemoveKey", err)
		_, err = there.RemoveUser(ctx, account, &api.RemoveUserInput{Name: name})
		must("RemoveUser", err)
	}
}

package cluster

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// beside is a node of this version, and a connection on which the test speaks for another.
func beside(t *testing.T) (*Node, *nats.Conn) {
	t.Helper()
	url := natsServer(t).ClientURL()
	n := open(t, Config{URLs: []string{url}})
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return n, nc
}

// A newer version beside this one says more than this one knows: that does no harm, and
// an update by this one loses nothing of it.
func TestNewerVersionBeside(t *testing.T) {
	n, nc := beside(t)
	publish := func(subject, text string) {
		t.Helper()
		if err := nc.Publish(subject, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	publish("parlor.here", `{"id":"newer","boot":18446744073709551615,"load":0.5,"zone":{"name":"b"}}`)
	publish("parlor.here", `{"id":"newer","boot":"a text"}`)
	publish("parlor.here", `["no object"]`)
	eventually(t, 5*time.Second, "the newer node is seen", func() bool { return len(n.Members()) == 2 })

	notes := RecordsOf[note](n, "note")
	for key, text := range map[string]string{
		"k": `{"Text":"one","Color":"red","Nested":{"a":[1]},"Seen":{"x":1}}`, "odd": `{"Text":["no text"]}`,
	} {
		if _, err := n.store.kv.Put(t.Context(), "note."+key, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*time.Second, "the record is seen", func() bool { _, ok := notes.Get("k"); return ok })
	for _, want := range []string{"two", ""} { // the second time it is this version's own record
		if _, err := notes.Update(t.Context(), "k", func(v note) (note, error) { v.Text, v.Seen = want, nil; return v, nil }); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(stored(t, n, "note.k"), &got); err != nil {
			t.Fatal(err)
		}
		if got["Text"] != want || got["Color"] != "red" || got["Nested"] == nil || got["Seen"] != nil {
			t.Errorf("the record is %v, want Text %q and what the newer version wrote", got, want)
		}
	}
	if _, ok := notes.Get("odd"); ok || string(stored(t, n, "note.odd")) != `{"Text":["no text"]}` {
		t.Error("a record that this version can't read is not left alone")
	}
	if _, err := n.Ask(t.Context(), "newer", "what-it-does-not-answer", nil); err == nil {
		t.Error("no error from a node that does not answer")
	}
}

// A consumer that an earlier version made keeps its place on disk, and this one goes on
// with it as it is.
func TestOlderLogConsumer(t *testing.T) {
	n := open(t, Config{Dir: t.TempDir()})
	stream, err := n.logStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{
		Durable: "one", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute, MaxAckPending: 1000, MaxDeliver: -1,
		Metadata: map[string]string{holderKey: nobody},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.AppendLog([]string{"k"}, []byte("hello"))
	if err := n.ClaimLogConsumer(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	got := consume(t, n, LogConsumer{Name: "one"}, LogBatch.Ack)
	eventually(t, 10*time.Second, "the record", func() bool { return got()["k hello"] == 1 })
}

// Beside an earlier version, which can only go on with consumers on disk, this one makes
// no others, and leaves none behind.
func TestOlderVersionBeside(t *testing.T) {
	n, nc := beside(t)
	inMemory := func(name string) (memory, exists bool) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- n.ConsumeLog(ctx, LogConsumer{Name: name, Key: name}, func(LogBatch) {}) }()
		var c jetstream.Consumer
		eventually(t, 5*time.Second, "the consumer", func() bool {
			var err error
			c, err = n.js.Consumer(ctx, n.logName(), name)
			return err == nil && c.CachedInfo().Config.Metadata[holderKey] == holderName(n.id, n.boot)
		})
		stop()
		<-done
		if err := n.ReleaseLogConsumer(t.Context(), name); err != nil {
			t.Error(err)
		}
		_, err := n.js.Consumer(t.Context(), n.logName(), name)
		return c.CachedInfo().Config.MemoryStorage, !missingConsumer(err)
	}
	for _, name := range []string{"before", "released"} {
		if memory, exists := inMemory(name); !memory || !exists {
			t.Errorf("among its like: in memory %t, there when released %t, want both", memory, exists)
		}
	}
	if err := nc.Publish("parlor.here", []byte(`{"id":"older","boot":1}`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the older node is seen", func() bool { return len(n.Members()) == 2 })
	if memory, exists := inMemory("before"); !memory || exists {
		t.Errorf("one it had: in memory %t, there when released %t, want it dropped", memory, exists)
	}
	if memory, exists := inMemory("beside"); memory || !exists {
		t.Errorf("a new one: in memory %t, there when released %t, want it on disk", memory, exists)
	}
	if err := n.freeForOlder(t.Context()); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]bool{"released": false, "beside": true} {
		if _, err := n.js.Consumer(t.Context(), n.logName(), name); missingConsumer(err) == want {
			t.Errorf("consumer %s: %v, want it there: %t", name, err, want)
		}
	}
}

func stored(t *testing.T, n *Node, key string) []byte {
	t.Helper()
	e, err := n.store.kv.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return e.Value()
}

// What this version says to others is what they learned to read: a change of these words
// is a change for every node that is not restarted yet.
func TestWordsOnTheWire(t *testing.T) {
	said := make(chan string, 10)
	s := natsServer(t)
	nc, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, subject := range []string{"parlor.here", "parlor.room.>", "parlor.ask.>"} {
		if _, err := nc.Subscribe(subject, func(m *nats.Msg) { said <- m.Subject + " " + string(m.Data) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	n := open(t, Config{URLs: []string{s.ClientURL()}, ID: "me"})
	boot, err := json.Marshal(n.Boot())
	if err != nil {
		t.Fatal(err)
	}
	n.Drain()
	if err := n.Publish(roomARN("AbCdEfGhIjKl"), []byte("text")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, _ = n.Ask(ctx, "you", "spend", []byte("token")) // nobody answers
	want := []string{
		`parlor.here {"id":"me","boot":` + string(boot) + `,"new":true,"volatile":true}`,
		`parlor.here {"id":"me","boot":` + string(boot) + `,"draining":true,"volatile":true}`,
		"parlor.room.us-west-2.000000000000.AbCdEfGhIjKl text",
		"parlor.ask.you.spend token",
	}
	var got []string // from each subscription in its own time
	for range want {
		select {
		case word := <-said:
			got = append(got, word)
		case <-time.After(5 * time.Second):
			t.Fatalf("on the wire: %q, want %q", got, want)
		}
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("on the wire: %q, want %q", got, want)
	}
}

package cluster

import (
	"context"
	"encoding/json"
	"maps"
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
	n := open(t, Config{URLs: []string{url}, ID: "me"})
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

// Beside an earlier version, which can't read batches that are packed, this one packs none,
// lets it have what was packed, and leaves it no consumer that would give it such.
func TestOlderVersionBeside(t *testing.T) {
	n, nc := beside(t)
	for _, key := range []string{"held", "freed", "free"} {
		n.AppendLog([]string{key}, []byte("before "+key))
	}
	if err := n.FlushLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := inStream(t, n); got["held packed"] != 1 || got["freed packed"] != 1 || got["free packed"] != 1 {
		t.Errorf("among its like it writes %v, want all packed", got)
	}
	consumer := func(key string) bool {
		t.Helper()
		_, err := n.js.Consumer(t.Context(), n.logName(), key)
		if err != nil && !missingConsumer(err) {
			t.Fatal(err)
		}
		return err == nil
	}
	take := func(key string) {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		n.ConsumeLog(ctx, LogConsumer{Name: key, Key: key, AckWait: time.Hour}, func(b LogBatch) {
			if want := "before " + key; b.Key != key || len(b.Records) != 1 || string(b.Records[0]) != want {
				t.Errorf("it takes %q of %q, want %q", b.Records, b.Key, want)
			}
			stop()
		})
		if !consumer(key) {
			t.Errorf("no consumer of %s", key)
		}
	}
	release := func(key string) {
		t.Helper()
		if err := n.ReleaseLogConsumer(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	for _, key := range []string{"held", "freed"} {
		take(key)
	}

	if err := nc.Publish("parlor.here", []byte(`{"id":"like","boot":1,"volatile":true,"packs":true}`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "a node of its like is seen", func() bool { return len(n.Members()) == 2 })
	if release("freed"); !consumer("freed") {
		t.Error("among its like it drops a consumer that it releases")
	}
	for _, word := range []string{`{"id":"like","boot":1,"bye":true}`, `{"id":"older","boot":1,"volatile":true}`} {
		if err := nc.Publish("parlor.here", []byte(word)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*time.Second, "the older node is seen", func() bool { return len(n.Members()) == 2 && !n.members.pack() })

	n.AppendLog([]string{"after"}, []byte("after"))
	if err := n.FlushLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"held packed": 1, "after": 1}
	for _, key := range []string{"freed", "free"} {
		if n.Owner(key) != "older" {
			t.Fatalf("%s belongs to %s; the test needs another key", key, n.Owner(key))
		}
		want[key] = 1
	}
	for range 2 { // the second time there is nothing to do
		if err := n.unpackForOlder(t.Context()); err != nil {
			t.Error(err)
		}
		if got := inStream(t, n); !maps.Equal(got, want) {
			t.Errorf("in the stream %v, want %v", got, want)
		}
	}
	if consumer("freed") || !consumer("held") {
		t.Error("it leaves a consumer that nobody holds, or drops one that somebody does")
	}
	if release("held"); consumer("held") {
		t.Error("it leaves a consumer of what is packed to a version that can't read it")
	}
	if err := n.giveUp(t.Context(), "the test is over", func(*jetstream.RawStreamMsg) bool { return true }); err != nil {
		t.Error(err)
	}
	if s, err := n.LogStats(t.Context()); err != nil || s.Lost != 4 || s.Depth != 0 {
		t.Errorf("given up: %+v, %v; want the 4 records counted", s, err)
	}
}

// A node that leaves last may be followed by one of an earlier version.
func TestLastNodeLeavesNothingPacked(t *testing.T) {
	n := open(t, Config{Dir: t.TempDir()})
	for _, key := range []string{"empty", "full"} {
		n.AppendLog([]string{key}, []byte("one"))
		if err := n.FlushLog(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		n.ConsumeLog(ctx, LogConsumer{Name: key, Key: key}, func(b LogBatch) {
			if key == "empty" {
				if err := b.Confirm(ctx); err != nil {
					t.Error(err)
				}
			}
			stop()
		})
		if err := n.ReleaseLogConsumer(t.Context(), key); err != nil {
			t.Error(err)
		}
		if _, err := n.js.Consumer(t.Context(), n.logName(), key); missingConsumer(err) != (key == "full") {
			t.Errorf("the consumer that was left %s: %v", key, err)
		}
	}
}

// inStream counts what is in the log stream, by key, and whether it is packed.
func inStream(t *testing.T, n *Node) map[string]int {
	t.Helper()
	stream, err := n.js.Stream(t.Context(), n.logName())
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(n.subject("log", "*")))
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for subject, count := range info.State.Subjects {
		key, packed := n.logKey(subject)
		if packed {
			key += " packed"
		}
		got[key] += int(count)
	}
	return got
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
		`parlor.here {"id":"me","boot":` + string(boot) + `,"new":true,"volatile":true,"packs":true}`,
		`parlor.here {"id":"me","boot":` + string(boot) + `,"draining":true,"volatile":true,"packs":true}`,
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

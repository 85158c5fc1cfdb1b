package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
		FilterSubject: n.logSubject("k"), Metadata: map[string]string{holderKey: nobody},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.publishLog(t.Context(), n.logSubject("k"), "1", appendRecord(nil, []byte("hello"))); err != nil {
		t.Fatal(err)
	}
	if err := n.ClaimLogConsumer(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	got := consume(t, n, LogConsumer{Name: "one", Key: "k"}, LogBatch.Ack)
	eventually(t, 10*time.Second, "the record", func() bool { return got()["k hello"] == 1 })
}

// takeOne claims key's consumer and takes the one batch there is.
func takeOne(t *testing.T, n *Node, key string) (taken LogBatch) {
	t.Helper()
	if err := n.ClaimLogConsumer(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	n.ConsumeLog(ctx, LogConsumer{Name: key, Key: key, AckWait: time.Hour}, func(b LogBatch) {
		taken = b
		stop()
	})
	if want := "of " + key; taken.Key != key || len(taken.Records) != 1 || string(taken.Records[0]) != want {
		t.Fatalf("it takes %q of %q, want %q", taken.Records, taken.Key, want)
	}
	return taken
}

// olderTakes is what the version before this one does to take key's records over.
func olderTakes(t *testing.T, n *Node, key string) (records []string) {
	t.Helper()
	c, err := n.js.CreateOrUpdateConsumer(t.Context(), n.logName(), jetstream.ConsumerConfig{
		Durable: key, AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Hour, MaxAckPending: 1000, MaxDeliver: -1,
		MemoryStorage: true, FilterSubject: n.logSubject(key), Metadata: map[string]string{holderKey: nobody},
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Fetch(10, jetstream.FetchMaxWait(500*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	for m := range all.Messages() {
		split, err := splitRecords(m.Data())
		if err != nil {
			t.Errorf("it gets what it can't read: %v", err)
		}
		for _, r := range split {
			records = append(records, string(r))
		}
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Error(err)
		}
	}
	return records
}

func appendAll(t *testing.T, n *Node, keys ...string) {
	t.Helper()
	for _, key := range keys {
		n.AppendLog([]string{key}, []byte("of "+key))
	}
	if err := n.FlushLog(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Beside an earlier version, which can't read batches that are packed, this one packs
// none, and lets it have what was packed and is nobody else's.
func TestOlderVersionBeside(t *testing.T) {
	n, nc := beside(t)
	appendAll(t, n, "held", "freed", "free")
	want := map[string]int{"held packed": 1, "freed packed": 1, "free packed": 1}
	if got := inStream(t, n); !maps.Equal(got, want) {
		t.Errorf("among its like it writes %v, want %v", got, want)
	}
	takeOne(t, n, "held")
	if err := takeOne(t, n, "freed").Retry(0); err != nil {
		t.Error(err)
	}
	if err := n.ReleaseLogConsumer(t.Context(), "freed"); err != nil {
		t.Error(err)
	}
	say := func(word string) {
		t.Helper()
		if err := nc.Publish("parlor.here", []byte(word)); err != nil {
			t.Fatal(err)
		}
	}
	say(`{"id":"older","boot":1,"volatile":true}`)
	eventually(t, 5*time.Second, "the older node is seen", func() bool { return !n.members.allReadPacked() })
	for _, key := range []string{"freed", "free", "later"} {
		if n.Owner(key) != "older" {
			t.Fatalf("%s belongs to %s; the test needs another key", key, n.Owner(key))
		}
	}
	if got := olderTakes(t, n, "freed"); got != nil {
		t.Errorf("the older one takes %q of what is packed", got)
	}
	appendAll(t, n, "later")
	want = map[string]int{"held packed": 1, "freed": 1, "free": 1, "later": 1}
	for range 2 { // the second time there is nothing to do
		if err := n.unpackAll(t.Context()); err != nil {
			t.Error(err)
		}
		if got := inStream(t, n); !maps.Equal(got, want) {
			t.Errorf("in the stream %v, want %v", got, want)
		}
	}
	for _, key := range []string{"freed", "free", "later"} {
		if got := olderTakes(t, n, key); !slices.Equal(got, []string{"of " + key}) {
			t.Errorf("the older one takes %q of %s", got, key)
		}
	}
	if got := inStream(t, n); !maps.Equal(got, map[string]int{"held packed": 1}) {
		t.Errorf("in the stream %v is left", got)
	}
	if err := n.evictLog(t.Context()); err != nil {
		t.Error(err)
	}
	if s, err := n.LogStats(t.Context()); err != nil || s.Lost != 1 || s.Depth != 0 {
		t.Errorf("given up: %+v, %v; want the record counted", s, err)
	}
}

// While only an earlier version is there, what is packed waits: what was taken before, and
// what never was.
func TestPackedWaitsForItsVersion(t *testing.T) {
	n := open(t, Config{Dir: t.TempDir()})
	appendAll(t, n, "taken", "new")
	if err := takeOne(t, n, "taken").Retry(0); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"taken", "new"} {
		if err := n.ReleaseLogConsumer(t.Context(), key); err != nil {
			t.Error(err)
		}
		if got := olderTakes(t, n, key); got != nil {
			t.Errorf("the older one takes %q of what is packed", got)
		}
		if err := takeOne(t, n, key).Confirm(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if got := inStream(t, n); len(got) > 0 {
		t.Errorf("in the stream %v is left", got)
	}
}

// A stream that is too full for what is unpacked gives up its oldest, and the other keys
// get theirs.
func TestUnpackInAFullStream(t *testing.T) {
	n := open(t, Config{LogBytes: 1 << 20, ID: "me"})
	for i := range 10 {
		n.AppendLog([]string{"full"}, fmt.Appendf(nil, "%d %s", i, bytes.Repeat([]byte("x"), 200<<10)))
		if err := n.FlushLog(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	appendAll(t, n, "beside")
	n.members.mu.Lock()
	n.members.heard["older"] = peer{Member: Member{ID: "older", Boot: 1}, last: time.Now(), hash: hash("older")}
	n.members.mu.Unlock()
	n.members.publishSelf()
	for _, key := range []string{"full", "beside"} {
		if n.Owner(key) != "older" {
			t.Fatalf("%s belongs to %s; the test needs another key", key, n.Owner(key))
		}
	}
	if err := n.unpackAll(t.Context()); err != nil {
		t.Error(err)
	}
	got := olderTakes(t, n, "full")
	if s, err := n.LogStats(t.Context()); err != nil || len(got) == 0 || int(s.Lost)+len(got) < 10 {
		t.Errorf("%d records, %d given up, %v; want 10 at least", len(got), s.Lost, err)
	}
	if got := olderTakes(t, n, "beside"); len(got) > 1 {
		t.Errorf("the other key gets %q", got)
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
		`parlor.here {"id":"me","boot":` + string(boot) + `,"new":true,"volatile":true,"packed":true}`,
		`parlor.here {"id":"me","boot":` + string(boot) + `,"draining":true,"volatile":true,"packed":true}`,
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

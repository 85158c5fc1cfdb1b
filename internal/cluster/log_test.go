package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// consume collects records until the test ends; ack says what becomes of a batch.
func consume(t *testing.T, n *Node, c LogConsumer, ack func(LogBatch) error) func() map[string]int {
	t.Helper()
	var mu sync.Mutex
	got := make(map[string]int)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.ConsumeLog(ctx, c, func(b LogBatch) {
			if err := ack(b); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, r := range b.Records {
				got[b.Key+" "+string(r)]++
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(got)
	}
}

func TestLogArrivesOnce(t *testing.T) {
	n := open(t, Config{Dir: t.TempDir()})
	got := consume(t, n, LogConsumer{Name: "all"}, LogBatch.Ack)
	const count = 3000
	for i := range count {
		if !n.AppendLog([]string{"a.b"}, fmt.Append(nil, i)) {
			t.Fatal("AppendLog gave something up")
		}
	}
	if err := n.FlushLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "all records", func() bool { return len(got()) == count })
	for r, times := range got() {
		if times != 1 {
			t.Errorf("record %q came %d times", r, times)
		}
	}
	eventually(t, 5*time.Second, "an empty stream", func() bool {
		s, err := n.LogStats(t.Context())
		return err == nil && s == (LogStats{})
	})
}

// A consumer belongs to one node at a time. Another one has it when it was released, or
// when its node is dead; what was not acknowledged comes to the new one at once.
func TestLogConsumerIsHandedOver(t *testing.T) {
	nodes := trio(t)
	const name = "one"
	take := func(n *Node, want int) (taken []LogBatch) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		n.ConsumeLog(ctx, LogConsumer{Name: name, Key: "k", AckWait: time.Hour}, func(b LogBatch) {
			if taken = append(taken, b); len(taken) == want {
				cancel()
			}
		})
		if len(taken) != want {
			t.Fatalf("%s took %d batches, want %d", n.ID(), len(taken), want)
		}
		return taken
	}
	claim := func(n *Node, patience time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return n.ClaimLogConsumer(ctx, name)
	}
	for i := range 5 {
		nodes[0].AppendLog([]string{"k"}, fmt.Append(nil, i))
		if err := nodes[0].FlushLog(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := take(nodes[0], 5)
	for _, b := range first[:2] {
		if err := b.Ack(); err != nil {
			t.Error(err)
		}
	}
	if err := first[2].Confirm(t.Context()); err != nil {
		t.Error(err)
	}
	if err := nodes[1].ReleaseLogConsumer(t.Context(), name); err != nil {
		t.Error(err)
	}
	if err := claim(nodes[1], 20*time.Second); !errors.Is(err, errHeld) {
		t.Errorf("claiming what another node holds: %v", err)
	}
	for _, b := range first[3:] {
		if err := b.Retry(0); err != nil {
			t.Error(err)
		}
	}
	if err := nodes[0].ReleaseLogConsumer(t.Context(), name); err != nil {
		t.Error(err)
	}
	if err := claim(nodes[1], 20*time.Second); err != nil {
		t.Errorf("claiming what was released: %v", err)
	}
	second := take(nodes[1], 2)
	if second[0].ID != first[3].ID {
		t.Errorf("batch %s came, want %s", second[0].ID, first[3].ID)
	}
	if err := claim(nodes[2], 20*time.Second); !errors.Is(err, errHeld) {
		t.Errorf("claiming what another node holds: %v", err)
	}
	nodes[1].Close()
	// As the logger asks, again and again: a leader that has died answers nobody.
	eventually(t, time.Minute, "the dead node's consumer", func() bool { return claim(nodes[2], 2*time.Second) == nil })
	take(nodes[2], 2)
}

func TestLogComesAgainAfterRetry(t *testing.T) {
	n := open(t, Config{})
	got := consume(t, n, LogConsumer{Name: "all"}, func(b LogBatch) error {
		if b.Tries < 3 {
			return b.Retry(0)
		}
		return b.Ack()
	})
	n.AppendLog([]string{"k"}, []byte("x"))
	eventually(t, 5*time.Second, "the third try", func() bool { return got()["k x"] == 3 })
}

func TestLogByKey(t *testing.T) {
	n := open(t, Config{})
	a := consume(t, n, LogConsumer{Name: "a", Key: "a"}, LogBatch.Ack)
	b := consume(t, n, LogConsumer{Name: "b", Key: "b*>"}, LogBatch.Ack)
	n.AppendLog([]string{"a"}, []byte("1"))
	n.AppendLog([]string{"b*>"}, []byte("2"))
	n.AppendLog([]string{"a", "b*>"}, []byte("3"))
	n.AppendLog([]string{"a", "b*>"}, []byte("4"))
	eventually(t, 5*time.Second, "each its own", func() bool { return len(a()) >= 3 && len(b()) >= 3 })
	if a, b := a(), b(); len(a) != 3 || len(b) != 3 || a["a 1"]*a["a 3"]*a["a 4"] != 1 || b["b*> 2"]*b["b*> 3"]*b["b*> 4"] != 1 {
		t.Errorf("consumers got %v and %v, want its own record each, and both of those for both, once", a, b)
	}
	if err := n.ClaimLogConsumer(t.Context(), "never"); err != nil {
		t.Errorf("ClaimLogConsumer of nothing = %v", err)
	}
}

// What is on disk survives the process. What nobody acknowledged comes again, and nothing
// else, though the consumer's place was in memory.
func TestLogSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Config{Dir: dir})
	say := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			first.AppendLog([]string{"k"}, fmt.Append(nil, i))
		}
		if err := first.FlushLog(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	say(0, 50)
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	_ = first.ConsumeLog(ctx, LogConsumer{Name: "all"}, func(b LogBatch) {
		if err := b.Confirm(t.Context()); err != nil {
			t.Error(err)
		}
		stop()
	})
	say(50, 100)
	first.Close()
	second := open(t, Config{Dir: dir})
	got := consume(t, second, LogConsumer{Name: "all"}, LogBatch.Ack)
	eventually(t, 10*time.Second, "the records that nobody acknowledged", func() bool { return got()["k 99"] == 1 })
	if got := got(); len(got) != 50 {
		t.Errorf("%d records came again, want 50: %v", len(got), got)
	}
}

// With JetStream away the records wait in memory; it takes them when it is back.
func TestLogWaitsForJetStream(t *testing.T) {
	n := running(t, Config{Dir: t.TempDir()})
	n.AppendLog([]string{"k"}, []byte("before"))
	if err := n.FlushLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	switchOff(t, n)
	n.AppendLog([]string{"k"}, []byte("while away"))
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := n.FlushLog(short); err == nil {
		t.Error("FlushLog without JetStream: no error")
	}
	if s := n.logs.queued(); s == 0 {
		t.Error("nothing waits in memory")
	}
	got := consume(t, n, LogConsumer{Name: "all"}, LogBatch.Ack)
	eventually(t, 20*time.Second, "both records", func() bool { return len(got()) == 2 })
}

// A full stream gives up the oldest, and counts every record it gives up.
func TestLogBoundIsCounted(t *testing.T) {
	n := open(t, Config{LogBytes: 1 << 20})
	const count, size = 400, 10 << 10
	for i := range count {
		noise := make([]byte, size) // can't be packed
		_, _ = rand.Read(noise)
		n.AppendLog([]string{"k"}, append(fmt.Appendf(nil, "%06d", i), noise...))
		if i%20 == 19 {
			if err := n.FlushLog(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	stats, err := n.LogStats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stats.Bytes > 1<<20 || stats.Lost == 0 {
		t.Errorf("stats = %+v, want 1 MiB at most and a loss", stats)
	}
	var last string
	got := consume(t, n, LogConsumer{Name: "all"}, LogBatch.Ack)
	eventually(t, 10*time.Second, "the rest", func() bool {
		s, err := n.LogStats(t.Context())
		return err == nil && s.Depth == 0
	})
	for r := range got() {
		last = max(last, r[:8])
	}
	if kept := uint64(len(got())); kept+stats.Lost != count || last != "k 000399" {
		t.Errorf("%d kept + %d lost = %d, want %d; the newest is %q", kept, stats.Lost, kept+stats.Lost, count, last)
	}
}

func TestLogMemoryIsBounded(t *testing.T) {
	q := newLogQueue(&Node{log: discard()})
	q.started = true // nobody writes
	record := make([]byte, 1<<20)
	for range 100 {
		q.append([]string{"k"}, record)
	}
	if q.queued() > logQueueBytes+len(record)+8 || q.lost.Load() < 30 {
		t.Errorf("queued %d bytes, lost %d, want a bound of %d", q.queued(), q.lost.Load(), logQueueBytes)
	}
}

func TestRecordsOfABatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "records")
		var data []byte
		for _, r := range in {
			data = appendRecord(data, r)
		}
		out, err := splitRecords(data)
		if err != nil || !slices.EqualFunc(in, out, bytes.Equal) {
			t.Fatalf("splitRecords = %x, %v, want %x", out, err, in)
		}
		if again, err := unpackRecords(packRecords(nil, data)); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("packed and unpacked = %x, %v, want %x", again, err, data)
		}
	})
}

func FuzzSplitRecords(f *testing.F) {
	f.Add(appendRecord(appendRecord(nil, []byte("a")), nil))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add(packRecords(nil, appendRecord(nil, []byte("a"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = unpackRecords(data)
		records, err := splitRecords(data)
		if err != nil {
			return
		}
		var again []byte
		for _, r := range records {
			again = appendRecord(again, r)
		}
		if len(again) > len(data) {
			t.Errorf("splitRecords(%x) grew to %x", data, again)
		}
	})
}

// BenchmarkAppendLog is what a record costs on its way to the disk.
func BenchmarkAppendLog(b *testing.B) {
	n := open(b, Config{Dir: b.TempDir()})
	record := make([]byte, 400)
	b.ReportAllocs()
	for b.Loop() {
		if !n.AppendLog([]string{"k"}, record) {
			b.Fatal("lost")
		}
		for n.logs.queued() > logQueueBytes/2 {
			pause(b.Context(), time.Millisecond)
		}
	}
	if err := n.FlushLog(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// What is too old is given up, and counted.
func TestLogAgeIsCounted(t *testing.T) {
	n := open(t, Config{LogAge: time.Hour})
	if _, err := n.logStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.expireLog(t.Context(), time.Now()); err != nil {
		t.Errorf("expireLog() of a stream that never had a message = %v", err)
	}
	for i := range 10 {
		n.AppendLog([]string{"k"}, fmt.Append(nil, i))
	}
	if err := n.FlushLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		later time.Duration
		lost  uint64
	}{{59 * time.Minute, 0}, {61 * time.Minute, 10}} {
		if err := n.expireLog(t.Context(), time.Now().Add(c.later)); err != nil {
			t.Fatal(err)
		}
		if s, err := n.LogStats(t.Context()); err != nil || s.Lost != c.lost || (s.Depth == 0) != (c.lost > 0) {
			t.Errorf("after %v: %+v, %v, want %d lost", c.later, s, err, c.lost)
		}
	}
}

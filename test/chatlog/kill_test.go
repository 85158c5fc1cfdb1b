package chatlog_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/chatlog"
	"parlor/internal/cluster"
)

// Window is the age up to which a record may be lost by kill -9: it was said, and not
// yet written to the disk. docs/logging.md states it.
const window = 400 * time.Millisecond

// childVariable tells this test's binary to be a node that is going to be killed.
const childVariable = "PARLOR_TEST_LOG_NODE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := speak(context.Background(), dir, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if os.Getenv(sinksVariable) != "" {
		if err := takeAll(context.Background(), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// stream is the adapter of internal/server, for a node without the rest.
type stream struct{ *cluster.Node }

func (s stream) Append(keys []string, record []byte) bool { return s.AppendLog(keys, record) }

func (s stream) Flush(ctx context.Context) error { return s.FlushLog(ctx) }

func (s stream) Free(ctx context.Context, name string) error { return s.FreeLogConsumer(ctx, name) }

func (s stream) Claim(ctx context.Context, name string) error { return s.ClaimLogConsumer(ctx, name) }

func (s stream) Forget(ctx context.Context, name string) error { return s.DropLogConsumer(ctx, name) }

func (s stream) Release(ctx context.Context, name string) error {
	return s.ReleaseLogConsumer(ctx, name)
}

func (s stream) Consume(ctx context.Context, c chatlog.Consumer, handle func(chatlog.Batch)) error {
	from := cluster.LogConsumer{Name: c.Name, Key: c.Key, AckWait: c.AckWait, Pending: c.Pending}
	return s.ConsumeLog(ctx, from, func(b cluster.LogBatch) {
		handle(chatlog.Batch{ID: b.ID, Records: b.Records, Ack: b.Ack, Confirm: b.Confirm, Retry: b.Retry, Extend: b.Extend})
	})
}

var (
	spokenRoom = chat.Room{
		ARN:                             chat.ARN{Region: "us-west-2", Account: "123456789012", Kind: chat.KindRoom, ID: "AAAAAAAAAAAA"},
		LoggingConfigurationIdentifiers: []string{spokenLog.ARN.String()},
	}
	spokenLog = chat.LoggingConfiguration{
		ARN:         chat.ARN{Region: "us-west-2", Account: "123456789012", Kind: chat.KindLogging, ID: "LLLLLLLLLLLL"},
		State:       chat.StateActive,
		Destination: chat.Destination{S3: &chat.S3Destination{BucketName: "logs"}},
	}
)

// open opens a node that keeps its stream below dir and delivers to dir/logs.
func open(ctx context.Context, dir string) (*cluster.Node, *chatlog.Logger, error) {
	node, err := cluster.Open(ctx, cluster.Config{Dir: filepath.Join(dir, "node")})
	if err != nil {
		return nil, nil, err
	}
	l, err := chatlog.New(chatlog.Config{
		Directories: map[string]string{"logs": filepath.Join(dir, "logs")}, FileInterval: 100 * time.Millisecond,
	}, chatlog.Deps{
		Stream: stream{node}, Log: slog.New(slog.DiscardHandler),
		Configurations: func() iter.Seq[chat.LoggingConfiguration] {
			return slices.Values([]chat.LoggingConfiguration{spokenLog})
		},
	})
	return node, l, err
}

// speak says a message a millisecond until it is killed. It tells w of each before it
// hands it over: number and time; and now and then that all of them are in the stream.
func speak(ctx context.Context, dir string, w io.Writer) error {
	node, l, err := open(ctx, dir)
	if err != nil {
		return err
	}
	go func() { _ = l.Run(ctx) }() // until the kill
	tick := time.NewTicker(time.Millisecond)
	begun := time.Now().UnixNano()
	for i := 0; ; i++ {
		<-tick.C
		now := time.Now()
		m := chat.Message{ID: fmt.Sprintf("%d-%d", begun, i), SendTime: now}
		if _, err := fmt.Fprintf(w, "%s %d\n", m.ID, now.UnixNano()); err != nil {
			return err
		}
		l.Record(spokenRoom, m.AppendJSON(nil), now)
		if node.Ready() != nil && i == 0 {
			return node.Ready()
		}
		if i%400 != 399 {
			continue
		}
		if err := node.FlushLog(ctx); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, safeLine); err != nil {
			return err
		}
	}
}

// safeLine is what a node says when all that it said before is in the stream.
const safeLine = "safe"

// A said record, as a node told of it before it was killed.
type said struct {
	id   string
	at   time.Time
	safe bool // in the stream, for certain
}

// killed runs a node for a while, kills it with SIGKILL, and returns what it said and
// when it died.
func killed(t *testing.T, dir string, after int) (all []said, died time.Time) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == safeLine {
			for i := range all {
				all[i].safe = true
			}
			continue
		}
		id, ns, _ := strings.Cut(lines.Text(), " ")
		at, err := strconv.ParseInt(ns, 10, 64)
		if err != nil {
			break // cut in the middle
		}
		all = append(all, said{id: id, at: time.Unix(0, at)})
		if len(all) == after {
			died = time.Now()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	if len(all) < after {
		t.Fatalf("the node ended after %d records", len(all))
	}
	return all, died
}

// kill -9 at any moment loses nothing that the stream has acknowledged: what is missing in
// the end was said within the window before a death (docs/logging.md).
func TestKillLosesOnlyTheWindow(t *testing.T) {
	dir := t.TempDir()
	worst := pace(t)
	var all []said
	var deaths []time.Time
	for _, after := range []int{750, 1, 333, 450} {
		more, died := killed(t, dir, after)
		all, deaths = append(all, more...), append(deaths, died)
	}
	node, l, err := open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	until(t, "the stream to be empty", func() bool {
		s, err := node.LogStats(t.Context())
		return err == nil && s.Depth == 0
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	delivered := deliveredIDs(t, filepath.Join(dir, "logs"))
	missing, oldest := 0, time.Duration(0)
	for _, s := range all {
		if delivered[s.id] {
			continue
		}
		missing++
		if s.safe {
			t.Errorf("a record was lost that the stream had acknowledged, said at %v", s.at)
		}
		i := slices.IndexFunc(deaths, func(d time.Time) bool { return d.After(s.at) || d.Equal(s.at) })
		if i < 0 {
			continue // said between the decision to kill and the death
		}
		oldest = max(oldest, deaths[i].Sub(s.at))
	}
	t.Logf("%d said, %d lost by %d kills, the oldest of them %v old", len(all), missing, len(deaths), oldest)
	if oldest > max(window, 2*worst()) {
		t.Errorf("a record was lost that had been said %v before the kill", oldest)
	}
}

// pace does again and again what a record waits for on its way to the disk, a pause and
// two syncs. It tells how long that took at worst: on a machine that takes longer than the
// window for it nobody can promise the window.
func pace(t *testing.T) (worst func() time.Duration) {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	var longest atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for begun := time.Now(); ctx.Err() == nil; begun = time.Now() {
			time.Sleep(200 * time.Millisecond)
			for range 2 {
				f.WriteString("x")
				f.Sync()
			}
			longest.Store(max(longest.Load(), int64(time.Since(begun))))
		}
	}()
	t.Cleanup(func() { cancel(); <-done; f.Close() })
	return func() time.Duration { return time.Duration(longest.Load()) }
}

func deliveredIDs(t *testing.T, dir string) map[string]bool {
	t.Helper()
	_, lines := records(t, dir)
	out := make(map[string]bool)
	for _, l := range lines {
		var r struct{ Payload struct{ ID string } }
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		out[r.Payload.ID] = true
	}
	return out
}

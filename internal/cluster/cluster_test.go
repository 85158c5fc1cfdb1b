package cluster

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/chattest"
)

// open starts a node that ends with the test.
func open(tb testing.TB, cfg Config) *Node {
	tb.Helper()
	if cfg.Log == nil && testing.Verbose() {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	n, err := Open(ctx, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(n.Close)
	return n
}

// running is open with Run.
func running(tb testing.TB, cfg Config) *Node {
	tb.Helper()
	n := open(tb, cfg)
	ctx, cancel := context.WithCancel(context.Background()) //nolint:usetesting // Ends before Close, in a cleanup.
	done := make(chan struct{})
	go func() { n.Run(ctx); close(done) }()
	tb.Cleanup(func() { cancel(); <-done })
	return n
}

// trio starts three embedded nodes that join each other.
func trio(tb testing.TB) []*Node {
	tb.Helper()
	var addrs []string
	for range 3 {
		addrs = append(addrs, fmt.Sprint("127.0.0.1:", chattest.FreePort(tb)))
	}
	nodes := make([]*Node, 3)
	errs := make(chan error, 3)
	for i := range nodes {
		cfg := Config{
			Dir: tb.TempDir(), ID: fmt.Sprintf("n%d", i), Join: addrs, Listen: addrs[i], Secret: "s3cret",
		}
		if testing.Verbose() {
			cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo})).With("node", cfg.ID)
		}
		go func() {
			ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
			defer cancel()
			var err error
			nodes[i], err = Open(ctx, cfg)
			errs <- err
		}()
	}
	for range nodes {
		if err := <-errs; err != nil {
			tb.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background()) //nolint:usetesting // Ends before Close, in a cleanup.
	done := make(chan struct{}, 3)
	for _, n := range nodes {
		tb.Cleanup(n.Close)
		go func() { n.Run(ctx); done <- struct{}{} }()
	}
	tb.Cleanup(func() {
		cancel()
		for range nodes {
			<-done
		}
	})
	return nodes
}

// eventually waits for ok, which the code under test makes true by itself.
func eventually(tb testing.TB, within time.Duration, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(within); !ok(); {
		if time.Now().After(end) {
			tb.Fatalf("not within %v: %s", within, what)
		}
		pause(tb.Context(), 2*time.Millisecond)
	}
}

func roomARN(id string) chat.ARN {
	return chat.ARN{Region: "us-west-2", Account: "000000000000", Kind: chat.KindRoom, ID: id}
}

func TestDirectoryIsForOneProcess(t *testing.T) {
	dir := t.TempDir()
	open(t, Config{Dir: dir})
	_, err := Open(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "in use by another parlor process") {
		t.Fatalf("second Open = %v, want a clear refusal", err)
	}
}

func TestIDStaysWithDirectory(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Config{Dir: dir})
	first.Close()
	second := open(t, Config{Dir: dir})
	if first.ID() != second.ID() || first.Boot() == second.Boot() {
		t.Errorf("restart: id %s → %s, boot %d → %d, want the same id and another boot",
			first.ID(), second.ID(), first.Boot(), second.Boot())
	}
}

func TestBadID(t *testing.T) {
	for _, id := range []string{"a.b", "*", ">", "ü", "a b", strings.Repeat("x", 65)} {
		if _, err := Open(t.Context(), Config{ID: id}); err == nil {
			t.Errorf("Open with ID %q: no error", id)
		}
	}
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	var out bytes.Buffer
	n := open(t, Config{Secret: "s3cret", Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	key, err := n.Keyring().Current()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("x", "key", key, "secret", Secret("s3cret"), "text", fmt.Sprintf("%v %+v %#v", key, key, key))
	n.Close()
	for _, secret := range []string{"s3cret", string(key.Secret[:]), fmt.Sprint(key.Secret[0], key.Secret[1])} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("log shows %q:\n%s", secret, out.String())
		}
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// switchOff takes JetStream away as a full disk does. Under the race detector the test
// ends here: the NATS server sets its API queues anew while requests read them.
func switchOff(t *testing.T, n *Node) {
	t.Helper()
	if raceDetector {
		t.Skip("nats-server 2.15 races with itself when JetStream is switched on again")
	}
	if err := n.server.nats.DisableJetStream(); err != nil {
		t.Fatal(err)
	}
}

// Package review_test judges message review against a Lambda endpoint that nobody here
// wrote: serverless-offline. It needs Node; `npm ci --ignore-scripts` in this directory
// installs it.
package review_test

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parlor/chat"
	"parlor/internal/cloud"
	"parlor/internal/metric"
	"parlor/internal/review"
)

// A message meets a handler in a real Lambda emulator over the Invoke API: allowed and
// changed, denied with a reason, and failing (checklist 45, 46, 47).
func TestServerlessOffline(t *testing.T) {
	endpoint := serve(t)
	set := metric.New()
	r, err := review.New(review.Config{
		Timeout: 30 * time.Second, // a busy machine must not decide this test
		Lambda:  cloud.Account{Endpoint: endpoint, AccessKeyID: "any", SecretAccessKey: "thing"},
	}, slog.New(slog.DiscardHandler), set)
	if err != nil {
		t.Fatal(err)
	}
	room := chat.Room{
		ARN:                  chat.ARN{Region: "us-east-1", Account: "123456789012", Kind: chat.KindRoom, ID: "AAAAbbbbCCCC"},
		MaximumMessageLength: 500,
		MessageReviewHandler: &chat.Handler{URI: "arn:aws:lambda:us-east-1:123456789012:function:review-dev-judge", FallbackResult: chat.Deny},
	}
	say := func(content string) (chat.Message, error) {
		return r.Review(t.Context(), room, chat.Message{ID: "MMMMnnnnOOOO", Content: content, Sender: chat.Sender{UserID: "alice"}}, "192.0.2.7")
	}

	got, err := say("darn it, Ωmega")
	want := chat.Message{
		ID: "MMMMnnnnOOOO", Content: "**** it, Ωmega", Sender: chat.Sender{UserID: "alice"},
		Attributes: map[string]string{"from": "alice", "ip": "192.0.2.7"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	denied(t, say, "buy spam", "no spam here")
	denied(t, say, "please throw", "Message denied by the review handler")
	room.MessageReviewHandler.URI = "arn:aws:lambda:us-east-1:123456789012:function:nobody"
	denied(t, say, "hello", "Message denied by the review handler")

	w := httptest.NewRecorder()
	set.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	for _, sample := range []string{
		`parlor_review_function_errors_total{uri="arn:aws:lambda:us-east-1:123456789012:function:review-dev-judge"} 1`,
		`ivschat_invocation_errors_total{uri="arn:aws:lambda:us-east-1:123456789012:function:nobody"} 1`,
	} {
		if !strings.Contains(w.Body.String(), sample) {
			t.Errorf("the metrics lack %s", sample)
		}
	}
}

func denied(t *testing.T, say func(string) (chat.Message, error), content, text string) {
	t.Helper()
	_, err := say(content)
	if d, ok := errors.AsType[*review.Denied](err); !ok || d.Error() != text {
		t.Errorf("%q: got %v, want a denial saying %q", content, err, text)
	}
}

// serve runs serverless-offline until the test ends and returns its Lambda endpoint.
func serve(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("no Node here")
	}
	const main = "node_modules/serverless/bin/serverless.js"
	if _, err := os.Stat(main); err != nil {
		t.Fatal("not installed: test/setup.sh does it")
	}
	lambda, web := port(t), port(t)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, node, main, "offline", "start", "--host", "127.0.0.1",
		"--lambdaPort", lambda, "--httpPort", web, "--noTimeout", "--useInProcess")
	cmd.Env = append(os.Environ(), "SLS_TELEMETRY_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off", "SLS_INTERACTIVE_SETUP_ENABLE=0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() })
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "exposed for local invocation") {
				ready <- true
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(3 * time.Minute):
		t.Fatal("serverless-offline does not start")
	}
	return "http://127.0.0.1:" + lambda
}

// port returns a port that is free now.
func port(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

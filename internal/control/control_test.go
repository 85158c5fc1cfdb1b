package control_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"parlor/chat"
	"parlor/internal/chattest"
	"parlor/internal/control"
	"parlor/internal/iam"
	"parlor/internal/quota"
)

// A world is a control plane among fakes, and a client of it.
type world struct {
	*chattest.Client
	rooms   *chattest.Rooms
	logging *chattest.LoggingConfigurations
	hub     *chattest.Hub
	server  *control.Server
	log     *logText
}

// logText is what the server logged.
type logText struct {
	mu   sync.Mutex // guards the following
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns the text and forgets it.
func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// newWorld starts a control plane without quotas on the API's operations.
func newWorld(tb testing.TB) *world {
	tb.Helper()
	return newWorldWith(tb, `{"profile":"dev"}`, control.Config{})
}

func newWorldWith(tb testing.TB, quotas string, cfg control.Config) *world {
	tb.Helper()
	keys, err := chattest.Keys()
	if err != nil {
		tb.Fatal(err)
	}
	limits, err := quota.Parse([]byte(quotas))
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{rooms: &chattest.Rooms{}, logging: &chattest.LoggingConfigurations{}, hub: &chattest.Hub{}, log: &logText{}}
	w.server, err = control.New(control.Deps{
		Auth: iam.NewAuthenticator(keys, iam.Config{}), Quotas: quota.New(quota.Config{Limits: limits}),
		Rooms: w.rooms, Logging: w.logging, Tokens: chattest.Mint{}, Hub: w.hub,
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	srv := httptest.NewServer(w.server)
	tb.Cleanup(srv.Close)
	w.Client = chattest.NewClient(srv.URL)
	return w
}

// room makes a room and returns its ARN.
func (w *world) room(tb testing.TB, body string) string {
	tb.Helper()
	r := w.Post(tb, "CreateRoom", body)
	if r.Status != 200 {
		tb.Fatalf("CreateRoom(%s) = %d %s", body, r.Status, r.Body)
	}
	return r.Text("arn")
}

// want holds an answer's status, and its body against a pattern in which < > stand
// around regular expressions and everything else for itself.
func want(t *testing.T, r *chattest.Reply, status int, pattern string) {
	t.Helper()
	var expr strings.Builder
	rest := pattern
	for {
		text, after, found := strings.Cut(rest, "<")
		expr.WriteString(regexp.QuoteMeta(text))
		if !found {
			break
		}
		inner, tail, _ := strings.Cut(after, ">")
		expr.WriteString("(?:" + inner + ")")
		rest = tail
	}
	if ok := regexp.MustCompile(`\A` + expr.String() + `\z`).MatchString(r.Body); r.Status != status || !ok {
		t.Errorf("got %d %s\nwant %d %s", r.Status, r.Body, status, pattern)
	}
}

// wantError holds an answer against an error: its status, type and, after the
// message, the further members.
func wantError(t *testing.T, r *chattest.Reply, status int, code, members string) {
	t.Helper()
	want(t, r, status, fmt.Sprintf(`{"__type":%q,"message":"<([^"\\]|\\.)+>"%s}`, code, members))
	if got := r.Header.Get("X-Amzn-Errortype"); got != code {
		t.Errorf("x-amzn-ErrorType = %q, want %q", got, code)
	}
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q", got)
	}
	if got := r.Header.Get("X-Amzn-Requestid"); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(got) {
		t.Errorf("x-amzn-RequestId = %q, want a UUID", got)
	}
	if _, err := httptimes(r); err != nil {
		t.Errorf("Date = %v", err)
	}
}

// invalid holds an answer against a ValidationException that names fields in order.
func invalid(t *testing.T, r *chattest.Reply, fields ...string) {
	t.Helper()
	var list []string
	for _, f := range fields {
		list = append(list, fmt.Sprintf(`{"name":%q,"message":"<([^"\\]|\\.)+>"}`, f))
	}
	wantError(t, r, 400, "ValidationException", `,"reason":"FIELD_VALIDATION_FAILED","fieldList":[`+strings.Join(list, ",")+`]`)
}

// missing holds an answer against a ResourceNotFoundException.
func missing(t *testing.T, r *chattest.Reply, arn string) {
	t.Helper()
	a, err := chat.ParseARN(arn)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, r, 404, "ResourceNotFoundException", fmt.Sprintf(`,"resourceId":%q,"resourceType":%q`, a.ID, a.Type()))
}

package review_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
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

const (
	judge  = "arn:aws:lambda:us-west-2:123456789012:function:judge"
	secret = "a secret of both sides"
)

var quiet = slog.New(slog.DiscardHandler)

func testRoom(fallback string) chat.Room {
	return chat.Room{
		ARN:                  chat.ARN{Region: "us-west-2", Account: "123456789012", Kind: chat.KindRoom, ID: "AAAAbbbbCCCC"},
		MaximumMessageLength: 20,
		MessageReviewHandler: &chat.Handler{URI: judge, FallbackResult: fallback},
	}
}

func testMessage(content string) chat.Message {
	return chat.Message{
		ID: "MMMMnnnnOOOO", RequestID: "r1", Content: content, Attributes: map[string]string{"k": "v"},
		Sender: chat.Sender{UserID: "alice", Attributes: map[string]string{"role": "vip"}},
	}
}

// patient is a time limit that no busy machine exceeds.
const patient = 10 * time.Second

// doors are the two ways to a handler. Both must behave alike.
func doors(url string) map[string]review.Config {
	return map[string]review.Config{
		"http":   {Timeout: patient, Functions: map[string]review.Function{judge: {URL: url + "/judge", Secret: secret}}},
		"lambda": {Timeout: patient, Lambda: cloud.Account{Endpoint: url, AccessKeyID: "AK", SecretAccessKey: "SK"}},
	}
}

func newReviewer(t *testing.T, cfg review.Config) (*review.Reviewer, *metric.Set) {
	t.Helper()
	set := metric.New()
	r, err := review.New(cfg, quiet, set)
	if err != nil {
		t.Fatal(err)
	}
	return r, set
}

// scrape returns the samples of set whose line begins with prefix.
func scrape(t *testing.T, set *metric.Set, prefix string) string {
	t.Helper()
	w := httptest.NewRecorder()
	set.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	var out []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, prefix) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return strings.Join(out, "\n")
}

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

// heard reads a request whole before it is handled: only then does net/http notice
// that the client left.
func heard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		next(w, r)
	}
}

// The handler's verdict holds: what it allows is delivered as it says, what it denies
// is not (behaviour.md §4; checklist 45, 46).
func TestVerdict(t *testing.T) {
	original := map[string]string{"k": "v"}
	cases := map[string]struct {
		answer     string
		content    string
		attributes map[string]string
		denied     string
	}{
		"as it was":             {`{"ReviewResult":"ALLOW","Content":"hello"}`, "hello", original, ""},
		"other content":         {`{"ReviewResult":"ALLOW","Content":"h****"}`, "h****", original, ""},
		"null attributes":       {`{"ReviewResult":"ALLOW","Content":"hello","Attributes":null}`, "hello", original, ""},
		"no attributes left":    {`{"ReviewResult":"ALLOW","Content":"hello","Attributes":{}}`, "hello", map[string]string{}, ""},
		"other attributes":      {`{"ReviewResult":"ALLOW","Content":"hello","Attributes":{"a":"b"}}`, "hello", map[string]string{"a": "b"}, ""},
		"longest content":       {`{"ReviewResult":"ALLOW","Content":"` + strings.Repeat("é", 20) + `"}`, strings.Repeat("é", 20), original, ""},
		"unknown members":       {`{"ReviewResult":"ALLOW","Content":"x","More":[1]}`, "x", original, ""},
		"denied":                {`{"ReviewResult":"DENY","Content":"","Attributes":{"Reason":"no spam here"}}`, "", nil, "no spam here"},
		"denied, no reason":     {`{"ReviewResult":"DENY","Content":""}`, "", nil, "Message denied by the review handler"},
		"denied, nothing else":  {`{"ReviewResult":"DENY"}`, "", nil, "Message denied by the review handler"},
		"denied, long content":  {`{"ReviewResult":"DENY","Content":"` + strings.Repeat("x", 600) + `"}`, "", nil, "Message denied by the review handler"},
		"denied, endless words": {`{"ReviewResult":"DENY","Attributes":{"Reason":"` + strings.Repeat("é", 600) + `"}}`, "", nil, strings.Repeat("é", 512)},
	}
	for name, c := range cases {
		server := httptest.NewServer(answering(c.answer))
		for door, cfg := range doors(server.URL) {
			t.Run(name+" over "+door, func(t *testing.T) {
				r, _ := newReviewer(t, cfg)
				room := testRoom(chat.Allow)
				if c.denied != "" {
					room.MessageReviewHandler.FallbackResult = chat.Allow
				}
				got, err := r.Review(t.Context(), room, testMessage("hello"), "192.0.2.7")
				if c.denied != "" {
					d, ok := errors.AsType[*review.Denied](err)
					if !ok || d.Error() != c.denied {
						t.Fatalf("got %v, %v; want denial %q", got, err, c.denied)
					}
					return
				}
				want := testMessage(c.content)
				want.Attributes = c.attributes
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Fatalf("%v %s", err, diff)
				}
			})
		}
		server.Close()
	}
}

// A handler that fails in any way ends in the room's fallback result, within the
// time limit, and counts in the right class (behaviour.md §4, §7; checklist 47).
func TestMisbehavingHandler(t *testing.T) {
	const invocation, response, function = "ivschat_invocation_errors_total", "ivschat_response_validation_errors_total", "parlor_review_function_errors_total"
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	cases := map[string]struct {
		handler http.HandlerFunc
		counts  string
	}{
		"hung":           {hang, invocation},
		"slow":           {slow, invocation},
		"drip":           {drip, invocation},
		"500":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, invocation},
		"403":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, invocation},
		"closed":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, invocation},
		"closed midway":  {closedMidway, invocation},
		"redirect":       {redirect, invocation},
		"bad JSON":       {answering(`{"ReviewResult":"ALLOW","Content":"x"`), response},
		"two values":     {answering(`{"ReviewResult":"ALLOW","Content":"x"}{}`), response},
		"empty":          {answering(``), response},
		"null":           {answering(`null`), response},
		"array":          {answering(`["ALLOW"]`), response},
		"wrong result":   {answering(`{"ReviewResult":"MAYBE","Content":"x"}`), response},
		"lower case":     {answering(`{"ReviewResult":"allow","Content":"x"}`), response},
		"no result":      {answering(`{"Content":"x"}`), response},
		"no content":     {answering(`{"ReviewResult":"ALLOW"}`), response},
		"empty content":  {answering(`{"ReviewResult":"ALLOW","Content":""}`), response},
		"long content":   {answering(`{"ReviewResult":"ALLOW","Content":"` + strings.Repeat("é", 21) + `"}`), response},
		"typed wrong":    {answering(`{"ReviewResult":"ALLOW","Content":"x","Attributes":{"n":1}}`), response},
		"big attributes": {answering(`{"ReviewResult":"ALLOW","Content":"x","Attributes":{"a":"` + strings.Repeat("x", 1024) + `"}}`), response},
		"10 MB":          {tenMegabytes, response},
	}
	for name, c := range cases {
		server := httptest.NewServer(heard(c.handler))
		for door, cfg := range doors(server.URL) {
			if c.counts == invocation {
				cfg.Timeout = 0 // the service's own
			}
			t.Run(name+" over "+door, func(t *testing.T) { checkFallback(t, cfg, c.counts) })
		}
		server.CloseClientConnections()
		server.Close()
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		io.WriteString(w, `{"errorMessage":"it failed"}`)
	}))
	defer server.Close()
	t.Run("function error", func(t *testing.T) { checkFallback(t, doors(server.URL)["lambda"], function) })
	t.Run("nobody listens", func(t *testing.T) { checkFallback(t, doors("http://127.0.0.1:1")["http"], invocation) })
	t.Run("nothing configured", func(t *testing.T) { checkFallback(t, review.Config{}, invocation) })
}

func checkFallback(t *testing.T, cfg review.Config, counts string) {
	t.Helper()
	r, set := newReviewer(t, cfg)
	start := time.Now()
	got, err := r.Review(t.Context(), testRoom(chat.Allow), testMessage("hello"), "192.0.2.7")
	if diff := cmp.Diff(testMessage("hello"), got); err != nil || diff != "" {
		t.Errorf("fallback ALLOW must deliver the original: %v %s", err, diff)
	}
	if took := time.Since(start); took > patient/2 {
		t.Errorf("the review took %v", took)
	}
	_, err = r.Review(t.Context(), testRoom(chat.Deny), testMessage("hello"), "192.0.2.7")
	if d, ok := errors.AsType[*review.Denied](err); !ok || d.Reason != "" {
		t.Errorf("fallback DENY gave %v", err)
	}
	for _, name := range []string{"ivschat_invocation_errors_total", "ivschat_response_validation_errors_total", "parlor_review_function_errors_total"} {
		want := ""
		if name == counts {
			want = name + `{uri="` + judge + `"} 2`
		}
		if got := scrape(t, set, name); got != want {
			t.Errorf("counted %q, want %q", got, want)
		}
	}
}

func slow(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(patient):
		io.WriteString(w, `{"ReviewResult":"ALLOW","Content":"too late"}`)
	case <-r.Context().Done():
	}
}

// drip begins to answer in time and never ends.
func drip(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, `{"ReviewResult":"ALLOW",`)
	http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func closedMidway(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	io.WriteString(w, `{"ReviewResult":"ALLOW","Content":"x"}`)
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func redirect(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/elsewhere" {
		io.WriteString(w, `{"ReviewResult":"ALLOW","Content":"redirected"}`)
		return
	}
	http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
}

func tenMegabytes(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, `{"ReviewResult":"ALLOW","Content":"x","More":"`)
	for range 10 << 10 {
		if _, err := w.Write([]byte(strings.Repeat("x", 1<<10))); err != nil {
			return
		}
	}
	io.WriteString(w, `"}`)
}

// The handler gets what it would get from the real service, and over HTTP can tell
// who it is from (behaviour.md §4; checklist 48).
func TestPayload(t *testing.T) {
	want := `{"Content":"h\"i","MessageId":"MMMMnnnnOOOO","RoomArn":"arn:aws:ivschat:us-west-2:123456789012:room/AAAAbbbbCCCC",` +
		`"Attributes":{"k":"v"},"Sender":{"Attributes":{"role":"vip"},"UserId":"alice","Ip":"192.0.2.7"}}`
	seen := make(chan *http.Request, 1)
	bodies := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen <- r
		bodies <- string(b)
		io.WriteString(w, `{"ReviewResult":"ALLOW","Content":"ok"}`)
	}))
	defer server.Close()
	for door, cfg := range doors(server.URL) {
		r, _ := newReviewer(t, cfg)
		if _, err := r.Review(t.Context(), testRoom(chat.Deny), testMessage(`h"i`), "192.0.2.7"); err != nil {
			t.Fatal(door, err)
		}
		req, body := <-seen, <-bodies
		if body != want {
			t.Errorf("%s: payload\n%s, want\n%s", door, body, want)
		}
		if door == "http" {
			if got := req.Header.Get(review.SignatureHeader); got != review.Sign(secret, req.Header.Get(review.TimestampHeader), []byte(body)) {
				t.Errorf("signature %q", got)
			}
			continue
		}
		if req.URL.Path != "/2015-03-31/functions/judge/invocations" || !strings.Contains(req.Header.Get("Authorization"), "/us-west-2/lambda/aws4_request") {
			t.Errorf("invoked %s with %s", req.URL.Path, req.Header.Get("Authorization"))
		}
	}
}

// Absent attributes are {} to the handler.
func TestPayloadWithoutAttributes(t *testing.T) {
	bodies := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies <- string(b)
	}))
	defer server.Close()
	r, _ := newReviewer(t, doors(server.URL)["http"])
	r.Review(t.Context(), testRoom(chat.Allow), chat.Message{Content: "hi"}, "::1")
	var got map[string]any
	if err := json.Unmarshal([]byte(<-bodies), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{}, got["Attributes"]); diff != "" {
		t.Error(diff)
	}
}

func TestNotReviewed(t *testing.T) {
	r, _ := newReviewer(t, review.Config{})
	for _, h := range []*chat.Handler{nil, {FallbackResult: chat.Deny}} {
		room := testRoom(chat.Deny)
		room.MessageReviewHandler = h
		got, err := r.Review(t.Context(), room, testMessage("hello"), "")
		if err != nil || got.Content != "hello" {
			t.Errorf("%v: %v %v", h, got, err)
		}
	}
}

// A sender that leaves ends its review without a verdict.
func TestSenderLeaves(t *testing.T) {
	server := httptest.NewServer(heard(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	r, _ := newReviewer(t, doors(server.URL)["http"])
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if _, err := r.Review(ctx, testRoom(chat.Allow), testMessage("hello"), ""); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

// However many handlers somebody gives his rooms, the metrics stay within a bound.
func TestMetricsAreBounded(t *testing.T) {
	r, set := newReviewer(t, review.Config{})
	const handlers = 3000
	for i := range handlers {
		room := testRoom(chat.Allow)
		room.MessageReviewHandler.URI = judge + strconv.Itoa(i)
		if _, err := r.Review(t.Context(), room, testMessage("hi"), ""); err != nil {
			t.Fatal(err)
		}
	}
	samples := strings.Split(scrape(t, set, "ivschat_invocation_errors_total"), "\n")
	total := 0
	for _, s := range samples {
		n, _ := strconv.Atoi(s[strings.LastIndexByte(s, ' ')+1:])
		total += n
	}
	if len(samples) > 1001 || total != handlers {
		t.Errorf("%d errors in %d samples, want %d in 1001 at most", total, len(samples), handlers)
	}
}

func TestConfig(t *testing.T) {
	good := map[string]review.Function{judge: {URL: "http://127.0.0.1:1/x", Secret: "s"}}
	for name, functions := range map[string]map[string]review.Function{
		"not an ARN": {"judge": good[judge]},
		"metadata":   {judge: {URL: "http://169.254.169.254/latest/meta-data", Secret: "s"}},
		"no URL":     {judge: {Secret: "s"}},
		"no secret":  {judge: {URL: "http://127.0.0.1:1/x"}},
	} {
		if _, err := review.New(review.Config{Functions: functions}, quiet, nil); err == nil {
			t.Errorf("%s: accepted %v", name, maps.Clone(functions))
		}
	}
	if _, err := review.New(review.Config{Functions: good}, quiet, nil); err != nil {
		t.Error(err)
	}
}

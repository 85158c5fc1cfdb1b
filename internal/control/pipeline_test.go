package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/chattest"
	"parlor/internal/control"
	"parlor/internal/quota"
	"parlor/internal/sigv4"
)

// Input is read strictly: what two readers could understand in two ways is refused.
func TestStrictDecoding(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	for _, body := range []string{
		`{"name":"a","name":"b"}`, `{"tags":{"a":"1","a":"2"}}`, `{"unknown":{"a":1,"a":2}}`,
		`{"name":5}`, `{"name":["a"]}`, `{"maximumMessageLength":"5"}`, `{"maximumMessageLength":5.5}`,
		`{"maximumMessageLength":99999999999999999999}`, `{"tags":[]}`, `{"tags":{"a":1}}`, `{"tags":{"a":null}}`, `{"tags":{"a":"1","b":["2"]}}`, `{"tags":{"a":"1"`, `{"messageReviewHandler":"x"}`,
		`{} {}`, `{}x`, `{`, `[]`, `null`, `"x"`, `5`, ` `, `{"name":"` + "\xff" + `"}`, `{"name":"\ud800"}`, `{'name':'a'}`, `{"name":"a",}`,
		"\xef\xbb\xbf{}", strings.Repeat(`{"a":`, 20000),
	} {
		wantError(t, w.Post(t, "CreateRoom", body), 400, "SerializationException", "")
	}
	for _, body := range []string{
		` {"identifier" : "` + arn + `"} `, `{"identifier":"` + strings.ReplaceAll(arn, "/", `\/`) + `"}`,
		`{"identifier":"` + arn + `","further":null,"Identifier":"x"}`,
	} {
		want(t, w.Post(t, "GetRoom", body), 200, `{"arn"<.*>`)
	}
	invalid(t, w.Post(t, "GetRoom", `{"Identifier":"`+arn+`"}`), "identifier")
	invalid(t, w.Post(t, "GetRoom", `{"identifier":null}`), "identifier")
	body := `{"name":"` + strings.Repeat("x", 256<<10) + `"}`
	wantError(t, w.Post(t, "CreateRoom", body), 413, "RequestEntityTooLargeException", "")
	body = `{"unknown":"` + strings.Repeat("x", 256<<10-14) + `"}`
	want(t, w.Post(t, "CreateRoom", body), 200, `{"arn"<.*>`)
}

// Every path answers JSON, also those that there aren't (behaviour.md §9.2).
func TestUnknownPaths(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"POST", "/createroom", 404, ""},
		{"POST", "/CreateRoom/", 404, ""},
		{"POST", "//CreateRoom", 404, ""},
		{"POST", "/x/../CreateRoom", 404, ""},
		{"GET", "/x", 404, ""},
		{"POST", "/tags", 404, ""},
		{"POST", "/tags/", 404, ""},
		{"GET", "/CreateRoom", 405, "POST"},
		{"PUT", "/CreateRoom", 405, "POST"},
		{"GET", "/", 405, "POST"},
		{"OPTIONS", "/CreateRoom", 405, "POST"},
		{"PUT", "/tags/x", 405, "DELETE, GET, POST"},
	} {
		r := w.Do(t, c.method, c.path, "")
		wantError(t, r, c.status, "UnknownOperationException", "")
		if got := r.Header.Get("Allow"); got != c.allow {
			t.Errorf("%s %s: Allow = %q, want %q", c.method, c.path, got, c.allow)
		}
	}
	if r := w.Do(t, "HEAD", "/CreateRoom", ""); r.Status != 405 || r.Body != "" {
		t.Errorf("HEAD = %d %s", r.Status, r.Body)
	}
}

// A request that isn't signed well is refused before anything else is looked at.
func TestSignatures(t *testing.T) {
	w := newWorld(t)
	change := func(edit func(*http.Request)) *chattest.Reply {
		r := w.Request(t, "POST", "/CreateRoom", `{}`)
		edit(r)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body strings.Builder
		if _, err := fmt.Fprint(&body, readAll(t, resp)); err != nil {
			t.Fatal(err)
		}
		return &chattest.Reply{Status: resp.StatusCode, Header: resp.Header, Body: body.String()}
	}
	expired := w.As(chattest.Account, chattest.Expired)
	expired.Credentials.SessionToken = "a session"
	wrong := *w.Client
	wrong.Credentials.SecretAccessKey = "wrong"
	unknown := *w.Client
	unknown.Credentials.AccessKeyID = "nobody's"
	for _, c := range []struct {
		reply *chattest.Reply
		code  string
	}{
		{change(func(r *http.Request) { r.Header.Del("Authorization") }), "MissingAuthenticationTokenException"},
		{change(func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }), "IncompleteSignatureException"},
		{change(func(r *http.Request) { r.Header.Set("X-Amz-Target", "x") }), "InvalidSignatureException"},
		{change(func(r *http.Request) { r.URL.RawQuery = "a=b" }), "InvalidSignatureException"},
		{change(func(r *http.Request) {
			if err := sigv4.Sign(r, []byte(`{}`), w.Credentials, w.Region, "ivschat", time.Now().Add(-6*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}), "InvalidSignatureException"},
		{wrong.Post(t, "CreateRoom", `{}`), "InvalidSignatureException"},
		{unknown.Post(t, "CreateRoom", `{}`), "UnrecognizedClientException"},
		{w.As(chattest.Account, chattest.Expired).Post(t, "CreateRoom", `{}`), "UnrecognizedClientException"},
		{expired.Post(t, "CreateRoom", `{}`), "ExpiredTokenException"},
		{(&chattest.Client{URL: w.URL, Credentials: w.Credentials, Region: w.Region, Service: "ivs", HTTP: w.HTTP}).Post(t, "CreateRoom", `{}`), "InvalidSignatureException"},
	} {
		wantError(t, c.reply, 403, c.code, "")
	}
}

// Authentication, throttling, syntax, authorization, existence (behaviour.md §9.3).
func TestOrderOfChecks(t *testing.T) {
	w := newWorld(t)
	nobody := w.As(chattest.Account, chattest.Nobody)
	wrong := *nobody
	wrong.Credentials.SecretAccessKey = "wrong"
	wantError(t, wrong.Post(t, "GetRoom", `{`), 403, "InvalidSignatureException", "")
	wantError(t, nobody.Post(t, "GetRoom", `{`), 400, "SerializationException", "")
	invalid(t, nobody.Post(t, "GetRoom", `{"identifier":"x"}`), "identifier")
	wantError(t, nobody.Post(t, "GetRoom", `{"identifier":"`+someRoom+`"}`), 403, "AccessDeniedException", "")
	missing(t, w.Post(t, "GetRoom", `{"identifier":"`+someRoom+`"}`), someRoom)

	busy := newWorldWith(t, `{"quotas":{"GetRoom":1}}`, control.Config{}).As(chattest.Account, chattest.Nobody)
	wrong = *busy
	wrong.Credentials.SecretAccessKey = "wrong"
	for range 10 { // a bad signature costs its supposed account nothing
		wantError(t, wrong.Post(t, "GetRoom", `{`), 403, "InvalidSignatureException", "")
	}
	r := busy.Post(t, "GetRoom", `{`)
	for range 100 { // one at once, then one a second
		if r.Status == 429 {
			break
		}
		wantError(t, r, 400, "SerializationException", "")
		r = busy.Post(t, "GetRoom", `{`)
	}
	wantError(t, r, 429, "ThrottlingException", `,"resourceId":"111111111111","resourceType":"ROOM","limit":1`)
}

func TestThrottling(t *testing.T) {
	w := newWorldWith(t, `{}`, control.Config{})
	got := map[int]int{}
	for range 8 {
		got[w.Post(t, "ListRooms", `{}`).Status]++
	}
	if got[200] < 5 || got[429] == 0 {
		t.Errorf("ListRooms eight times at once = %v, want 5 of 200 and the rest of 429", got)
	}
	want(t, w.In("eu-west-1").Post(t, "ListRooms", `{}`), 200, `<.*>`)
	want(t, w.As(chattest.OtherAccount, chattest.Admin).Post(t, "ListRooms", `{}`), 200, `<.*>`)
}

// Who may nothing gets AccessDeniedException from every operation, in AWS's words.
func TestAuthorization(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	logging := w.Post(t, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}}}`).Text("arn")
	nobody := w.As(chattest.Account, chattest.Nobody)
	bodies := map[string]string{
		"CreateRoom": `{}`, "ListRooms": `{}`, "ListLoggingConfigurations": `{}`,
		"CreateLoggingConfiguration": `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}}}`,
		"CreateChatToken":            `{"roomIdentifier":"` + arn + `","userId":"u"}`,
		"SendEvent":                  `{"roomIdentifier":"` + arn + `","eventName":"e"}`,
		"DeleteMessage":              `{"roomIdentifier":"` + arn + `","id":"abcdefghijkl"}`,
		"DisconnectUser":             `{"roomIdentifier":"` + arn + `","userId":"u"}`,
		"TagResource":                `{"tags":{"a":"b"}}`,
	}
	for _, op := range api.Operations() {
		path, body, resource := op.Path, bodies[op.Name], arn
		if op.Kind == chat.KindLogging {
			resource = logging
		}
		if body == "" {
			body = `{"identifier":"` + resource + `"}`
		}
		if op.Target == "" {
			resource = resource[:len(resource)-12] + "*"
		}
		if strings.HasPrefix(path, "/tags/") {
			path = tagPath(arn) + "?tagKeys=a"
		}
		r := nobody.Do(t, op.Method, path, body)
		wantError(t, r, 403, "AccessDeniedException", "")
		text := "User: arn:aws:iam::111111111111:user/nobody is not authorized to perform: ivschat:" + op.Name + " on resource: " + resource +
			" because no identity-based policy allows the ivschat:" + op.Name + " action"
		if got := r.Text("message"); got != text {
			t.Errorf("%s: %s\nwant %s", op.Name, got, text)
		}
	}
}

// What goes wrong inside stays inside; the log has it.
func TestInternalErrors(t *testing.T) {
	w := newWorld(t)
	w.rooms.Fail(errors.New("disk at /var/secret is full"))
	r := w.Post(t, "CreateRoom", `{}`)
	wantError(t, r, 500, "InternalServerException", "")
	if strings.Contains(r.Body, "secret") {
		t.Errorf("told the caller: %s", r.Body)
	}
	if text := w.log.String(); !strings.Contains(text, "disk at /var/secret is full") || !strings.Contains(text, "level=ERROR") {
		t.Errorf("log = %s", text)
	}
}

// clumsy is a hub with a fault.
type clumsy struct {
	*chattest.Hub
	none map[string]string
}

func (c clumsy) SendEvent(context.Context, chat.ARN, chat.Event) error {
	c.none["x"] = "y"
	return nil
}

// A fault is an answer like others, and a line in the log that somebody reads.
func TestPanic(t *testing.T) {
	w := newWorld(t)
	room := w.room(t, `{}`)
	w.server.Hub = clumsy{}
	r := w.Post(t, "SendEvent", `{"roomIdentifier":"`+room+`","eventName":"e"}`)
	wantError(t, r, 500, "InternalServerException", "")
	if text := w.log.String(); !strings.Contains(text, "nil map") || !strings.Contains(text, "SendEvent") || strings.Contains(r.Body, "nil map") {
		t.Errorf("answered %s and logged %s, want the fault in the log alone", r.Body, text)
	}
}

func TestServedScopes(t *testing.T) {
	w := newWorldWith(t, `{"profile":"dev"}`, control.Config{Regions: []string{"us-west-2"}, Accounts: []string{chattest.Account}})
	w.room(t, `{}`)
	wantError(t, w.In("eu-west-1").Post(t, "CreateRoom", `{}`), 403, "AccessDeniedException", "")
	wantError(t, w.As(chattest.OtherAccount, chattest.Admin).Post(t, "CreateRoom", `{}`), 403, "AccessDeniedException", "")
}

// A body that doesn't tell its length is held to the same limit.
func TestLongBody(t *testing.T) {
	w := newWorld(t)
	body := `{"unknown":"` + strings.Repeat("x", 256<<10) + `"}`
	r := w.Request(t, http.MethodPost, "/CreateRoom", body)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
	resp, err := w.HTTP.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s, want 413", resp.StatusCode, readAll(t, resp))
	}
}

// A body that ends before its length is no request.
func TestShortBody(t *testing.T) {
	w := newWorld(t)
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(w.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /CreateRoom HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{}")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 400") {
		t.Errorf("answer = %s, %v", buf[:n], err)
	}
}

// A body that does not come in time is told so.
func TestLateBody(t *testing.T) {
	w := newWorld(t)
	answer := httptest.NewRecorder()
	body := io.MultiReader(strings.NewReader(`{"name"`), iotest.ErrReader(os.ErrDeadlineExceeded)) // as net/http's own, when time is up
	w.server.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/CreateRoom", body))
	if code := answer.Header().Get("X-Amzn-Errortype"); answer.Code != http.StatusRequestTimeout || code != "RequestTimeoutException" {
		t.Errorf("answer = %d %s %s, want 408 RequestTimeoutException", answer.Code, code, answer.Body)
	}
}

// Every operation of the contract has its rate (behaviour.md §6).
func TestEveryOperationHasARate(t *testing.T) {
	limits, err := quota.Profile(quota.ProfileAWS)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range api.Operations() {
		if limits.Of(chattest.Account, quota.Name(op.Name)) == quota.Unlimited {
			t.Errorf("%s has no rate", op.Name)
		}
	}
}

// A caller who goes away has still asked: what has begun is done to its end.
func TestCallerGone(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := w.Request(t, http.MethodPost, "/CreateRoom", `{}`).WithContext(ctx)
	cancel()
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	if got := w.rooms.Count(chat.Scope{Account: chattest.Account, Region: chattest.Region}); answer.Code != 200 || got != 1 {
		t.Errorf("got %d %s and %d rooms, want the room made", answer.Code, answer.Body, got)
	}
}

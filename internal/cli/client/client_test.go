package client_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parlor/api"
	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/client"
	"parlor/internal/cli/value"
	"parlor/internal/sigv4"
)

// A service answers with each of its replies in turn and keeps what it was asked.
type service struct {
	*httptest.Server
	mu    sync.Mutex // guards the following
	asked []string
	bad   []string
}

func newService(t *testing.T, replies ...http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		n := len(s.asked)
		s.asked = append(s.asked, r.Method+" "+r.RequestURI+" "+string(body))
		var v sigv4.Verifier
		if signature, err := sigv4.Parse(r); err != nil || v.Verify(r, signature, sha256.Sum256(body), "secret", time.Now()) != nil {
			s.bad = append(s.bad, r.RequestURI)
		}
		s.mu.Unlock()
		replies[min(n, len(replies)-1)](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func settings(t *testing.T, vars map[string]string) *client.Settings {
	t.Helper()
	home := t.TempDir()
	config, err := awsconf.Load(func(k string) (string, bool) {
		if k == "HOME" {
			return home, true
		}
		v, ok := vars[k]
		return v, ok
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	region := "us-west-2"
	return &client.Settings{
		Config: config, Region: &region, ReadTimeout: time.Minute, Connect: time.Minute,
		Credentials: &sigv4.Credentials{AccessKeyID: "K", SecretAccessKey: "secret", SessionToken: "session"},
	}
}

func call(t *testing.T, s *client.Settings, op *api.Operation, input string) (string, error) {
	t.Helper()
	c, err := client.New(s)
	if err != nil {
		return "", err
	}
	v, err := value.Parse(input)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := v.(*value.Map)
	out, err := c.Call(t.Context(), op, m)
	if err != nil {
		return "", err
	}
	return value.JSON(out, value.Style{}), nil
}

func TestRequest(t *testing.T) {
	s := newService(t, say(http.StatusOK, "{}"))
	for _, tt := range []struct {
		op          *api.Operation
		input, want string
	}{
		{api.CreateRoom.Operation, `{}`, "POST /base/CreateRoom {}"},
		{api.GetRoom.Operation, `{"identifier":"é"}`, `POST /base/GetRoom {"identifier":"é"}`},
		{api.ListTagsForResource.Operation, `{"resourceArn":"a:b/c d"}`, "GET /base/tags/a%3Ab%2Fc%20d "},
		{api.TagResource.Operation, `{"resourceArn":"a/b","tags":{"k":"v"}}`, `POST /base/tags/a%2Fb {"tags":{"k":"v"}}`},
		{api.UntagResource.Operation, `{"resourceArn":"a","tagKeys":["x y","a&b"]}`, "DELETE /base/tags/a?tagKeys=x%20y&tagKeys=a%26b "},
	} {
		cfg := settings(t, nil)
		cfg.Endpoint = s.URL + "/base/"
		if _, err := call(t, cfg, tt.op, tt.input); err != nil {
			t.Fatal(err)
		}
		if got := s.asked[len(s.asked)-1]; got != tt.want {
			t.Errorf("%s sent %s, want %s", tt.op.Name, got, tt.want)
		}
	}
	if s.bad != nil {
		t.Errorf("badly signed: %q", s.bad)
	}
}

func TestAnswer(t *testing.T) {
	for _, tt := range []struct {
		op         *api.Operation
		body, want string
	}{
		{api.CreateChatToken.Operation, `{"x":1,"sessionExpirationTime":"2022-03-16T04:44:09.5Z","token":5}`, `{"token":5,"sessionExpirationTime":"2022-03-16T04:44:09.500000+00:00"}`},
		{api.CreateChatToken.Operation, `{"tokenExpirationTime":"Wed, 16 Mar 2022 03:45:09 GMT","token":null}`, `{"tokenExpirationTime":"2022-03-16T03:45:09+00:00"}`},
		{api.CreateChatToken.Operation, `{"tokenExpirationTime":"2022-03-16"}`, `{"tokenExpirationTime":"2022-03-16T00:00:00"}`},
		{api.CreateChatToken.Operation, `<html>`, `{}`},
		{api.GetRoom.Operation, `{"tags":{"b":null,"a":"x"}}`, `{"tags":{"b":null,"a":"x"}}`},
		{api.ListRooms.Operation, `{"rooms":[null,{"name":"x","tags":null}]}`, `{"rooms":[null,{"name":"x"}]}`},
		{api.GetRoom.Operation, `{"loggingConfigurationIdentifiers":5}`, `Invalid service response: LoggingConfigurationIdentifiers must be a list, not <class 'int'>.`},
		{api.GetLoggingConfiguration.Operation, `{"destinationConfiguration":{"kafka":{},"__type":"x"}}`, `{"destinationConfiguration":{"SDK_UNKNOWN_MEMBER":{"name":"kafka"}}}`},
		{api.GetLoggingConfiguration.Operation, `{"destinationConfiguration":{"s3":{},"firehose":{}}}`, `Invalid service response: DestinationConfiguration must have one and only one member set.`},
		{api.CreateChatToken.Operation, `{"tokenExpirationTime":"soon"}`, `Invalid timestamp "soon": Unknown string format: soon`},
		{api.CreateChatToken.Operation, `[]`, `Invalid service response: CreateChatTokenResponse must be a map, not <class 'list'>.`},
	} {
		cfg := settings(t, nil)
		cfg.Endpoint = newService(t, say(http.StatusOK, tt.body)).URL
		got, err := call(t, cfg, tt.op, `{}`)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s of %s = %s, want %s", tt.op.Name, tt.body, got, tt.want)
		}
	}
}

func TestRefusal(t *testing.T) {
	for _, tt := range []struct {
		reply         http.HandlerFunc
		code, message string
	}{
		{say(400, `{"message":"m"}`, "X-Amzn-ErrorType", "a#ValidationException:http://x"), "ValidationException", "m"},
		{say(400, `{"__type":"p#C","Message":"M"}`), "C", "M"},
		{say(403, `{}`), "403", ""},
		{say(404, `plain`), "404", "plain"},
		{say(502, `<html>x`), "502", "Bad Gateway"},
		{say(301, ``, "Location", "http://127.0.0.1:1"), "301", ""},
	} {
		cfg := settings(t, map[string]string{"AWS_MAX_ATTEMPTS": "1"})
		cfg.Endpoint = newService(t, tt.reply).URL
		_, err := call(t, cfg, api.GetRoom.Operation, `{}`)
		refused, ok := errors.AsType[*client.ServiceError](err)
		if !ok || refused.Code != tt.code || refused.Message != tt.message {
			t.Errorf("got %v, want %s: %s", err, tt.code, tt.message)
		}
	}
}

func TestRetries(t *testing.T) {
	throttled := say(400, `{}`, "X-Amzn-ErrorType", "ThrottlingException")
	for _, tt := range []struct {
		replies []http.HandlerFunc
		asked   int
		fails   string
	}{
		{[]http.HandlerFunc{say(503, ""), say(200, "{}")}, 2, ""},
		{[]http.HandlerFunc{throttled, say(200, "{}")}, 2, ""},
		{[]http.HandlerFunc{throttled}, 2, "(reached max retries: 1)"},
		{[]http.HandlerFunc{say(429, "")}, 1, "(429)"},
		{[]http.HandlerFunc{say(501, "")}, 1, "(501)"},
		{[]http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, say(200, "{}")}, 2, ""},
	} {
		s := newService(t, tt.replies...)
		cfg := settings(t, map[string]string{"AWS_MAX_ATTEMPTS": "2"})
		cfg.Endpoint = s.URL
		_, err := call(t, cfg, api.GetRoom.Operation, `{}`)
		if len(s.asked) != tt.asked || (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("asked %d times, %v; want %d times, %q", len(s.asked), err, tt.asked, tt.fails)
		}
	}
}

func TestDebugHidesSecrets(t *testing.T) {
	cfg := settings(t, nil)
	cfg.Endpoint = newService(t, say(200, `{"token":"the-token"}`)).URL
	var said strings.Builder
	cfg.Debug = func(logger, format string, args ...any) {
		said.WriteString(logger)
		for _, a := range args {
			said.WriteString(value.Str(a))
			if s, ok := a.(string); ok {
				said.WriteString(s)
			}
		}
		said.WriteString(format)
	}
	if _, err := call(t, cfg, api.CreateChatToken.Operation, `{"roomIdentifier":"r","userId":"ada-lovelace"}`); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"secret", "session", "the-token", "ada-lovelace", "Signature=" + "0"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("debug output has %q:\n%s", secret, said.String())
		}
	}
	if !strings.Contains(said.String(), "CreateChatToken") || !strings.Contains(said.String(), "REDACTED") {
		t.Errorf("debug output says too little:\n%s", said.String())
	}
}

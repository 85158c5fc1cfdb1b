package cli_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parlor/api"
	"parlor/internal/sigv4"
)

// The resources of the stub.
const (
	roomARN    = "arn:aws:ivschat:us-west-2:123456789012:room/g1H2I3j4k5L6"
	loggingARN = "arn:aws:ivschat:us-west-2:123456789012:logging-configuration/mNoPqRsTuVwX"
	lambdaARN  = "arn:aws:lambda:us-west-2:123456789012:function:review"
)

// A reply is one scripted answer.
type reply struct {
	Status   int
	Headers  map[string]string
	Body     json.RawMessage
	Raw      *string
	Delay    float64
	Drop     bool
	Truncate bool
}

// A stub is a service that answers from a script and remembers what it was asked.
type stub struct {
	*httptest.Server
	script map[string][]reply
	usual  map[string]json.RawMessage

	mu    sync.Mutex // guards the following
	asked []request
	count map[string]int
}

// newStub starts a stub without a script.
func newStub(t *testing.T, withTLS bool) *stub {
	t.Helper()
	s := &stub{count: map[string]int{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	if withTLS {
		pair, err := tls.LoadX509KeyPair("testdata/certs/server.pem", "testdata/certs/server.key")
		if err != nil {
			t.Fatal(err)
		}
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		s.StartTLS()
	} else {
		s.Start()
	}
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return s
}

func (s *stub) port() string {
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return port
}

func (s *stub) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if u, err := url.Parse(r.RequestURI); err == nil && u.IsAbs() { // we are the proxy
		path = u.EscapedPath()
	}
	key := r.Method + " " + path
	op := ""
	if _, scripted := s.script[key]; !scripted {
		if op = operationOf(r.Method, path); op != "" {
			key = op
		}
	}
	s.mu.Lock()
	n := s.count[key]
	s.count[key]++
	if op != "" {
		s.asked = append(s.asked, newRequest(op, r, body))
	}
	s.mu.Unlock()
	answer := reply{Status: http.StatusNotFound, Body: json.RawMessage(`{"message":"no script"}`)}
	if script := s.script[key]; len(script) > 0 {
		answer = script[min(n, len(script)-1)]
	} else if op != "" {
		answer = reply{Body: s.usual[op]}
	}
	answer.send(w, r, op)
}

func (a *reply) send(w http.ResponseWriter, r *http.Request, op string) {
	if a.Delay > 0 {
		select {
		case <-time.After(time.Duration(a.Delay * float64(time.Second))):
		case <-r.Context().Done():
		}
	}
	if a.Drop {
		panic(http.ErrAbortHandler)
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
		if o, ok := api.Lookup(op); ok {
			status = o.Status
		}
	}
	var text []byte
	switch {
	case a.Raw != nil:
		text = []byte(*a.Raw)
	case a.Body != nil && string(a.Body) != "null":
		text = a.Body
		w.Header().Set("Content-Type", "application/json")
	}
	for k, v := range a.Headers {
		w.Header().Set(k, v)
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	n := len(text)
	if a.Truncate {
		n += 100
	}
	w.Header().Set("Content-Length", strconv.Itoa(n))
	w.WriteHeader(status)
	_, _ = w.Write(text)
	if a.Truncate {
		panic(http.ErrAbortHandler)
	}
}

// operationOf finds the operation that a request is for.
func operationOf(method, path string) string {
	for _, op := range api.Operations() {
		if op.Method != method {
			continue
		}
		if tags, _, ok := strings.Cut(op.Path, "{"); ok && strings.HasPrefix(path, tags) || strings.HasSuffix(path, op.Path) {
			return op.Name
		}
	}
	return ""
}

func newRequest(op string, r *http.Request, body []byte) request {
	q := request{Op: op, Method: r.Method, Target: r.RequestURI}
	_ = json.Unmarshal(body, &q.Body)
	if token := r.Header.Get("X-Amz-Security-Token"); token != "" {
		q.Token = &token
	}
	signature, err := sigv4.Parse(r)
	if err != nil {
		return q
	}
	scope, verdict := signature.Region+"/"+signature.Service, "bad"
	var v sigv4.Verifier
	secret, known := secretOf(signature.AccessKeyID)
	if !known {
		verdict = "unknown-key"
	} else if v.Verify(r, signature, sha256.Sum256(body), secret, time.Now()) == nil {
		verdict = "ok"
	}
	q.Key, q.Scope, q.Sig = &signature.AccessKeyID, &scope, &verdict
	return q
}

// secretOf returns the secret of one of the corpus's keys: AKIDPROD has
// prod/secret+EXAMPLEKEY.
func secretOf(id string) (string, bool) {
	name, ok := strings.CutPrefix(id, "AKID")
	name = strings.TrimSuffix(name, "EXAMPLE")
	return strings.ToLower(name) + "/secret+EXAMPLEKEY", ok
}

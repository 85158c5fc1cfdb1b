package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parlor/internal/config"
	"parlor/internal/local"
	"parlor/internal/sigv4"
)

// A word is a writer that others can wait on.
type word struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (w *word) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
	return w.text.Write(p)
}

func (w *word) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// A running server, and what it said.
type running struct {
	url, admin string
	out, log   *word
	stop       func() error
}

var places = regexp.MustCompile(`endpoint=(\S+) admin=(\S+)`)

// run starts a server with the given flags in this process and stops it with the test.
func run(t *testing.T, flags ...string) *running {
	t.Helper()
	cfg, err := config.Load(append([]string{
		"--dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--drain-window", "0s",
		"--state-file", filepath.Join(t.TempDir(), "server.json"),
	}, flags...), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{out: &word{more: make(chan struct{}, 1)}, log: &word{more: make(chan struct{}, 1)}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, cfg.Config, r.out, r.log) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = r.stop() })
	for r.url == "" {
		select {
		case <-r.log.more:
			if m := places.FindStringSubmatch(r.log.String()); m != nil {
				r.url, r.admin = m[1], m[2]
			}
		case err := <-ended:
			t.Fatalf("Run() = %v and said %s", err, r.log)
		}
	}
	return r
}

// call makes a request signed by cred.
func (r *running) call(t *testing.T, cred sigv4.Credentials, operation, body string, header ...string) (int, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/"+operation, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := sigv4.Sign(q, []byte(body), cred, "us-west-2", "ivschat", time.Now()); err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	return answered(t, q)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return answered(t, q)
}

func answered(t *testing.T, q *http.Request) (int, string) {
	t.Helper()
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

func devCred() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: DevAccessKey, SecretAccessKey: DevSecretKey}
}

// TestDevelopmentServer asks each of its doors.
func TestDevelopmentServer(t *testing.T) {
	r := run(t)
	for path, want := range map[string]string{"/livez": "ok", "/readyz": "ok", "/metrics": "ivschat_concurrent_chat_connections"} {
		if status, text := get(t, r.admin+path); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("GET %s = %d %.80s, want %s", path, status, text, want)
		}
	}
	for _, path := range []string{"/", "/demo", "/demo/", "/console/"} {
		if status, text := get(t, r.url+path); status != http.StatusOK || !strings.Contains(text, "<html") {
			t.Errorf("GET %s = %d %.80s, want a page", path, status, text)
		}
	}
	if status, text := get(t, r.url+"/nowhere"); status != http.StatusNotFound || !strings.HasPrefix(text, "{") {
		t.Errorf("GET /nowhere = %d %s, want 404 in JSON", status, text)
	}
	room := "arn:aws:ivschat:us-west-2:000000000000:room/" + devRoom
	status, text := r.call(t, devCred(), "CreateChatToken", fmt.Sprintf(`{"roomIdentifier":%q,"userId":"ada-lovelace"}`, room))
	if status != http.StatusOK {
		t.Errorf("CreateChatToken = %d %s", status, text)
	}
	token := regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(text)
	for _, secret := range []string{DevSecretKey, "ada-lovelace", token[1]} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log shows %s", secret)
		}
	}
}

// TestPagesOfAServerOfOnesOwn are given what the operator named, and no key.
func TestPagesOfAServerOfOnesOwn(t *testing.T) {
	r := run(t, "--dev=false", "--data", t.TempDir(), "--regions", "eu-west-1", "--demo-backend", "http://127.0.0.1:3000")
	for path, want := range map[string]string{
		"/demo/config.json":    `{"backend":"http://127.0.0.1:3000"}`,
		"/console/config.json": `{"region":"eu-west-1","accessKeyId":"","secretAccessKey":""}`,
	} {
		if status, text := get(t, r.url+path); status != http.StatusOK || text != want {
			t.Errorf("GET %s = %d %s, want %s", path, status, text, want)
		}
	}
	if status, text := get(t, r.url+"/demo/api/list"); status != http.StatusNotFound {
		t.Errorf("GET /demo/api/list = %d %s, want 404: only --dev has a backend", status, text)
	}
}

// TestOtherProtocolsWanted asks as Java's HTTP client does, which would like HTTP/2.
func TestOtherProtocolsWanted(t *testing.T) {
	r := run(t)
	status, text := r.call(t, devCred(), "ListRooms", `{}`, "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAEAAEAA")
	if status != http.StatusOK {
		t.Errorf("ListRooms with Upgrade: h2c = %d %s, want 200", status, text)
	}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Upgrade", "websocket") // without Connection: it can't be had so
	if status, text := answered(t, q); status != http.StatusUpgradeRequired {
		t.Errorf("GET / with Upgrade: websocket alone = %d %s, want 426", status, text)
	}
}

// TestStateFile is there while the server is, for its user alone.
func TestStateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "server.json")
	r := run(t, "--state-file", path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("state file: %v, %v, want mode 0600", info, err)
	}
	s, err := local.Read(path)
	if err != nil || s.Endpoint != r.url || s.AccessKeyID != DevAccessKey {
		t.Errorf("state file says %v, %v, want %s", s, err, r.url)
	}
	_ = r.stop()
	if _, err := os.Stat(path); err == nil {
		t.Error("the state file outlives the server")
	}
}

// TestTrustedProxyNamesTheClient has a policy that knows an address, asked through a proxy.
func TestTrustedProxyNamesTheClient(t *testing.T) {
	file := filepath.Join(t.TempDir(), "iam.json")
	text := `{"users":[{"name":"far","policies":["office"],"keys":[{"id":"AKIDFAR","secret":"far-secret"}]}],
	 "policies":[{"name":"office","document":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*",
	  "Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"Bool":{"aws:SecureTransport":"true"}}}}}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cred := sigv4.Credentials{AccessKeyID: "AKIDFAR", SecretAccessKey: "far-secret"}
	for _, tt := range []struct {
		trusted, forwarded, proto string
		want                      int
	}{
		{"127.0.0.0/8", "192.0.2.7", "https", http.StatusOK},
		{"127.0.0.0/8,10.0.0.0/8", "192.0.2.7, 10.1.1.1", "https", http.StatusOK},
		{"127.0.0.0/8", "192.0.2.7, 10.1.1.1", "https", http.StatusForbidden}, // 10.1.1.1 is the client
		{"127.0.0.0/8", "192.0.2.7:4711", "https", http.StatusOK},
		{"127.0.0.0/8", "192.0.2.7, [2001:db8::1]:4711", "https", http.StatusForbidden},
		{"127.0.0.0/8", "192.0.2.7", "http", http.StatusForbidden},
		{"10.0.0.0/8", "192.0.2.7", "https", http.StatusForbidden}, // not a proxy of ours
		{"127.0.0.0/8", "nonsense", "https", http.StatusForbidden},
	} {
		r := run(t, "--iam-file", file, "--trusted-proxies", tt.trusted)
		status, answer := r.call(t, cred, "ListRooms", `{}`, "X-Forwarded-For", tt.forwarded, "X-Forwarded-Proto", tt.proto)
		if status != tt.want {
			t.Errorf("ListRooms from %q (%s) by way of %s = %d %s, want %d", tt.forwarded, tt.proto, tt.trusted, status, answer, tt.want)
		}
		_ = r.stop()
	}
}

// TestMistakesStopTheServer before it serves.
func TestMistakesStopTheServer(t *testing.T) {
	for flag, value := range map[string]string{
		"--quotas": "/nonexistent", "--iam-file": "/nonexistent", "--tls-cert": "/nonexistent", "--nats-ca": "/nonexistent",
	} {
		flags := []string{"--dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--state-file", "-", flag, value}
		if flag == "--tls-cert" {
			flags = append(flags, "--tls-key", value)
		}
		cfg, err := config.Load(flags, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := Run(t.Context(), cfg.Config, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "nonexistent") {
			t.Errorf("Run with %s %s = %v, want an error that names it", flag, value, err)
		}
	}
}

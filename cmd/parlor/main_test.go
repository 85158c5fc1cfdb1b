package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"parlor/internal/sigv4"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"parlor": main})
}

// TestScripts plays what a person types.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_RUNTIME_DIR", filepath.Join(e.WorkDir, "run"))
			return nil
		},
	})
}

// A process is a server of its own that a test may kill.
type process struct {
	cmd  *exec.Cmd
	url  string
	cred sigv4.Credentials
}

var (
	servingAt = regexp.MustCompile(`serving at (http://[0-9.:]+),`)
	accessKey = regexp.MustCompile(`Access key +(\S+)`)
	secretKey = regexp.MustCompile(`Secret key +(\S+)`)
)

// start runs a server on dir and waits until it serves.
func start(t *testing.T, dir string, cred sigv4.Credentials) *process {
	t.Helper()
	parlor, err := exec.LookPath("parlor")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cred: cred}
	p.cmd = exec.CommandContext(t.Context(), parlor, "serve", "--data", dir, "--quotas", "off",
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--state-file", "-", "--drain-window", "0s")
	var log bytes.Buffer
	p.cmd.Stderr = &log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	var said []byte
	for buf := make([]byte, 4096); ; {
		n, err := out.Read(buf)
		said = append(said, buf[:n]...)
		if m := servingAt.FindSubmatch(said); m != nil {
			p.url = string(m[1])
			break
		}
		if err != nil {
			t.Fatalf("the server said %s and %s", said, log.Bytes())
		}
	}
	if m := accessKey.FindSubmatch(said); m != nil {
		p.cred = sigv4.Credentials{AccessKeyID: string(m[1]), SecretAccessKey: string(secretKey.FindSubmatch(said)[1])}
	}
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// call makes a signed request and returns the answer's status and body.
func (p *process) call(ctx context.Context, operation, body string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/"+operation, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if err := sigv4.Sign(r, []byte(body), p.cred, "us-west-2", "ivschat", time.Now()); err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// TestKillLosesNoRoom kills the server in the midst of writing, again and again: each
// room whose making was acknowledged is there after the next start.
func TestKillLosesNoRoom(t *testing.T) {
	dir := t.TempDir()
	var cred sigv4.Credentials
	var mu sync.Mutex
	var rooms []string
	for round := range 3 {
		p := start(t, dir, cred)
		cred = p.cred
		for _, arn := range rooms {
			if status, text, err := p.call(t.Context(), "GetRoom", fmt.Sprintf(`{"identifier":%q}`, arn)); status != http.StatusOK {
				t.Fatalf("round %d: GetRoom(%s) = %d %s %v after a kill", round, arn, status, text, err)
			}
		}
		enough := make(chan struct{})
		var once sync.Once
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for n := 0; ; n++ {
					status, text, err := p.call(t.Context(), "CreateRoom", `{"name":"kept"}`)
					if err != nil || status != http.StatusOK {
						return // the kill
					}
					var made struct{ ARN string }
					if err := json.Unmarshal(text, &made); err != nil {
						t.Errorf("CreateRoom answered %s", text)
					}
					mu.Lock()
					rooms = append(rooms, made.ARN)
					mu.Unlock()
					if n == 10 {
						once.Do(func() { close(enough) })
					}
				}
			})
		}
		<-enough
		p.kill()
		writers.Wait()
	}
	if len(rooms) < 30 {
		t.Fatalf("%d rooms made, want some dozens", len(rooms))
	}
}

// TestKeySurvives signs in after a restart with the key shown at the first start.
func TestKeySurvives(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, sigv4.Credentials{})
	if first.cred.AccessKeyID == "" {
		t.Fatal("the first start shows no key")
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o077 != 0 && info.Mode().Perm() != 0o755 {
		t.Errorf("data directory: %v %v", info, err)
	}
	first.kill()
	second := start(t, dir, sigv4.Credentials{})
	if second.cred.AccessKeyID != "" {
		t.Error("the second start shows a key again")
	}
	second.cred = first.cred
	if status, text, err := second.call(t.Context(), "ListRooms", `{}`); status != http.StatusOK {
		t.Errorf("ListRooms = %d %s %v with the first key", status, text, err)
	}
}

// TestSecondServerIsRefused starts two servers on one directory.
func TestSecondServerIsRefused(t *testing.T) {
	dir := t.TempDir()
	start(t, dir, sigv4.Credentials{})
	out, err := exec.CommandContext(t.Context(), "parlor", "serve", "--data", dir,
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--state-file", "-").CombinedOutput()
	if err == nil || !strings.Contains(string(out), dir) || !strings.Contains(string(out), "in use") {
		t.Errorf("a second server on %s ended with %v and said %s, want it refused by name", dir, err, out)
	}
}

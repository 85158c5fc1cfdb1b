// Package conformance judges Parlor by clients that others wrote: the AWS SDK
// for Go, the AWS CLI, the JavaScript SDKs and plain RFC 6455, against a real
// server process. docs/checklist.md says which test proves which line of the
// contract.
package conformance

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take that should be there at once, on a
// machine that may have much else to do.
const patience = 2 * time.Minute

// shared is the development server that most tests talk to. They keep out of
// each other's way by rooms and, where they list, by regions of their own.
var shared *server

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("conformance tests need a server process and foreign clients: not with -short")
		return
	}
	// Most of the time is spent waiting for clocks, not for the processor.
	if err := flag.Set("test.parallel", "24"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "parlor-conformance-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := build(filepath.Join(dir, "parlor")); err != nil {
		return 0, err
	}
	// A development server's own quotas, but for what the tests leave behind.
	quotas := filepath.Join(dir, "quotas.json")
	if err := os.WriteFile(quotas, []byte(`{"profile":"dev","quotas":{"LoggingConfigurations":-1}}`), 0o600); err != nil {
		return 0, err
	}
	if shared, err = launch(filepath.Join(dir, "parlor"), dir, "--dev", "--listen", "127.0.0.1:0", "--quotas", quotas); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shared.stop()) }()
	code = m.Run()
	return code, shared.deserted()
}

// build makes the server, or takes the one that PARLOR_BINARY names.
func build(to string) error {
	if from := os.Getenv("PARLOR_BINARY"); from != "" {
		from, err := filepath.Abs(from)
		if err != nil {
			return err
		}
		return os.Symlink(from, to)
	}
	out, err := exec.Command("go", "build", "-o", to, "parlor/cmd/parlor").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return nil
}

// A server is one process of `parlor serve`.
type server struct {
	binary    string
	endpoint  string // of the control plane: http://host:port
	admin     string // of metrics and health
	accessKey string
	secretKey string

	cmd   *exec.Cmd
	ended error        // how the process ended; read it through wait
	wait  func() error // waits for the process's end, any number of times

	printed, logged transcript // for people to read, and the log
}

// A transcript is what somebody has written so far.
type transcript struct {
	mu   sync.Mutex // guards the following
	text strings.Builder
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// The development server's well-known credentials.
const (
	devAccessKey = "PARLORDEVACCESSKEY"
	devSecretKey = "parlor-dev-secret"
	devAccount   = "000000000000"
)

var adminLine = regexp.MustCompile(`admin=(http://127\.0\.0\.1:[0-9]+)`)

var endpointLine = regexp.MustCompile(`https?://127\.0\.0\.1:[0-9]+`)

// launch starts `parlor serve` and returns when it has said where it listens.
func launch(binary, dir string, args ...string) (*server, error) {
	s := &server{binary: binary, accessKey: devAccessKey, secretKey: devSecretKey}
	args = append([]string{"serve", "--admin-listen", "127.0.0.1:0", "--state-file", "-"}, args...)
	args = append(args, strings.Fields(os.Getenv("PARLOR_FLAGS"))...) // to judge another way to run, such as --goroutine-driver
	s.cmd = exec.Command(binary, args...)
	s.cmd.Dir = dir
	s.cmd.Env = append(cleanEnv(), "HOME="+dir)
	pipe, w := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = &s.printed, w
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ready, ended := make(chan string, 1), make(chan struct{})
	go s.collect(pipe, ready)
	go func() {
		defer close(ended)
		s.ended = s.cmd.Wait()
		_ = w.Close()
	}()
	s.wait = func() error { <-ended; return s.ended }
	select {
	case s.endpoint = <-ready:
		return s, nil
	case <-ended:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
	}
	return nil, fmt.Errorf("parlor %s said no address: %w\n%s", strings.Join(args, " "), s.wait(), s.printed.String()+s.log())
}

// collect keeps what the server logs and reports the first address in it.
func (s *server) collect(r io.Reader, ready chan<- string) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := lines.Text()
		_, _ = io.WriteString(&s.logged, line+"\n")
		if at := adminLine.FindStringSubmatch(line); at != nil && ready != nil {
			s.admin = at[1] // read only by who has heard from ready
		}
		if at := endpointLine.FindString(line); at != "" && ready != nil {
			ready <- at
			ready = nil
		}
	}
}

// log is the last that the server has logged so far.
func (s *server) log() string {
	lines := slices.Collect(strings.Lines(s.logged.String()))
	return strings.Join(lines[max(len(lines)-20, 0):], "")
}

// stop ends the server as an operator would.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	killed := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer killed.Stop()
	if err := s.wait(); err != nil {
		return fmt.Errorf("parlor ended with %w:\n%s", err, s.log())
	}
	return nil
}

// ws is the address of the messaging endpoint.
func (s *server) ws() string { return "ws" + strings.TrimPrefix(s.endpoint, "http") }

// start runs a server of the test's own, with its data in the test's directory.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	s, err := launch(shared.binary, t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", s.log())
		}
	})
	return s
}

// once runs `parlor serve` to its end, which must come by itself.
func (s *server) once(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(within(t), s.binary, append([]string{"serve", "--admin-listen", "127.0.0.1:0", "--state-file", "-"}, args...)...)
	cmd.Env = cleanEnv()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// cleanEnv is the environment without anything that points AWS clients or
// Parlor elsewhere.
func cleanEnv() (env []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "AWS_") && !strings.HasPrefix(e, "PARLOR_") && !strings.HasPrefix(e, "HOME=") {
			env = append(env, e)
		}
	}
	return env
}

// within is the test's context, ended when patience is.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

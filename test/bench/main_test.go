// Package bench times a real server process from outside: what a delivery, a
// handshake and an idle connection cost it. The stages inside have benchmarks
// beside their code. `make bench` runs all of them; docs/performance.md keeps
// the last results and says how peers were measured.
package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"parlor/internal/chattest"
	"parlor/internal/sigv4"
)

// program is the server under test; empty when no benchmark was asked for.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if flag.Lookup("test.bench").Value.String() == "" {
		return m.Run(), nil // nothing here but benchmarks
	}
	if program = os.Getenv("PARLOR_BINARY"); program == "" {
		dir, err := os.MkdirTemp("", "parlor-bench-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "parlor")
		if out, err := exec.Command("go", "build", "-o", program, "parlor/cmd/parlor").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build the server: %w\n%s", err, out)
		}
	}
	return m.Run(), nil
}

// What requests are signed with.
const accessKey, secretKey = "PARLORDEVACCESSKEY", "parlor-dev-secret"

// A server is a process under test, without quotas.
type server struct {
	pid  int
	addr string
	api  *chattest.Client
}

// serve starts a server that lives as long as b.
func serve(b *testing.B, args ...string) *server {
	b.Helper()
	args = append([]string{
		"serve", "--dev", "--quotas", "off", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json",
	}, args...)
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), program, args...)
	cmd.Env = []string{"GOMAXPROCS=1", "HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}
	out, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var line struct{ Msg, Endpoint string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			go func() { // or the server would wait for somebody to read
				for lines.Scan() {
				}
			}()
			api := &chattest.Client{
				URL: line.Endpoint, Region: "us-west-2", HTTP: &http.Client{},
				Credentials: sigv4.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey},
			}
			return &server{pid: cmd.Process.Pid, addr: strings.TrimPrefix(line.Endpoint, "http://"), api: api}
		}
	}
	b.Fatal("the server did not start")
	return nil
}

// onDisk has a server keep its data in a directory, know the key of development, and
// take a directory for the bucket called logs.
func onDisk(b *testing.B) []string {
	b.Helper()
	users := filepath.Join(b.TempDir(), "users.json")
	if err := os.WriteFile(users, []byte(`{"users":[{"name":"bench","policies":["AdministratorAccess"],
		"keys":[{"id":"`+accessKey+`","secret":"`+secretKey+`"}]}]}`), 0o600); err != nil {
		b.Fatal(err)
	}
	return []string{"--dev=false", "--data", b.TempDir(), "--iam-file", users, "--log-directories", "logs=" + b.TempDir()}
}

// cpu is what the server has used so far, in user and kernel.
func (s *server) cpu(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(rest)
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}

// rss is the memory the server has in use.
func (s *server) rss(b *testing.B) int {
	b.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.pid))
	if err != nil {
		b.Fatal(err)
	}
	pages, _ := strconv.Atoi(strings.Fields(string(statm))[1])
	return pages * os.Getpagesize()
}

// room makes a room.
func (s *server) room(b *testing.B) (arn string) {
	b.Helper()
	return s.api.Post(b, "CreateRoom", `{"maximumMessageRatePerSecond":100}`).Text("arn")
}

// token makes a token for the room.
func (s *server) token(b *testing.B, room string) string {
	b.Helper()
	return s.must(b, "CreateChatToken", `{"roomIdentifier":"`+room+`","userId":"u","capabilities":["SEND_MESSAGE"]}`).Text("token")
}

// must calls an operation that has to go well.
func (s *server) must(b *testing.B, operation, body string) *chattest.Reply {
	b.Helper()
	reply := s.api.Post(b, operation, body)
	if reply.Status/100 != 2 {
		b.Fatal(operation, reply.Status, reply.Body)
	}
	return reply
}

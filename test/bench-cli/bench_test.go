// Package benchcli measures the whole process of a signed call, ours beside the AWS
// CLI's, in one run and on one machine.
package benchcli

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// What must hold (issue 5).
const (
	wallShare   = 1.0 / 20
	memoryShare = 1.0 / 3
	startUp     = 15 * time.Millisecond // without network
)

// A measure is the median wall time and the median memory of some runs.
type measure struct {
	wall   time.Duration
	memory int64 // KiB
}

// TestBars runs only when it is asked for: make bench-cli.
func TestBars(t *testing.T) {
	if asked := flag.Lookup("test.v"); asked == nil || asked.Value.String() != "true" || testing.Short() {
		t.Skip("make bench-cli runs it")
	}
	aws := "/usr/bin/aws"
	if out, err := exec.CommandContext(t.Context(), aws, "--version").CombinedOutput(); err != nil {
		t.Skipf("no AWS CLI to compare with: %v %s", err, out)
	}
	parlor := filepath.Join(t.TempDir(), "parlor")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", parlor, "parlor/cmd/parlor").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, `{"token":"t","tokenExpirationTime":"2022-03-16T03:45:09Z","sessionExpirationTime":"2022-03-16T04:44:09Z"}`)
	}))
	defer server.Close()
	call := []string{
		"create-chat-token", "--room-identifier", "arn:aws:ivschat:us-west-2:123456789012:room/g1H2I3j4k5L6",
		"--user-id", "ada", "--capabilities", "SEND_MESSAGE", "--endpoint-url", server.URL,
	}
	ours := run(t, 31, parlor, call...)
	theirs := run(t, 5, aws, append([]string{"ivschat"}, call...)...)
	idle := run(t, 31, parlor, "create-chat-token", "--generate-cli-skeleton")
	t.Logf("signed call: parlor %v, %d KiB; aws %v, %d KiB: %.1f times faster, %.1f times smaller",
		ours.wall, ours.memory, theirs.wall, theirs.memory,
		float64(theirs.wall)/float64(ours.wall), float64(theirs.memory)/float64(ours.memory))
	t.Logf("start-up without network: %v, %d KiB", idle.wall, idle.memory)
	if float64(ours.wall) > wallShare*float64(theirs.wall) {
		t.Errorf("a call takes %v, more than a twentieth of %v", ours.wall, theirs.wall)
	}
	if float64(ours.memory) > memoryShare*float64(theirs.memory) {
		t.Errorf("a call takes %d KiB, more than a third of %d KiB", ours.memory, theirs.memory)
	}
	if idle.wall > startUp {
		t.Errorf("start-up takes %v, more than %v", idle.wall, startUp)
	}
}

// run runs a command n times in an empty home directory.
func run(t *testing.T, n int, name string, args ...string) measure {
	t.Helper()
	var walls []time.Duration
	var memory []int64
	home := t.TempDir()
	for range n {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = []string{
			"PATH=/usr/bin:/bin", "HOME=" + home, "LANG=C.UTF-8", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
			"AWS_DEFAULT_REGION=us-west-2", "AWS_EC2_METADATA_DISABLED=true",
		}
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		walls = append(walls, time.Since(began))
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			memory = append(memory, usage.Maxrss)
		}
	}
	slices.Sort(walls)
	slices.Sort(memory)
	return measure{walls[n/2], memory[len(memory)/2]}
}

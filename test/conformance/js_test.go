package conformance

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"parlor/internal/chattest"
)

// node runs a scenario of js/ against s; its output is the failure's story.
func (s *server) node(t *testing.T, scenario string) *exec.Cmd {
	t.Helper()
	if _, err := os.Stat("js/node_modules/.installed"); err != nil {
		t.Fatal("the npm packages are not installed: run test/setup.sh")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "node", scenario+".mjs")
	cmd.Dir = "js"
	cmd.Env = append(cleanEnv(), "PARLOR_ENDPOINT="+s.endpoint, "PARLOR_ACCESS_KEY="+s.accessKey, "PARLOR_SECRET_KEY="+s.secretKey)
	return cmd
}

// play runs a scenario to its end.
func (s *server) play(t *testing.T, scenario string) {
	t.Helper()
	if out, err := s.node(t, scenario).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", scenario, err, out)
	}
}

// The client SDK amazon-ivs-chat-messaging under Node.

func TestJSFlow(t *testing.T)     { t.Parallel(); shared.play(t, "flow") }
func TestJSRefusals(t *testing.T) { t.Parallel(); shared.play(t, "refusals") }
func TestJSReuse(t *testing.T)    { t.Parallel(); shared.play(t, "reuse") }
func TestJSExpiry(t *testing.T)   { t.Parallel(); shared.play(t, "expiry") }
func TestJSOverlap(t *testing.T)  { t.Parallel(); shared.play(t, "overlap") }

// The AWS SDK for JavaScript.
func TestJSControl(t *testing.T) { t.Parallel(); shared.play(t, "sdk") }

func TestJSRestart(t *testing.T) {
	t.Parallel()
	address := fmt.Sprint("127.0.0.1:", chattest.FreePort(t))
	first := start(t, "--dev", "--listen", address, "--drain-window", "500ms")
	cmd := first.node(t, "restart")
	var story strings.Builder
	cmd.Stderr = &story
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() != "connected" {
			continue
		}
		if err := first.stop(); err != nil {
			t.Error(err)
		}
		start(t, "--dev", "--listen", address)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("restart: %v\n%s", err, story.String())
	}
}

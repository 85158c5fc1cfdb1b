package conformance

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shell runs script where the npm packages and the Go module are found, with
// Debian's programs first in PATH.
func shell(t *testing.T, script string, env ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience) // Go has to link, beside all that the other tests run
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Dir = "js"
	cmd.WaitDelay = patience // what sh has started may hold its output
	path := "PATH=/usr/bin:" + os.Getenv("PATH")
	cmd.Env = append(append(cleanEnv(), path, "HOME="+home(t), "GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE")), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, script, out)
	}
	return string(out)
}

// home is a home directory for a go command. In one that it hasn't seen, the command
// leaves a process behind that writes telemetry while the test removes its directories.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	telemetry := filepath.Join(dir, ".config", "go", "telemetry")
	if err := os.MkdirAll(telemetry, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(telemetry, "mode"), []byte("off"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// pasted finds the lines that the development server prints under a heading.
func pasted(t *testing.T, heading string) string {
	t.Helper()
	const last = "\ngo run main.go\n"
	for ctx := within(t); !strings.Contains(shared.printed.String(), last); {
		select {
		case <-ctx.Done():
			t.Fatalf("the server doesn't print %q:\n%s", last, shared.printed.String())
		case <-time.After(10 * time.Millisecond): // it is under way
		}
	}
	_, block, ok := strings.Cut(shared.printed.String(), "\n# "+heading)
	if !ok {
		t.Fatalf("the server prints nothing under %q:\n%s", heading, shared.printed.String())
	}
	_, block, _ = strings.Cut(block, "\n")
	block, _, _ = strings.Cut(block, "\n# ")
	return block
}

// The lines that a development server prints work as they are printed.
func TestPastedLines(t *testing.T) {
	t.Parallel()
	token := regexp.MustCompile(`[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{40,}`)
	for _, tt := range []struct{ heading, want string }{
		{"AWS CLI", token.String()},
		{"Python", token.String()},
		{"JavaScript", `(?m)^ada: hello$`},
	} {
		t.Run(tt.heading, func(t *testing.T) {
			t.Parallel()
			if out := shell(t, pasted(t, tt.heading)); !regexp.MustCompile(tt.want).MatchString(out) {
				t.Errorf("it says %s, want %s", out, tt.want)
			}
		})
	}
	t.Run("Go", func(t *testing.T) {
		t.Parallel()
		main := filepath.Join(t.TempDir(), "main.go")
		script := strings.ReplaceAll(pasted(t, "Go"), "main.go", main)
		if out := shell(t, script); !token.MatchString(out) {
			t.Errorf("it says %s, want a token", out)
		}
	})
}

// The AWS SDK for Python.
func TestPythonControl(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(within(t), "/usr/bin/python3", "py/sdk.py")
	cmd.Env = append(cleanEnv(), "HOME="+t.TempDir(), "PARLOR_ENDPOINT="+shared.endpoint,
		"PARLOR_ACCESS_KEY="+shared.accessKey, "PARLOR_SECRET_KEY="+shared.secretKey)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("sdk.py: %v (missing packages are installed by test/setup.sh)\n%s", err, out)
	}
}

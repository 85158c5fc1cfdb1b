// Package cli_test runs the command line against what the AWS CLI was recorded to
// do: its standard output, its exit status, and the requests it sent.
package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCorpus plays every case of testdata.
func TestCorpus(t *testing.T) {
	binary := build(t)
	usual := map[string]json.RawMessage{}
	text, err := os.ReadFile("testdata/answers/usual.json")
	if err == nil {
		err = json.Unmarshal(text, &usual)
	}
	if err != nil {
		t.Fatal(err)
	}
	excused := exceptions(t)
	for _, raw := range loadCases(t) {
		var c testCase
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if slices.Contains(excused, c.ID) {
			continue
		}
		t.Run(c.Group+"/"+c.ID, func(t *testing.T) {
			t.Parallel()
			if c.TTY != nil && c.TTY.Stdin && testing.Short() {
				t.Skip("waits for keys that are typed")
			}
			play(t, binary, raw, usual)
		})
	}
}

// build makes the program under test.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "parlor")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "parlor/internal/cli/testdata/parlor").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// exceptions lists the cases that exceptions.md excuses: the words in backquotes
// that begin its list items.
func exceptions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("exceptions.md")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range regexp.MustCompile("(?m)^- `([^`]+)`").FindAllStringSubmatch(string(text), -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// play runs one case and compares.
func play(t *testing.T, binary string, raw []byte, usual map[string]json.RawMessage) {
	t.Helper()
	var server struct{ Server string }
	if err := json.Unmarshal(raw, &server); err != nil {
		t.Fatal(err)
	}
	s := newStub(t, server.Server == "https")
	s.usual = usual
	certs, err := filepath.Abs("testdata/certs")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	values := map[string]string{"DIR": dir, "URL": s.URL, "PORT": s.port(), "CERTS": certs}
	var c testCase
	if err := json.Unmarshal(fill(raw, values), &c); err != nil {
		t.Fatal(err)
	}
	s.script = c.Stub
	arns := strings.NewReplacer("{{ROOM}}", roomARN, "{{LC}}", loggingARN, "{{LAMBDA}}", lambdaARN)
	for i := range c.Argv { // the ARNs stand for themselves in what the service says
		c.Argv[i] = arns.Replace(c.Argv[i])
	}
	for name, f := range c.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		data := f.raw
		if f.text != "" {
			data = []byte(arns.Replace(f.text))
		}
		if err := os.WriteFile(path, data, f.mode); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), binary, c.Argv...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, environment(dir, c.Env), time.Second
	stdout := run(t, cmd, &c)
	s.mu.Lock()
	defer s.mu.Unlock()
	compare(t, &c, cmd.ProcessState.ExitCode(), stdout, s.asked)
}

// environment is what every case has, and what it changes.
func environment(home string, changes map[string]*string) []string {
	env := map[string]string{
		"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm", "TZ": "UTC", "HOME": home,
		"AWS_ACCESS_KEY_ID": "AKIDENVEXAMPLE", "AWS_SECRET_ACCESS_KEY": "env/secret+EXAMPLEKEY",
		"AWS_DEFAULT_REGION": "us-west-2", "AWS_EC2_METADATA_DISABLED": "true",
	}
	for k, v := range changes {
		if v == nil {
			delete(env, k)
		} else {
			env[k] = *v
		}
	}
	var list []string
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	return list
}

// run runs cmd with the terminal or the input of the case and returns its output.
func run(t *testing.T, cmd *exec.Cmd, c *testCase) string {
	t.Helper()
	if c.TTY != nil {
		return runInTerminal(t, cmd, c.TTY)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if c.Stdin != nil {
		cmd.Stdin = strings.NewReader(*c.Stdin)
	}
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if text := stderr.String(); strings.Contains(text, "goroutine ") || strings.Contains(text, "secret+EXAMPLEKEY") {
		t.Errorf("stderr shows what nobody may see:\n%s", text)
	}
	return stdout.String()
}

// compare holds what happened against each expectation; one must hold in full.
func compare(t *testing.T, c *testCase, exit int, stdout string, asked []request) {
	t.Helper()
	var worst string
	for _, want := range c.Expect {
		diff := ""
		if exit != want.Exit {
			diff += cmp.Diff(want.Exit, exit)
		}
		if len(c.Match.Stdout) == 0 {
			diff += cmp.Diff(want.Stdout, stdout)
		}
		if c.Match.Requests == "" {
			diff += cmp.Diff(normal(want.Requests), normal(asked))
		}
		if diff == "" {
			if len(c.Match.Stdout) > 0 {
				c.matches(t, stdout)
			}
			return
		}
		worst = diff
	}
	t.Errorf("%q (-want +got):\n%s", c.Argv, worst)
}

// normal writes targets with one spelling of their percent-encoding, and no body
// where it is empty, which is the same to the service.
func normal(list []request) []request {
	out := slices.Clone(list)
	for i := range out {
		if u, err := url.Parse(out[i].Target); err == nil {
			out[i].Target = u.Scheme + u.Host + u.Path + "?" + u.Query().Encode()
		}
		if m, ok := out[i].Body.(map[string]any); ok && len(m) == 0 {
			out[i].Body = nil
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// plain drops colours and cursor movements.
func plain(s string) string {
	return regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]").ReplaceAllString(s, "")
}

func match(pattern, s string) bool { return regexp.MustCompile("(?sm)" + pattern).MatchString(s) }

package cluster

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The commands of docs/operate.md do what the page says, as they are printed.
func TestOperatePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)## ([^\n]*)\n.*?```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d blocks of commands, want 2", len(blocks))
	}
	for _, block := range blocks {
		t.Run(block[1], func(t *testing.T) { runPage(t, block[2]) })
	}
}

func runPage(t *testing.T, block string) {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]string{"parlor": binary, "nats-server": natsBinary} {
		if err := os.Symlink(from, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "PARLOR_STATE_FILE=-")
	var ends []*node
	said := filepath.Join(dir, "said")
	stdout, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
		if vars, ok := strings.CutPrefix(line, "export "); ok {
			env = append(env, strings.Fields(vars)...)
			continue
		}
		cmd := exec.Command("sh", "-c", "exec "+line)
		cmd.Dir, cmd.Env, cmd.Stdout = dir, env, stdout
		tie(cmd)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		if at := regexp.MustCompile(`--listen 127\.0\.0\.1:(\d+) --admin-listen 127\.0\.0\.1:(\d+)`).FindStringSubmatch(line); at != nil {
			n := &node{t: t, id: at[1], host: "127.0.0.1", http: &http.Client{}}
			n.ports[0], _ = strconv.Atoi(at[1])
			n.ports[1], _ = strconv.Atoi(at[2])
			ends = append(ends, n)
		}
	}
	if len(ends) != 3 {
		t.Fatalf("the block starts %d nodes, want 3", len(ends))
	}
	for _, n := range ends {
		eventually(t, time.Minute, "the node at "+n.id+" is ready", func() bool { return n.ready() == nil })
	}
	text, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	keys := regexp.MustCompile(`Access key +(\S+)\n +Secret key +(\S+)`).FindAllStringSubmatch(string(text), -1)
	if len(keys) != 1 {
		t.Fatalf("the administrator's key is shown %d times, want once:\n%s", len(keys), text)
	}
	for _, n := range ends {
		n.key, n.secret = keys[0][1], keys[0][2]
	}
	// One service, as the page says: any node answers, a token lets in anywhere, once.
	room := ends[0].room("operate")
	token, err := ends[1].token(room, "u")
	if err != nil {
		t.Fatal(err)
	}
	m := must(t)(ends[2].spend(t, "u", token))
	if _, err := ends[0].spend(t, "u", token); !errors.Is(err, statusError(http.StatusUnauthorized)) {
		t.Errorf("a token used twice: %v, want 401", err)
	}
	other := must(t)(enter(t, room, "other", ends[0], ends[0]))
	if err := m.say(); err != nil {
		t.Fatal(err)
	}
	other.hears("u 1")
}

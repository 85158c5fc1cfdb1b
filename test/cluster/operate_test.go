package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
		if vars, ok := strings.CutPrefix(line, "export "); ok {
			env = append(env, strings.Fields(vars)...)
			continue
		}
		cmd := exec.Command("sh", "-c", "exec "+line)
		cmd.Dir, cmd.Env = dir, env
		tie(cmd)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		if admin := regexp.MustCompile(`--admin-listen 127\.0\.0\.1:(\d+)`).FindStringSubmatch(line); admin != nil {
			n := &node{t: t, id: admin[1], host: "127.0.0.1"}
			for _, c := range admin[1] {
				n.ports[1] = n.ports[1]*10 + int(c-'0')
			}
			ends = append(ends, n)
		}
	}
	if len(ends) != 3 {
		t.Fatalf("the block starts %d nodes, want 3", len(ends))
	}
	for _, n := range ends {
		eventually(t, time.Minute, "the node at "+n.id+" is ready", func() bool { return n.ready() == nil })
	}
}

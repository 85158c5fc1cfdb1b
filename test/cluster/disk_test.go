package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The disk of one node of three is full: the others go on changing rooms, and when the
// disk is freed the node catches up, and counts again when another one dies.
func TestOneDiskFull(t *testing.T) {
	f := plan(t, 3)
	n := f.nodes[2]
	if err := os.MkdirAll(n.data, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", n.data).CombinedOutput(); err != nil {
		t.Skipf("no small disk here: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", n.data).Run() })
	f.start()
	m := f.talk(50 * time.Millisecond)
	ballast := filepath.Join(n.data, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 64<<20), 0o600); err == nil {
		t.Fatal("the disk is not small")
	}
	made := []string{m.room}
	for range 200 {
		made = append(made, f.nodes[0].room("while-one-disk-is-full"))
	}
	eventually(t, 30*time.Second, "readiness names the cause", func() bool { return n.ready() != nil })
	t.Logf("readyz says: %v", n.ready())
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	freed := time.Now()
	eventually(t, time.Minute, "the node is ready again", func() bool { return n.ready() == nil })
	t.Logf("ready again %v after the disk was freed", time.Since(freed))
	pause(t, 3*time.Second)
	f.nodes[0].kill()
	made = append(made, n.room("with-its-voice"))
	for _, room := range []string{made[0], made[100], made[200], made[201]} {
		f.everywhere(room, n, f.nodes[1])
	}
	m.end()
	judge(t, m.speakers[1], m.speakers[1:], nil)
}

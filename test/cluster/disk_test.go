package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// smallDisk gives the node a disk of its own for its data.
func (n *node) smallDisk(size string) {
	n.t.Helper()
	if err := errors.Join(os.MkdirAll(n.data, 0o700), root("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", n.data)); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		if err := root("umount", "-l", n.data); err != nil {
			n.t.Error(err)
		}
	})
}

// The disk of one node of three is full: the others go on changing rooms, and when the
// disk is freed the node catches up, and counts again when another one dies.
func TestOneDiskFull(t *testing.T) {
	f := plan(t, 3)
	n := f.nodes[2]
	n.smallDisk("24m")
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

package cluster

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A node that waits for the others says that it is alive, and why it is not ready, and
// can be stopped.
func TestWaiting(t *testing.T) {
	f := plan(t, 3)
	n := f.nodes[0]
	n.start()
	eventually(t, 20*time.Second, "the lone node is alive", func() bool { return n.alive() })
	if err := n.ready(); err == nil || !strings.Contains(err.Error(), "waits") {
		t.Errorf("a node that waits for the others is ready or names no cause: %v", err)
	}
	n.signal(syscall.SIGTERM)
	n.terminateAfter(15 * time.Second)
	f.start()
	f.everywhere(n.room("all-are-there"), f.nodes...)
}

// Two nodes become three: records get three copies, and from then on any one can go.
func TestServersCome(t *testing.T) {
	f := plan(t, 3)
	first, second, third := f.nodes[0], f.nodes[1], f.nodes[2]
	two := &fleet{t: t, nodes: f.nodes[:2]}
	two.meet()
	two.start()
	made := []string{first.room("made-by-two")}
	f.meet()
	for _, n := range two.nodes {
		n.kill()
	}
	f.start()
	eventually(t, time.Minute, "the copies are raised", func() bool {
		return first.logged("replicas raised") || second.logged("replicas raised") || third.logged("replicas raised")
	})
	for _, dead := range two.nodes { // one of them had the only copy
		f.ready()
		pause(t, 3*time.Second) // a new copy takes a moment to be filled
		dead.kill()
		made = append(made, third.room("made-with-three-copies"))
		dead.start()
	}
	f.ready()
	for _, room := range made {
		f.everywhere(room, f.nodes...)
	}
}

// The same on servers that somebody else runs.
func TestExternalServersCome(t *testing.T) {
	servers, urls := natsCluster(t, 2)
	f := plan(t, 1)
	n := f.nodes[0]
	n.nats = urls
	f.start()
	room := n.room("made-on-two")
	servers[0].join()
	eventually(t, time.Minute, "the copies are raised", func() bool { return n.logged("replicas raised") })
	for _, dead := range servers {
		eventually(t, time.Minute, "all is well", func() bool { return n.ready() == nil })
		pause(t, 3*time.Second) // a new copy takes a moment to be filled
		dead.kill()
		n.room("made-with-three-copies")
		dead.start()
	}
	f.everywhere(room, n)
}

// alive asks the node whether it lives.
func (n *node) alive() bool {
	resp, err := http.Get("http://" + n.addr(1) + "/livez")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// logged reports whether the node's log has a text.
func (n *node) logged(text string) bool {
	log, err := os.ReadFile(n.data + ".log")
	return err == nil && strings.Contains(string(log), text)
}

// A machine that lost its disk comes back under its name, and its data with it.
func TestDiskLost(t *testing.T) {
	f := form(t, 3)
	lost := f.nodes[2]
	made := []string{f.nodes[0].room("before")}
	lost.kill()
	made = append(made, f.nodes[0].room("meanwhile"))
	if err := os.RemoveAll(lost.data); err != nil {
		t.Fatal(err)
	}
	lost.start()
	f.ready()
	pause(t, 3*time.Second) // copies take a moment to be filled
	f.nodes[0].kill()
	made = append(made, lost.room("with-its-voice"))
	for _, room := range made {
		f.everywhere(room, f.nodes[1:]...)
	}
}

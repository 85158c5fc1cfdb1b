package cluster

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parlor/internal/chattest"
)

// natsServer is the NATS server of a cluster that Parlor does not run itself.
type natsServer struct {
	t           *testing.T
	dir, routes string // of its cluster
	args        []string
	cmd         *exec.Cmd
	done        chan struct{}
}

func (s *natsServer) start() {
	s.t.Helper()
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	tie(s.cmd)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, done := s.cmd, make(chan struct{})
	s.done = done
	go func() { _ = cmd.Wait(); close(done) }()
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
}

func (s *natsServer) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// natsCluster starts size servers with JetStream that know each other, and returns them
// and the URLs for --nats.
func natsCluster(t *testing.T, size int) (servers []*natsServer, urls string) {
	t.Helper()
	dir := t.TempDir()
	clients, routes, all := make([]int, size), make([]int, size), ""
	for i := range size {
		clients[i], routes[i] = chattest.FreePort(t), chattest.FreePort(t)
		all += fmt.Sprintf(",nats://127.0.0.1:%d", routes[i])
		urls += fmt.Sprintf(",nats://127.0.0.1:%d", clients[i])
	}
	for i := range size {
		s := &natsServer{t: t, dir: dir, routes: all[1:]}
		s.args = s.command(i, clients[i], routes[i])
		s.start()
		servers = append(servers, s)
	}
	return servers, urls[1:]
}

func (s *natsServer) command(number, client, route int) []string {
	name := fmt.Sprint("nats", number)
	args := []string{natsBinary, "-js", "-a", "127.0.0.1", "-p", fmt.Sprint(client), "-n", name, "-sd", filepath.Join(s.dir, name)}
	if !strings.Contains(s.routes, ",") {
		return args // a server alone is no cluster
	}
	return append(args,
		"--cluster_name", "x", "--cluster", fmt.Sprintf("nats://127.0.0.1:%d", route), "--routes", s.routes)
}

// join starts one more server in the cluster of s.
func (s *natsServer) join() *natsServer {
	s.t.Helper()
	more := &natsServer{t: s.t, dir: s.dir, routes: s.routes}
	port := chattest.FreePort(s.t)
	more.args = more.command(port, port, chattest.FreePort(s.t))
	more.start()
	return more
}

// All of an external NATS goes away and comes back, and Parlor with it. What was accepted
// while it was there is delivered; what is said while it is gone is refused, not queued.
func TestExternalNATS(t *testing.T) {
	servers, urls := natsCluster(t, 3)
	f := plan(t, 2)
	for _, n := range f.nodes {
		n.nats = urls
	}
	f.start()
	m := f.talk(50 * time.Millisecond)
	listener := must(t)(enter(t, m.room, "listener", f.nodes[0], f.nodes[1]))
	pause(t, time.Second)
	for _, s := range servers {
		s.kill()
	}
	gone := time.Now()
	for _, n := range f.nodes {
		eventually(t, 15*time.Second, n.id+" names the cause", func() bool { return n.ready() != nil })
		if status, err := n.create(); status != http.StatusServiceUnavailable {
			t.Errorf("CreateRoom without NATS = %d, %v, want 503", status, err)
		}
	}
	t.Logf("readyz says: %v", f.nodes[0].ready())
	if err := m.speakers[0].act(map[string]any{"Action": "SEND_MESSAGE", "RequestId": "gone", "Content": "nobody hears this"}); err != nil {
		t.Errorf("the connection is gone with NATS: %v", err)
	}
	e := m.speakers[0].await("a refusal", func(e entity) bool { return e.RequestID == "gone" })
	if e.Type != "ERROR" || e.ErrorCode != 500 {
		t.Errorf("a message without NATS is answered %s %d, want ERROR 500", e.Type, e.ErrorCode)
	}
	pause(t, spell(3*time.Second, 2*time.Minute))
	for _, s := range servers {
		s.start()
	}
	for _, n := range f.nodes {
		eventually(t, 60*time.Second, n.id+" is ready again", func() bool { return n.ready() == nil })
		eventually(t, 30*time.Second, "changes work on "+n.id, func() bool { _, err := n.create(); return err == nil })
	}
	joined := time.Now()
	t.Logf("ready again %v after NATS went", joined.Sub(gone))
	pause(t, 2*time.Second)
	m.end()
	for _, l := range append(m.speakers, listener) {
		judge(t, l, m.speakers, func(_ *member, _ int, at time.Time) bool {
			return at.After(gone.Add(-time.Second)) && at.Before(joined)
		})
		complete(t, l, m.speakers, joined.Add(time.Second))
		for _, e := range l.all() {
			late(t, l, m.speakers, e)
			if e.Content == "nobody hears this" {
				t.Error("what was refused was delivered")
			}
		}
	}
}

// One server of an external cluster after another is killed while people talk. Who was
// connected to it hears nothing for the second in which his node finds another server,
// and a sender of that node is refused; nothing else is lost, and nothing comes twice.
func TestExternalServerKilled(t *testing.T) {
	servers, urls := natsCluster(t, 3)
	f := plan(t, 2)
	for _, n := range f.nodes {
		n.nats = urls
	}
	f.start()
	m := f.talk(30 * time.Millisecond)
	var gaps []time.Time
	for _, s := range servers {
		pause(t, 2*time.Second)
		gaps = append(gaps, time.Now())
		s.kill()
		f.nodes[0].room("while-one-is-dead")
		f.nodes[1].room("while-one-is-dead")
		s.start()
	}
	pause(t, 4*time.Second)
	m.end()
	around := func(_ *member, _ int, at time.Time) bool {
		return slices.ContainsFunc(gaps, func(gap time.Time) bool {
			return at.After(gap.Add(-500*time.Millisecond)) && at.Before(gap.Add(3*time.Second))
		})
	}
	for _, l := range m.speakers {
		judge(t, l, m.speakers, around)
		complete(t, l, m.speakers, gaps[2].Add(3*time.Second))
		answered(t, l, around)
	}
}

// answered checks that all a member said was heard or refused, unless excused.
func answered(t *testing.T, m *member, excused func(m *member, n int, at time.Time) bool) {
	t.Helper()
	got := make(map[string]bool)
	for _, e := range m.all() {
		got[e.RequestID] = true
	}
	for n, at := range m.saidAt() {
		if !got[fmt.Sprint(n)] && !excused(m, n, at) {
			t.Errorf("%s@%s said %d and heard neither it nor an error", m.user, m.node.id, n)
		}
	}
}

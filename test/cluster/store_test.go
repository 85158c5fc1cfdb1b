package cluster

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

// A full disk leaves chat alone and refuses changes; once there is room again changes
// work without a restart, and every acknowledged room is there after one.
func TestDiskFull(t *testing.T) {
	f := plan(t, 1)
	n := f.nodes[0]
	n.smallDisk("16m")
	f.start()
	m := f.talk(50 * time.Millisecond)
	other := must(t)(enter(t, m.room, "other", n, n))

	ballast := filepath.Join(n.data, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 64<<20), 0o600); err == nil {
		t.Fatal("the disk is not small")
	}
	acknowledged := []string{m.room}
	refused := 0
	for i := 0; refused < 3 && i < 2000; i++ {
		out, err := n.control(1).CreateRoom(within(t, 10*time.Second), &ivschat.CreateRoomInput{})
		if err != nil {
			refused++
			continue
		}
		acknowledged = append(acknowledged, *out.Arn)
	}
	if refused < 3 {
		t.Fatal("a full disk refuses nothing")
	}
	eventually(t, 15*time.Second, "readiness names the cause", func() bool { return n.ready() != nil })
	t.Logf("after %d rooms readyz says: %v", len(acknowledged), n.ready())
	if status, err := n.create(); status != http.StatusServiceUnavailable {
		t.Errorf("CreateRoom with a full disk = %d, %v, want 503", status, err)
	}
	late := must(t)(enter(t, m.room, "late", n, n)) // minting and connecting need no disk
	if err := late.say(); err != nil {
		t.Fatal(err)
	}
	other.hears("late 1")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	freed := time.Now()
	eventually(t, 30*time.Second, "changes work again", func() bool {
		out, err := n.control(1).CreateRoom(within(t, 10*time.Second), &ivschat.CreateRoomInput{})
		if err == nil {
			acknowledged = append(acknowledged, *out.Arn)
		}
		return err == nil
	})
	t.Logf("changes work %v after the disk was freed", time.Since(freed))
	eventually(t, 15*time.Second, "the node is ready", func() bool { return n.ready() == nil })
	m.end()
	judge(t, other, m.speakers, nil)
	complete(t, other, m.speakers, latest(other))
	n.kill()
	n.start()
	f.ready()
	for _, room := range acknowledged {
		f.everywhere(room, n)
	}
}

// natsServer is the NATS server of a cluster that Parlor does not run itself.
type natsServer struct {
	t    *testing.T
	args []string
	cmd  *exec.Cmd
	done chan struct{}
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
		clients[i], routes[i] = freePort(t), freePort(t)
		all += fmt.Sprintf(",nats://127.0.0.1:%d", routes[i])
		urls += fmt.Sprintf(",nats://127.0.0.1:%d", clients[i])
	}
	for i := range size {
		args := []string{natsBinary, "-js", "-a", "127.0.0.1", "-p", fmt.Sprint(clients[i]), "-n", fmt.Sprint("nats", i), "-sd", filepath.Join(dir, fmt.Sprint(i))}
		if size > 1 {
			args = append(args, "--cluster_name", "x", "--cluster", fmt.Sprintf("nats://127.0.0.1:%d", routes[i]), "--routes", all[1:])
		}
		s := &natsServer{t: t, args: args}
		s.start()
		servers = append(servers, s)
	}
	return servers, urls[1:]
}

// On an external NATS: one of its servers is killed, and nobody notices but the log;
// then all of it goes away and comes back, and Parlor with it. What was accepted while
// it was there is delivered; what is said while it is gone is refused, not queued.
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

// One server of an external cluster is killed: Parlor goes on with the others.
func TestExternalServerKilled(t *testing.T) {
	servers, urls := natsCluster(t, 3)
	f := plan(t, 2)
	for _, n := range f.nodes {
		n.nats = urls
	}
	f.start()
	for _, s := range servers {
		s.kill()
		f.nodes[0].room("while-one-is-dead")
		f.nodes[1].room("while-one-is-dead")
		s.start()
		pause(t, 3*time.Second)
	}
	m := f.talk(50 * time.Millisecond)
	pause(t, time.Second)
	m.end()
	for _, l := range m.speakers {
		judge(t, l, m.speakers, nil)
	}
}

package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

// A meeting is a room with a member on some nodes, each of whom speaks and listens.
type meeting struct {
	t        *testing.T
	room     string
	speakers []*member
	stop     chan struct{}
	talking  sync.WaitGroup
}

// talk opens a room, and lets one member on each node speak.
func (f *fleet) talk(every time.Duration) *meeting {
	f.t.Helper()
	room := f.nodes[0].room("meeting")
	f.everywhere(room, f.nodes...)
	return listenTo(f.t, room, "s", f.nodes, every)
}

// listenTo lets one member on each of some nodes speak and listen.
func listenTo(t *testing.T, room, name string, nodes []*node, every time.Duration) *meeting {
	t.Helper()
	m := &meeting{t: t, room: room, stop: make(chan struct{})}
	for i, n := range nodes {
		m.speakers = append(m.speakers, must(t)(enter(t, room, fmt.Sprint(name, i), n, n)))
	}
	for _, s := range m.speakers {
		m.talking.Go(func() { s.speak(every, m.stop) })
	}
	return m
}

// end stops the talk and waits for the last words.
func (m *meeting) end() {
	close(m.stop)
	m.talking.Wait()
	pause(m.t, 500*time.Millisecond)
}

// create tries to make a room without retries, and returns the status of a refusal.
func (n *node) create() (status int, err error) {
	_, err = n.control(1).CreateRoom(within(n.t, 10*time.Second), &ivschat.CreateRoomInput{})
	if resp, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return resp.HTTPStatusCode(), err
	}
	return http.StatusOK, err
}

// A node that is killed takes along what it had not passed on, and nothing else: the
// members of the others hear each other without a gap, and its own come back.
func TestKilled(t *testing.T) {
	f := form(t, 3)
	m := f.talk(20 * time.Millisecond)
	pause(t, 2*time.Second)
	dead := f.nodes[2]
	killed := time.Now()
	dead.kill()
	if m.speakers[2].ends(5 * time.Second) {
		t.Error("a killed server said goodbye")
	}
	token, err := f.nodes[0].token(m.room, "again")
	if err != nil {
		t.Fatalf("no token from a live node while another is dead: %v", err)
	}
	again := must(t)(f.nodes[1].spend(t, "again", token))
	f.nodes[0].room("made-while-a-node-is-dead")
	pause(t, 2*time.Second)
	dead.start()
	eventually(t, time.Minute, "the killed node is ready again", func() bool { return dead.ready() == nil })
	back := must(t)(enter(t, m.room, "back", dead, dead))
	pause(t, 2*time.Second)
	m.end()
	alive := m.speakers[:2]
	for _, listener := range []*member{m.speakers[0], m.speakers[1], again, back} {
		judge(t, listener, alive, nil)
		complete(t, listener, alive, latest(listener))
	}
	// Of the killed node's member, what it heard itself in its last half second may be lost.
	for _, listener := range alive {
		judge(t, listener, m.speakers[2:], func(_ *member, _ int, at time.Time) bool { return killed.Sub(at) < 500*time.Millisecond })
	}
}

// latest is the time from which a listener that came in during the talk must have heard
// all: a moment after its first frame.
func latest(listener *member) time.Time {
	all := listener.all()
	if len(all) == 0 {
		return time.Time{}
	}
	return all[0].at.Add(300 * time.Millisecond)
}

// Whoever leads the records is killed, one node after another: rooms go on being made,
// and no acknowledged one is lost.
func TestLeadersKilled(t *testing.T) {
	f := form(t, 3)
	made := make(map[string]bool)
	for round := range 3 {
		victim := f.nodes[round]
		witness := f.nodes[(round+1)%3]
		victim.kill()
		start := time.Now()
		made[witness.room("by-retries")] = true
		t.Logf("with %s killed a room was made after %v", victim.id, time.Since(start))
		for range 5 {
			made[witness.room("more")] = true
		}
		victim.start()
		eventually(t, time.Minute, victim.id+" is ready again", func() bool { return victim.ready() == nil })
	}
	for room := range made {
		f.everywhere(room, f.nodes...)
	}
}

// Without a majority people keep talking, changes are refused as unavailable, readiness
// names the cause; when a majority is back, all is well without a restart.
func TestNoMajority(t *testing.T) {
	f := form(t, 3)
	m := f.talk(50 * time.Millisecond)
	other := must(t)(enter(t, m.room, "other", f.nodes[0], f.nodes[0]))
	f.nodes[1].kill()
	f.nodes[2].kill()
	left := f.nodes[0]
	eventually(t, 30*time.Second, "readiness names the cause", func() bool { return left.ready() != nil })
	t.Logf("readyz: %v", left.ready())
	start := time.Now()
	status, err := left.create()
	if status != http.StatusServiceUnavailable && status != http.StatusInternalServerError {
		t.Errorf("CreateRoom without a majority = %d, %v, want 503 or 500", status, err)
	}
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("the refusal took %v", took)
	}
	if _, err := left.control(1).GetRoom(within(t, 5*time.Second), &ivschat.GetRoomInput{Identifier: &m.room}); err != nil {
		t.Errorf("GetRoom without a majority = %v", err)
	}
	// Whether others made a room of which this node has not heard can't be known: it is not called missing.
	unheard := m.room[:len(m.room)-len("NeverHeardOf")] + "NeverHeardOf"
	_, err = left.control(1).GetRoom(within(t, 5*time.Second), &ivschat.GetRoomInput{Identifier: &unheard})
	if err == nil || !strings.Contains(err.Error(), "StatusCode: 503") {
		t.Errorf("GetRoom of an unknown room without a majority = %v, want 503", err)
	}
	// Minting and connecting need no majority.
	late := must(t)(enter(t, m.room, "late", left, left))
	if err := late.say(); err != nil {
		t.Fatal(err)
	}
	other.hears("late 1")
	f.nodes[1].start()
	eventually(t, time.Minute, "changes work again", func() bool { _, err := left.create(); return err == nil })
	eventually(t, time.Minute, "the node is ready", func() bool { return left.ready() == nil })
	m.end()
	judge(t, other, m.speakers[:1], nil)
	complete(t, other, m.speakers[:1], latest(other))
}

// A node that is stopped and continued delivers nothing old as new: its connections are
// dropped, and its tokens are refused rather than spent twice.
func TestStopped(t *testing.T) {
	f := form(t, 3)
	m := f.talk(30 * time.Millisecond)
	still := f.nodes[2]
	listener := must(t)(enter(t, m.room, "listener", still, still))
	token, err := still.token(m.room, "u")
	if err != nil {
		t.Fatal(err)
	}
	pause(t, time.Second)
	still.halt()
	stopped := time.Now()
	if _, err := f.nodes[0].spend(t, "u", token); !errors.Is(err, statusError(http.StatusServiceUnavailable)) {
		t.Errorf("a token of a stopped node: %v, want 503", err)
	}
	pause(t, spell(8*time.Second, 30*time.Second))
	still.signal(syscall.SIGCONT)
	continued := time.Now()
	if listener.ends(10 * time.Second) {
		t.Error("the connection ended with a close frame: client SDKs stay away on that")
	}
	for _, e := range listener.all() {
		if e.at.After(continued) && e.Type == "MESSAGE" {
			said := m.speakers[0]
			if user, n, ok := spoken(e); ok && user == said.user {
				if at := said.sure()[n]; at.Before(continued.Add(-2*time.Second)) && at.After(stopped.Add(time.Second)) {
					t.Errorf("the continued node delivers %q, said %v before", e.Content, continued.Sub(at))
				}
			}
		}
	}
	eventually(t, 30*time.Second, "the node is ready again", func() bool { return still.ready() == nil })
	// What was said to the node while it stood still nobody means any more.
	waited := m.speakers[2].saidAt()
	for _, e := range m.speakers[0].all() {
		user, n, ok := spoken(e)
		if at := waited[n]; ok && user == m.speakers[2].user && at.After(stopped.Add(time.Second)) && at.Before(continued.Add(-2*time.Second)) {
			t.Errorf("%q is heard %v after it was said to a node that stood still", e.Content, e.at.Sub(at))
		}
	}
	if _, err := still.spend(t, "u", token); err == nil {
		t.Log("the token that nobody had spent let its user in")
	}
	if _, err := f.nodes[1].spend(t, "u", token); err == nil {
		t.Error("a token let its user in twice")
	}
	back := must(t)(enter(t, m.room, "back", still, still))
	pause(t, time.Second)
	m.end()
	for _, l := range []*member{m.speakers[0], m.speakers[1]} {
		judge(t, l, m.speakers[:2], nil)
		complete(t, l, m.speakers[:2], latest(l))
	}
	judge(t, back, m.speakers[:2], nil)
}

// halt stops the process, and returns when all its threads stand still: a signal takes
// its time on a busy machine.
func (n *node) halt() {
	n.t.Helper()
	n.signal(syscall.SIGSTOP)
	eventually(n.t, 10*time.Second, n.id+" stands still", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", n.cmd.Process.Pid))
		if err != nil || len(threads) == 0 {
			return false
		}
		return !slices.ContainsFunc(threads, func(thread string) bool {
			text, err := os.ReadFile(thread)
			_, state, _ := strings.Cut(string(text), ") ") // pid (name) state …
			return err == nil && !strings.HasPrefix(state, "T")
		})
	})
}

// terminateAfter waits for a process that was asked to stop.
func (n *node) terminateAfter(within time.Duration) {
	n.t.Helper()
	select {
	case <-n.done:
	case <-time.After(within):
		n.t.Errorf("%s runs %v after SIGTERM", n.id, within)
		n.kill()
	}
}

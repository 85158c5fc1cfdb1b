package cluster

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

// Three nodes of the previous version become this one, one by one, and one of them the
// previous one again, and this one after that, while people talk in rooms that are logged and the control plane
// is called behind a load balancer. Members on the other two nodes, of one version or of
// two, hear everything; a room that is changed in one version is changed in the other; a
// token of one version is good in the other; and every log gets everything, also what could
// not be written when a node went back.
func TestVersionsSideBySide(t *testing.T) {
	if previousBinary == "" {
		t.Skip("this clone's history doesn't go back to the previous version (testdata/previous)")
	}
	var buckets, dirs []string
	for i := range 3 {
		buckets = append(buckets, fmt.Sprint("logs", i))
		dirs = append(dirs, filepath.Join(t.TempDir(), "logs"))
	}
	var mapped []string
	for i, b := range buckets {
		mapped = append(mapped, b+"="+dirs[i])
	}
	f := plan(t, 3, "--log-directories", strings.Join(mapped, ","), "--log-interval", "500ms")
	for _, n := range f.nodes {
		n.bin = previousBinary
	}
	f.start()
	var rooms []string // nine logs: each node has some, most likely
	for range 3 {
		rooms = append(rooms, f.nodes[0].loggedRoom(t, buckets...))
		f.everywhere(rooms[len(rooms)-1], f.nodes...)
	}
	lb, stop := balance(t, f), make(chan struct{})
	var calls sync.WaitGroup
	for name, call := range controlCalls(rooms[0]) {
		calls.Go(func() { keepCalling(t, lb.node, name, call, stop) })
	}
	said := make(map[string]logged)
	for step, change := range []struct {
		node int
		bin  string
	}{{2, ""}, {1, ""}, {0, ""}, {1, previousBinary}, {1, ""}} {
		n, others := f.nodes[change.node], []*node{f.nodes[(change.node+1)%3], f.nodes[(change.node+2)%3]}
		m := listenTo(t, rooms[0], fmt.Sprint("step", step), others, 30*time.Millisecond)
		mend := func() {}
		if change.bin != "" { // what is to be delivered waits in the newer version's form
			mend = readOnly(t, dirs[2])
			sayIn(t, rooms, said, f.nodes...)
		}
		n.signal(syscall.SIGTERM)
		sayIn(t, rooms, said, others...)
		eventually(t, 20*time.Second, n.id+" has written all", func() bool { return n.queued() == "0" })
		n.kill() // it would only wait for tokens now
		m.end()
		for _, l := range m.speakers {
			judge(t, l, m.speakers, nil)
			complete(t, l, m.speakers, latest(l))
		}
		n.bin = change.bin
		n.start()
		f.ready()
		sideBySide(t, rooms[1], n, others[0])
		sayIn(t, rooms, said, f.nodes...)
		mend()
	}
	close(stop)
	calls.Wait()
	for i, dir := range dirs {
		eventually(t, time.Minute, "the log is whole", func() bool { return len(missing(t, dir, said)) == 0 })
		t.Logf("%s has all %d events", buckets[i], len(said))
	}
}

// readOnly makes a directory that can't be written to until it is mended.
func readOnly(t *testing.T, dir string) (mend func()) {
	t.Helper()
	if err := root("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", dir); err != nil {
		t.Fatal(err)
	}
	mend = sync.OnceFunc(func() {
		if err := root("umount", "-l", dir); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(mend)
	return mend
}

// sideBySide is what two versions have to agree on.
func sideBySide(t *testing.T, room string, a, b *node) {
	t.Helper()
	for _, way := range [][2]*node{{a, b}, {b, a}} {
		here, there := way[0], way[1]
		name := fmt.Sprint(here.id, time.Now().UnixNano())
		_, err := here.control(3).UpdateRoom(within(t, 10*time.Second), &ivschat.UpdateRoomInput{Identifier: &room, Name: &name})
		if err != nil {
			t.Errorf("UpdateRoom on %s: %v", here.id, err)
		}
		eventually(t, 5*time.Second, there.id+" sees the change of "+here.id, func() bool {
			r, err := there.control(3).GetRoom(within(t, 5*time.Second), &ivschat.GetRoomInput{Identifier: &room})
			return err == nil && aws.ToString(r.Name) == name && len(r.LoggingConfigurationIdentifiers) == 3
		})
		token, err := here.token(room, "guest")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := there.spend(t, "guest", token); err != nil {
			t.Errorf("a token of %s is refused at %s: %v", here.id, there.id, err)
		}
		if _, err := here.spend(t, "guest", token); err == nil {
			t.Errorf("a token is spent at %s, and again at %s", there.id, here.id)
		}
	}
}

// sayIn sends events into rooms on nodes for a while.
func sayIn(t *testing.T, rooms []string, said map[string]logged, nodes ...*node) {
	t.Helper()
	for end := time.Now().Add(time.Second); time.Now().Before(end); pause(t, 5*time.Millisecond) {
		for _, n := range nodes {
			for _, room := range rooms {
				at := time.Now()
				out, err := n.control(1).SendEvent(within(t, 10*time.Second), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("app:x")})
				if err == nil { // a node that has just come back may not know the room yet
					said[*out.Id] = logged{n, at}
				}
			}
		}
	}
}

// missing returns the ids that were said and are not in the log files below dir.
func missing(t *testing.T, dir string, said map[string]logged) (ids []string) {
	t.Helper()
	have := recorded(t, dir)
	for id := range said {
		if !have[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

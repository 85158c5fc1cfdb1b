package cluster

import (
	"net/http"
	"os"
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

package cluster

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

// A rolling restart under load: no control call fails after the SDK's own retries, the
// members of the other nodes lose nothing among each other, no fresh token is refused
// while its node drains, and connections are dropped, without a close frame, spread over
// the window.
//
// The first node stops in full, until its last token has expired; the others are killed
// once their connections are gone, to save two minutes.
func TestRollingRestart(t *testing.T) {
	f := form(t, 3, "--drain-window", "15s")
	m := f.talk(30 * time.Millisecond)
	stop := make(chan struct{})
	var calls sync.WaitGroup
	calls.Go(func() { keepCalling(t, f, m.room, stop) })
	for round, n := range f.nodes {
		others := []*node{f.nodes[(round+1)%3], f.nodes[(round+2)%3]}
		var crowd []*member
		for i := range 100 {
			crowd = append(crowd, must(t)(enter(t, m.room, fmt.Sprint("crowd", round, "-", i), n, n)))
		}
		young, err := n.token(m.room, "young")
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		n.signal(syscall.SIGTERM)
		eventually(t, 5*time.Second, "the draining node is not ready", func() bool { return n.ready() != nil })
		if _, err := others[0].spend(t, "young", young); err != nil {
			t.Errorf("a young token of draining %s is refused: %v", n.id, err)
		}
		spread(t, crowd, begun)
		if round == 0 {
			n.terminateAfter(90 * time.Second)
			// These two have heard each other through all of it.
			for _, l := range m.speakers[1:] {
				judge(t, l, m.speakers[1:], nil)
				complete(t, l, m.speakers[1:], latest(l))
			}
		} else {
			n.kill()
		}
		n.start()
		eventually(t, time.Minute, n.id+" is back", func() bool { return n.ready() == nil })
		pause(t, 1500*time.Millisecond)
	}
	close(stop)
	calls.Wait()
	m.end()
}

// keepCalling changes the room on whatever node is ready, as a client behind a load
// balancer does, and expects the SDK's own retries to be enough.
func keepCalling(t *testing.T, f *fleet, room string, stop <-chan struct{}) {
	t.Helper()
	for i := 0; ; i++ {
		select {
		case <-stop:
			t.Logf("%d control calls went well", i)
			return
		case <-time.After(100 * time.Millisecond):
		}
		n := f.nodes[i%3]
		if n.ready() != nil {
			continue
		}
		ctx := within(t, 40*time.Second)
		_, err := n.control(3).UpdateRoom(ctx, &ivschat.UpdateRoomInput{Identifier: &room, Name: aws.String(fmt.Sprint("v", i))})
		// A node that stops between the question and the call is the load balancer's retry.
		if err != nil && n.ready() == nil {
			t.Errorf("UpdateRoom on %s: %v", n.id, err)
		}
	}
}

// spread checks that no second holds more than 15 % of the drops.
func spread(t *testing.T, crowd []*member, begun time.Time) {
	t.Helper()
	seconds := make(map[int]int)
	for _, m := range crowd {
		if m.ends(25 * time.Second) {
			t.Errorf("%s is told goodbye: its SDK stays away on that", m.user)
		}
		seconds[int(m.endedAt().Sub(begun)/time.Second)]++
	}
	for second, count := range seconds {
		if count*100 > 15*len(crowd) {
			t.Errorf("second %d of the drain holds %d of %d drops, want 15 %% at most: %v", second, count, len(crowd), seconds)
		}
	}
}

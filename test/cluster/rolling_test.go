package cluster

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

// A rolling restart under load, behind a load balancer: no control call fails after the
// SDK's own retries; the members of the other nodes lose nothing among each other; no
// token is refused while it is younger than its minute; connections are dropped, without
// a close frame, spread over the window.
//
// The first node stops in full, until its last token has expired; the others are killed
// once their connections are gone, to save two minutes. A soak saves nothing.
func TestRollingRestart(t *testing.T) {
	f := form(t, 3, "--drain-window", "15s")
	room := f.nodes[0].room("rolling")
	f.everywhere(room, f.nodes...)
	lb, stop := balance(t, f), make(chan struct{})
	var calls sync.WaitGroup
	for name, call := range controlCalls(room) {
		calls.Go(func() { keepCalling(t, lb.node, name, call, stop) })
	}
	for round, n := range f.nodes {
		others := []*node{f.nodes[(round+1)%3], f.nodes[(round+2)%3]}
		m := listenTo(t, room, fmt.Sprint("round", round), others, 30*time.Millisecond)
		restart(t, n, others, room, round == 0 || soaking())
		m.end()
		for _, l := range m.speakers {
			judge(t, l, m.speakers, nil)
			complete(t, l, m.speakers, latest(l))
		}
		n.start()
		eventually(t, time.Minute, n.id+" is back", func() bool { return n.ready() == nil })
		pause(t, 1500*time.Millisecond)
	}
	close(stop)
	calls.Wait()
}

// restart stops n as an operator does, in full or until its connections are gone.
func restart(t *testing.T, n *node, others []*node, room string, full bool) {
	t.Helper()
	var crowd []*member
	for i := range 100 {
		crowd = append(crowd, must(t)(enter(t, room, fmt.Sprint("crowd", i), n, n)))
	}
	var young []string
	for range 4 {
		token, err := n.token(room, "young")
		if err != nil {
			t.Fatal(err)
		}
		young = append(young, token)
	}
	minted := time.Now()
	n.signal(syscall.SIGTERM)
	eventually(t, 5*time.Second, "the draining node is not ready", func() bool { return n.ready() != nil })
	use := func(i int, age time.Duration) {
		pause(t, age-time.Since(minted))
		if _, err := others[i%2].spend(t, "young", young[i]); err != nil {
			t.Errorf("a token of draining %s is refused at the age of %v: %v", n.id, time.Since(minted), err)
		}
	}
	use(0, 0)
	spread(t, crowd, minted)
	use(1, 0)
	if !full {
		n.kill()
		return
	}
	use(2, 35*time.Second)
	use(3, 52*time.Second)
	n.terminateAfter(60 * time.Second)
}

// controlCalls are what clients of the control plane go on doing. A call may be tried
// again when its first try was in vain or its answer lost, so none of them is one that
// can't be done twice.
func controlCalls(room string) map[string]func(context.Context, *ivschat.Client) error {
	return map[string]func(context.Context, *ivschat.Client) error{
		"UpdateRoom": func(ctx context.Context, c *ivschat.Client) error {
			_, err := c.UpdateRoom(ctx, &ivschat.UpdateRoomInput{Identifier: &room, Name: aws.String(fmt.Sprint(time.Now().UnixNano()))})
			return err
		},
		"CreateRoom, and a token for it": func(ctx context.Context, c *ivschat.Client) error {
			r, err := c.CreateRoom(ctx, &ivschat.CreateRoomInput{})
			if err == nil {
				_, err = c.CreateChatToken(ctx, &ivschat.CreateChatTokenInput{RoomIdentifier: r.Arn, UserId: aws.String("u")})
			}
			return err
		},
		"GetRoom": func(ctx context.Context, c *ivschat.Client) error {
			_, err := c.GetRoom(ctx, &ivschat.GetRoomInput{Identifier: &room})
			return err
		},
		"SendEvent": func(ctx context.Context, c *ivschat.Client) error {
			_, err := c.SendEvent(ctx, &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("app:x")})
			return err
		},
	}
}

// keepCalling does call again and again, as a client that knows of nothing, and expects
// that the SDK's own retries are enough.
func keepCalling(t *testing.T, to *node, name string, call func(context.Context, *ivschat.Client) error, stop <-chan struct{}) {
	t.Helper()
	for i := 0; ; i++ {
		select {
		case <-stop:
			t.Logf("%s went well %d times", name, i)
			return
		case <-time.After(100 * time.Millisecond):
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := call(ctx, to.control(3)); err != nil { // 3 is what an SDK does unless told otherwise
			t.Errorf("%s: %v", name, err)
		}
		cancel()
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

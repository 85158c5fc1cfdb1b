package room

import (
	"context"
	"errors"
	"sync"
	"testing"

	"parlor/chat"
)

func TestRoomsComeAndGo(t *testing.T) {
	b := &bus{subs: map[chat.ARN]func([]byte){}}
	h := newHub(t, Deps{Bus: b})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				m := &member{user: "u"}
				seat, err := h.Join(t.Context(), testRoom, m)
				if err != nil {
					t.Error(err)
					return
				}
				seat.Leave()
			}
		})
	}
	all.Wait()
	h.Close()
	if rooms, conns := h.Count(); rooms != 0 || conns != 0 || len(b.subs) != 0 {
		t.Errorf("left: %d rooms, %d connections, %d subscriptions", rooms, conns, len(b.subs))
	}
	b.fail = errors.New("no bus")
	if _, err := h.Join(t.Context(), testRoom, &member{}); !errors.Is(err, b.fail) {
		t.Errorf("join without a bus: %v", err)
	}
	h.Close()
	if rooms, _ := h.Count(); rooms != 0 {
		t.Errorf("%d rooms left after a failed join", rooms)
	}
}

// slowBus takes its time to subscribe.
type slowBus struct {
	bus
	begun, proceed chan struct{}
}

func (b *slowBus) Subscribe(room chat.ARN, deliver func([]byte)) (func(), error) {
	close(b.begun)
	<-b.proceed
	return b.bus.Subscribe(room, deliver)
}

// TestGivesUpJoining: who does not wait for the room to be ready leaves nothing behind.
func TestGivesUpJoining(t *testing.T) {
	b := &slowBus{bus{subs: map[chat.ARN]func([]byte){}}, make(chan struct{}), make(chan struct{})}
	h := newHub(t, Deps{Bus: b})
	first := make(chan *Seat)
	go func() {
		seat, _ := h.Join(t.Context(), testRoom, &member{})
		first <- seat
	}()
	<-b.begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Join(ctx, testRoom, &member{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Join that was given up = %v, want %v", err, context.Canceled)
	}
	close(b.proceed)
	(<-first).Leave()
	h.Close()
	if rooms, conns := h.Count(); rooms != 0 || conns != 0 {
		t.Errorf("left: %d rooms, %d connections", rooms, conns)
	}
}

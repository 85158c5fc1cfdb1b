package review

import (
	"context"
	"sync"

	"parlor/chat"
)

// Slots bound the reviews in flight, so that neither one room nor all of them can
// pile up goroutines and connections behind a slow handler.
type slots struct {
	node    chan struct{}
	perRoom int

	mu    sync.Mutex // guards the following
	rooms map[chat.ARN]*roomSlots
}

// RoomSlots are those of one room. They live while somebody uses or wants them.
type roomSlots struct {
	taken chan struct{}
	users int // guarded by slots.mu
}

func newSlots(perRoom, perNode int) *slots {
	return &slots{
		node:    make(chan struct{}, perNode),
		perRoom: perRoom,
		rooms:   make(map[chat.ARN]*roomSlots),
	}
}

// acquire waits for a slot of room and then for one of the node, until ctx ends.
func (s *slots) acquire(ctx context.Context, room chat.ARN) (release func(), err error) {
	r := s.use(room)
	select {
	case r.taken <- struct{}{}:
	case <-ctx.Done():
		s.drop(room)
		return nil, context.Cause(ctx)
	}
	select {
	case s.node <- struct{}{}:
	case <-ctx.Done():
		<-r.taken
		s.drop(room)
		return nil, context.Cause(ctx)
	}
	return func() {
		<-s.node
		<-r.taken
		s.drop(room)
	}, nil
}

func (s *slots) use(room chat.ARN) *roomSlots {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[room]
	if r == nil {
		r = &roomSlots{taken: make(chan struct{}, s.perRoom)}
		s.rooms[room] = r
	}
	r.users++
	return r
}

func (s *slots) drop(room chat.ARN) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[room]
	r.users--
	if r.users == 0 {
		delete(s.rooms, room)
	}
}

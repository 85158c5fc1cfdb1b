package room

import (
	"sync"
	"time"

	"parlor/chat"
	"parlor/internal/loop"
	"parlor/internal/ws"
)

// A Member is a connection's session, as its room sees it. Its methods may be
// called from any goroutine and must not block.
type Member interface {
	// Info tells who it is.
	Info() Info

	// Disconnect closes the connection with code 1000 (behaviour.md §2.5).
	Disconnect(reason string)

	// Drop cuts the connection off without a word, so that its client comes
	// back at once (behaviour.md §0 item 4).
	Drop(err error)
}

// Info describes a connection.
type Info struct {
	UserID         string
	Capabilities   []chat.Capability
	Connected      time.Time
	SessionExpires time.Time
}

// A Seat is a member's place in a room.
type Seat struct {
	room       *room
	member     Member
	user       string
	prev, next *Seat // of the same user
}

// Log is what the member's connection has to follow.
func (s *Seat) Log() *loop.Log { return s.room.log }

// Room returns the room's name.
func (s *Seat) Room() chat.ARN { return s.room.arn }

// Leave gives the seat up. It must be called once.
func (s *Seat) Leave() {
	s.room.stand(s)
	s.room.hub.exit(s.room)
}

// A room has members on this node.
type room struct {
	hub *Hub
	arn chat.ARN
	log *loop.Log

	members int           // guarded by hub.mu
	ready   chan struct{} // closed when the next two are set
	cancel  func()
	err     error
	left    chan struct{} // closed when the room is no more

	frame   []byte    // deliver's alone
	deleted deletions // deliver's alone

	mu    sync.Mutex // guards the following
	users map[string]*Seat
	seats int
}

func newRoom(h *Hub, arn chat.ARN) *room {
	return &room{
		hub: h, arn: arn, log: loop.NewLog(h.cfg.Budget),
		ready: make(chan struct{}), left: make(chan struct{}), users: map[string]*Seat{},
	}
}

func (r *room) seat(m Member) *Seat {
	s := &Seat{room: r, member: m, user: m.Info().UserID}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seats++
	if s.next = r.users[s.user]; s.next != nil {
		s.next.prev = s
	}
	r.users[s.user] = s
	return s
}

func (r *room) stand(s *Seat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seats--
	if s.next != nil {
		s.next.prev = s.prev
	}
	switch {
	case s.prev != nil:
		s.prev.next = s.next
	case s.next != nil:
		r.users[s.user] = s.next
	default:
		delete(r.users, s.user)
	}
	s.prev, s.next = nil, nil
}

// all returns the members as they are now.
func (r *room) all() []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Member, 0, r.seats)
	for _, s := range r.users {
		for ; s != nil; s = s.next {
			all = append(all, s.member)
		}
	}
	return all
}

// of returns the members that are the user's.
func (r *room) of(user string) []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	var own []Member
	for s := r.users[user]; s != nil; s = s.next {
		own = append(own, s.member)
	}
	return own
}

// deliver does what a record from the bus says. The bus calls it with one
// record at a time.
func (r *room) deliver(b []byte) {
	k, meta, json, err := parseRecord(b)
	switch {
	case err != nil:
		r.hub.deps.Log.Warn("record from the bus", "room", r.arn.String(), "err", err)
	case k == kindMessage && r.deleted.has(meta[0]):
		// The deletion came first: the members were told already.
	case k == kindMessage, k == kindEvent:
		r.tell(k, json)
	case k == kindDelete:
		r.deleted.add(string(meta[0]), time.Now())
		r.tell(k, json)
	case k == kindDisconnect:
		// The target hears of it before it goes (behaviour.md §2.4).
		r.tell(k, json)
		r.disconnect(r.of(string(meta[0])), string(meta[1]))
	case k == kindClose:
		r.disconnect(r.all(), string(meta[0]))
	}
}

// disconnect sends members away. A crowd takes longer than the bus may wait.
func (r *room) disconnect(members []Member, reason string) {
	away := func() {
		for _, m := range members {
			m.Disconnect(reason)
		}
	}
	if len(members) <= crowd {
		away()
		return
	}
	r.hub.jobs.Go(away)
}

// crowd is how many members are disconnected at once.
const crowd = 64

// tell appends json to the log as a text frame.
func (r *room) tell(k kind, json []byte) {
	r.frame = ws.AppendFrame(r.frame[:0], ws.Text, json)
	r.log.Append(r.frame)
	r.mu.Lock()
	n := r.seats
	r.mu.Unlock()
	r.hub.deps.Meter.Delivered(k.action(), n)
}

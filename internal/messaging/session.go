package messaging

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"parlor/chat"
	"parlor/internal/loop"
	"parlor/internal/quota"
	"parlor/internal/room"
	"parlor/internal/ws"
)

// A session is one connection: what its token says, and what it is up to. Its
// loop.Session methods belong to the connection's driver, its room.Member
// methods to anybody.
type session struct {
	srv *Server

	// Set before the session begins.
	userID     string
	attributes map[string]string
	caps       uint8
	rateLimit  int32
	ip         netip.Addr
	connected  time.Time
	expires    time.Time
	seat       *room.Seat

	// The driver's.
	dec   ws.Decoder
	rate  rate
	last  chan struct{} // closed when the last action on a goroutine is done; nil: there is none
	ended bool          // the last frame is queued
	deaf  bool          // what comes is not even decoded any more

	waiting atomic.Int32 // actions on goroutines

	mu      sync.Mutex // guards the following
	conn    loop.Conn  // nil before Open and after Closed; the driver reads it freely
	kicked  *string    // the reason, if disconnected before Open
	dropped error      // the same of Drop
}

// pingEvery is how often the server pings unless told otherwise, so that nothing
// on the way takes the connection for dead (behaviour.md §2.6). There is no idle
// timeout.
const pingEvery = 30 * time.Second

var capabilities = [...]chat.Capability{chat.SendMessage, chat.DeleteMessage, chat.DisconnectUser}

func newSession(srv *Server, c *chat.Claims, ip netip.Addr, now time.Time) *session {
	s := &session{
		srv: srv, userID: c.UserID, attributes: c.Attributes, ip: ip,
		connected: now, expires: c.SessionExpires, rateLimit: -1,
		dec: ws.Decoder{Limit: chat.MaxFrame},
	}
	for i, granted := range capabilities {
		if c.Can(granted) {
			s.caps |= 1 << i
		}
	}
	if q := srv.deps.Quotas; q != nil {
		s.rateLimit = int32(q.Limit(c.Room.Account, quota.ConnectionRequests)) //nolint:gosec // a small number
	}
	return s
}

// can reports whether the token grants c.
func (s *session) can(c chat.Capability) bool {
	for i, known := range capabilities {
		if known == c {
			return s.caps&(1<<i) != 0
		}
	}
	return false
}

// Open implements loop.Session.
func (s *session) Open(c loop.Conn) time.Time {
	s.mu.Lock()
	s.conn = c
	kicked, dropped := s.kicked, s.dropped
	s.mu.Unlock()
	if dropped != nil {
		c.Drop(dropped)
	}
	if kicked != nil {
		s.end(ws.CodeNormal, *kicked, false)
	}
	// The first ping comes at any time, so that those who connected together
	// are not pinged together.
	return s.nextWake(s.srv.deps.Clock.Now().Add(rand.N(s.srv.deps.PingEvery))) //nolint:gosec // no secret
}

// nextWake is the time of the next ping or the session's end. It is in the
// driver's time, which Clock may differ from.
func (s *session) nextWake(ping time.Time) time.Time {
	if s.expires.Before(ping) {
		ping = s.expires
	}
	return ping.Add(-s.srv.deps.Clock.Offset)
}

// Wake implements loop.Session.
func (s *session) Wake(time.Time) time.Time {
	now := s.srv.deps.Clock.Now()
	if !now.Before(s.expires) {
		// ERROR 401 first: a client SDK that only saw a close frame would stay
		// away for good (behaviour.md §1.5).
		s.refuse("", expired())
		s.end(ws.CodeNormal, "", false)
		return time.Time{}
	}
	s.conn.Send(ws.AppendHeader(nil, ws.Ping, 0))
	return s.nextWake(now.Add(s.srv.deps.PingEvery))
}

// Receive implements loop.Session.
func (s *session) Receive(in []byte) {
	for len(in) > 0 && !s.deaf {
		m, rest, err := s.dec.Next(in)
		if err != nil {
			s.deaf = true
			s.violated(err)
			return
		}
		in = rest
		switch m.Op {
		case 0:
			return
		case ws.Close:
			s.deaf = true
			s.closing(m.Code)
		case ws.Ping:
			s.conn.Send(ws.AppendFrame(nil, ws.Pong, m.Payload))
		case ws.Text, ws.Binary:
			s.act(m)
		case ws.Pong: // to our ping, or unasked for
		}
	}
}

// closing answers the client's close frame, or takes it for the answer to ours.
func (s *session) closing(code uint16) {
	if s.ended {
		s.conn.Drop(loop.ErrEnded)
		return
	}
	s.end(code, "", true)
}

// end closes the connection behind all it has still to hear.
func (s *session) end(code uint16, reason string, done bool) {
	if !s.ended {
		s.ended = true
		s.conn.End(ws.AppendClose(nil, code, reason), done)
	}
}

// act does what a data frame asks for; no client has a use for a binary one. Each
// ends in an echo or an ERROR, because clients wait for one of them without limit
// (behaviour.md §2.6).
func (s *session) act(m ws.Message) {
	if s.ended {
		return
	}
	var a action
	problem := "Request is not text"
	if m.Op == ws.Text {
		a, problem = parseAction(string(m.Payload))
	}
	now := s.srv.deps.Clock.Now()
	var err error
	switch {
	case !now.Before(s.expires): // the driver's time has a coarser grain
		err = expired()
	case !s.rate.allow(now.Sub(s.connected), int(s.rateLimit)):
		err = &refusal{429, textRate}
	case problem != "":
		err = bad(problem)
	case chat.Length(a.requestID) > chat.MaxRequestID:
		err = &refusal{413, "RequestId is too long"}
	default:
		err = s.start(&a, now)
	}
	s.srv.meter.Request(string(a.name))
	if err != nil {
		s.refuse(a.requestID, err)
	}
}

// start does a at once if it takes no time, else on the side.
func (s *session) start(a *action, now time.Time) error {
	r := request{action: *a, at: now}
	var found bool
	r.room, found = s.srv.deps.Rooms.Room(s.seat.Room())
	r.gone = !found
	reviewed := found && r.name == chat.SendMessage && s.srv.reviewed(&r.room)
	if reviewed || s.srv.asks(r.name, s.seat.Room().Account) || !s.idle() {
		return s.later(r)
	}
	return s.do(context.Background(), &r)
}

func (s *session) do(ctx context.Context, r *request) error {
	switch r.name {
	case chat.SendMessage:
		return s.send(ctx, r)
	case chat.DeleteMessage:
		return s.deleteMessage(ctx, r)
	case chat.DisconnectUser:
		return s.disconnectUser(ctx, r)
	}
	return bad("Unknown action")
}

// refuse tells the client that its request failed. The id is fresh, because
// clients drop an entity whose id they have seen (behaviour.md §0 item 9).
func (s *session) refuse(requestID string, err error) {
	why := refusalOf(err)
	if why.code == 500 {
		s.srv.log.Error("action failed", "room", s.seat.Room().String(), "err", err)
	}
	s.srv.meter.Refused(why.code)
	e := chat.Refusal{ID: chat.NewID(), RequestID: requestID, ErrorCode: why.code, ErrorMessage: why.text}
	s.conn.Send(ws.AppendFrame(nil, ws.Text, e.AppendJSON(nil)))
}

// Package messaging is the Chat Messaging API: it lets in who has a token, does
// what their frames ask for, and says why it did not.
package messaging

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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

// Tokens spend chat tokens; *token.Mint does.
type Tokens interface {
	Redeem(ctx context.Context, token string) (chat.Claims, error)
}

// Rooms are the rooms as they are now.
type Rooms interface {
	Room(a chat.ARN) (chat.Room, bool)

	// FindRoom is Room for one that another node may have made a moment ago.
	FindRoom(ctx context.Context, a chat.ARN) (chat.Room, error)
}

// Quotas say how much is too much; *quota.Quotas do.
type Quotas interface {
	Allow(ctx context.Context, k quota.Key) error
	AllowMessage(ctx context.Context, room chat.ARN, rate int) error
	Acquire(ctx context.Context, k quota.Key) error
	Release(k quota.Key)
	Limit(account string, n quota.Name) int
}

// A Reviewer judges messages for rooms with a review handler; *review.Reviewer
// does. A *review.Denied error denies the message.
type Reviewer interface {
	Review(ctx context.Context, room chat.Room, msg chat.Message, ip string) (chat.Message, error)
}

// A Meter counts what an operator looks at.
type Meter interface {
	Request(action string) // an action arrived; "" for one that can't be read
	Refused(code int)      // an ERROR went out
	Opened()               // a connection was accepted
	Closed(reason string)  // and ended: client, ended, slow, drained, panic, dropped
	Denied(status int)     // a handshake was refused
}

// Deps are what a Server works with. Hub, Driver, Tokens and Rooms are needed.
type Deps struct {
	Hub      *room.Hub
	Driver   *loop.Driver
	Tokens   Tokens
	Rooms    Rooms
	Quotas   Quotas      // nil: no limits
	Alone    func() bool // whether Quotas answer without asking other nodes; nil: yes
	Reviewer Reviewer    // nil: nothing is reviewed
	Meter    Meter
	Clock    chat.Clock
	Log      *slog.Logger

	PingEvery time.Duration // how often a connection is pinged; 0: every 30 seconds
}

// A Server takes WebSocket upgrades, whatever their path, query and origin
// (behaviour.md §2.1).
type Server struct {
	deps  Deps
	meter Meter
	log   *slog.Logger

	draining atomic.Bool
	jobs     sync.WaitGroup // actions that take time
}

// New returns a Server. Its driver and what else it works with is the caller's
// to run.
func New(deps Deps) (*Server, error) {
	if deps.Hub == nil || deps.Driver == nil || deps.Tokens == nil || deps.Rooms == nil {
		return nil, errors.New("messaging: hub, driver, tokens and rooms are needed")
	}
	s := &Server{deps: deps, meter: deps.Meter, log: deps.Log}
	if s.meter == nil {
		s.meter = unmetered{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.deps.PingEvery == 0 {
		s.deps.PingEvery = pingEvery
	}
	return s, nil
}

type unmetered struct{}

func (unmetered) Request(string) {}
func (unmetered) Refused(int)    {}
func (unmetered) Opened()        {}
func (unmetered) Closed(string)  {}
func (unmetered) Denied(int)     {}

func (s *Server) alone() bool { return s.deps.Alone == nil || s.deps.Alone() }

func (s *Server) reviewed(r *chat.Room) bool { return r.Reviewed() && s.deps.Reviewer != nil }

// ServeHTTP answers an opening handshake.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.connect(w, r); err != nil {
		d := denialOf(err)
		s.meter.Denied(d.status)
		s.log.DebugContext(r.Context(), "handshake refused", "code", d.status, "err", err)
		d.write(w)
	}
}

// connect lets a client in: spend its token, find its room, and hand the
// connection to the driver. An error comes before anything was answered, or
// when nothing can be any more.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) error {
	if s.draining.Load() {
		return &deniedError{status: http.StatusServiceUnavailable, message: "The server is shutting down"}
	}
	if err := ws.Check(r); err != nil {
		return err
	}
	offered := ws.Protocols(r)
	if len(offered) == 0 {
		return &deniedError{status: http.StatusUnauthorized, message: "The token is missing"}
	}
	claims, err := s.deps.Tokens.Redeem(r.Context(), offered[0])
	if err != nil {
		return badToken(err)
	}
	if _, err := s.deps.Rooms.FindRoom(r.Context(), claims.Room); err != nil {
		return err
	}
	if err := s.acquire(r.Context(), claims.Room); err != nil {
		return err
	}
	return s.admit(w, r, &claims, offered[0])
}

func (s *Server) quotaKey(room chat.ARN) quota.Key { return quota.Of(quota.Connections, room.Scope()) }

func (s *Server) acquire(ctx context.Context, room chat.ARN) error {
	if s.deps.Quotas == nil {
		return nil
	}
	return s.deps.Quotas.Acquire(ctx, s.quotaKey(room))
}

// admit begins the session. The seat is taken before the client is answered,
// so that it misses nothing of what is said from then on.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, claims *chat.Claims, token string) error {
	release := func() {
		if s.deps.Quotas != nil {
			s.deps.Quotas.Release(s.quotaKey(claims.Room))
		}
	}
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero Addr where there is none
	sess := newSession(s, claims, from.Addr().Unmap(), s.deps.Clock.Now())
	seat, err := s.deps.Hub.Join(r.Context(), claims.Room, sess)
	if err != nil {
		release()
		return err
	}
	sess.seat = seat
	at := seat.Log().Head()
	conn, early, err := ws.Accept(w, r, token)
	if err == nil {
		s.meter.Opened()
		if err = s.deps.Driver.Serve(conn, early, seat.Log(), at, sess); err != nil {
			s.meter.Closed(reasonOf(err))
		}
	}
	if err != nil {
		seat.Leave()
		release()
		s.log.DebugContext(r.Context(), "handshake not finished", "err", err)
	}
	return nil
}

package messaging

import (
	"errors"

	"parlor/chat"
	"parlor/internal/loop"
	"parlor/internal/quota"
	"parlor/internal/room"
	"parlor/internal/ws"
)

// violated answers bytes that break the WebSocket protocol.
func (s *session) violated(err error) {
	if s.ended {
		s.conn.Drop(loop.ErrEnded)
		return
	}
	code, reason := ws.CodeInternal, ""
	if v, ok := errors.AsType[*ws.CloseError](err); ok {
		code, reason = v.Code, v.Reason
	}
	s.end(code, reason, false)
}

// Closed implements loop.Session.
func (s *session) Closed(err error) {
	s.mu.Lock()
	s.conn = nil
	s.mu.Unlock()
	s.seat.Leave()
	arn := s.seat.Room()
	if q := s.srv.deps.Quotas; q != nil {
		q.Release(quota.Of(quota.Connections, arn.Scope()))
	}
	s.srv.meter.Closed(reasonOf(err))
	s.srv.log.Debug("connection closed", "room", arn.String(), "dur", s.srv.deps.Clock.Now().Sub(s.connected), "err", err)
}

// reasonOf names the end of a connection for the meter.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, loop.ErrClosed):
		return "client"
	case errors.Is(err, loop.ErrEnded):
		return "ended"
	case errors.Is(err, loop.ErrSlow):
		return "slow"
	case errors.Is(err, loop.ErrStop), errors.Is(err, errDrained):
		return "drained"
	case errors.Is(err, loop.ErrPanic):
		return "panic"
	}
	return "dropped"
}

// Info implements room.Member.
func (s *session) Info() room.Info {
	var caps []chat.Capability
	for i, c := range capabilities {
		if s.caps&(1<<i) != 0 {
			caps = append(caps, c)
		}
	}
	return room.Info{UserID: s.userID, Capabilities: caps, Connected: s.connected, SessionExpires: s.expires}
}

// Disconnect implements room.Member.
func (s *session) Disconnect(reason string) {
	s.mu.Lock()
	c := s.conn
	if c == nil {
		s.kicked = &reason
	}
	s.mu.Unlock()
	if c != nil {
		c.Do(func() { s.end(ws.CodeNormal, reason, false) })
	}
}

// Drop implements room.Member.
func (s *session) Drop(err error) {
	s.mu.Lock()
	c := s.conn
	if c == nil {
		s.dropped = err
	}
	s.mu.Unlock()
	if c != nil {
		c.Do(func() { c.Drop(err) })
	}
}

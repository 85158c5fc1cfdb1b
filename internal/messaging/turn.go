package messaging

import (
	"context"
	"errors"
	"fmt"

	"parlor/chat"
	"parlor/internal/quota"
)

// Where a review handler or another node's quota has to be asked, an action
// takes time, and the loop must not wait. Such an action gets a goroutine, and
// so does each one behind it until all are done: they may ask at the same time,
// but they are published in the order in which they came.

// maxWaiting bounds the actions of one session that are under way. With ten
// requests a second and 200 ms for a review it is not reached.
const maxWaiting = 64

// A turn is an action's place behind the session's action before it. The zero
// turn is at the head.
type turn struct{ before <-chan struct{} }

// wait returns when it is the action's turn to be published.
func (t turn) wait() {
	if t.before != nil {
		<-t.before
	}
}

// asks reports whether other nodes may have to be asked for an action's quotas: where
// there are some, and some of them are not lifted.
func (s *Server) asks(name chat.Capability, account string) bool {
	if s.alone() || s.deps.Quotas == nil {
		return false
	}
	limited := func(n quota.Name) bool { return s.deps.Quotas.Limit(account, n) != quota.Unlimited }
	switch name {
	case chat.SendMessage:
		return limited(quota.RoomMessages) || limited(quota.SendMessage)
	case chat.DeleteMessage:
		return limited(quota.DeleteMessage)
	case chat.DisconnectUser:
		return limited(quota.DisconnectUser)
	}
	return false
}

// idle reports whether no action of the session is under way.
func (s *session) idle() bool {
	if s.last == nil {
		return true
	}
	select {
	case <-s.last:
		s.last = nil
		return true
	default:
		return false
	}
}

// later does r on a goroutine of its own, in its turn.
func (s *session) later(r request) error {
	if s.waiting.Load() >= maxWaiting {
		return &refusal{429, textRate}
	}
	s.waiting.Add(1)
	done := make(chan struct{})
	r.turn = turn{before: s.last}
	s.last = done
	conn := s.conn
	s.srv.jobs.Go(func() {
		err := s.doSafely(context.Background(), &r)
		r.turn.wait() // also after an error, or the next one would come too early
		close(done)
		s.waiting.Add(-1)
		if err != nil {
			conn.Do(func() { s.refuse(r.requestID, err) })
		}
	})
	return nil
}

// errPanicked stands for a panic in an action.
var errPanicked = errors.New("panic")

// doSafely does r. A panic fails this one action only.
func (s *session) doSafely(ctx context.Context, r *request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanicked, p)
		}
	}()
	return s.do(ctx, r)
}

package messaging

import (
	"context"
	"time"

	"parlor/chat"
	"parlor/internal/quota"
)

// A request is an action on its way.
type request struct {
	action
	room chat.Room
	gone bool      // the room was deleted
	at   time.Time // when it arrived
	turn turn
}

// send takes one SEND_MESSAGE to the room, or says why not.
func (s *session) send(ctx context.Context, r *request) error {
	if err := s.need(r); err != nil {
		return err
	}
	if err := s.limitMessage(ctx, r); err != nil {
		return err
	}
	msg, err := s.review(ctx, r)
	if err != nil {
		return err
	}
	r.turn.wait()
	return s.srv.deps.Hub.SendMessage(ctx, &r.room, &msg)
}

// need says whether the token grants the action, and whether its room is still
// there: a deleted one keeps its connections (behaviour.md §3.4).
func (s *session) need(r *request) error {
	switch {
	case !s.can(r.name):
		return &refusal{403, "The token does not grant " + string(r.name)}
	case r.gone:
		return notFound()
	}
	return nil
}

// limitMessage applies what limits a message: its own size, and then the rates
// of its room and of the account.
func (s *session) limitMessage(ctx context.Context, r *request) error {
	switch {
	case r.content == "":
		return bad("Content is missing")
	case len(r.content) > r.room.MaximumMessageLength && chat.Length(r.content) > r.room.MaximumMessageLength:
		return bad(textLength) // code points; bytes can only be more
	case chat.AttributeBytes(r.attributes) > chat.MaxAttributeBytes:
		return &refusal{413, "Attributes are too large"}
	}
	if s.srv.deps.Quotas == nil {
		return nil
	}
	if err := s.srv.deps.Quotas.AllowMessage(ctx, r.room.ARN, r.room.MaximumMessageRatePerSecond); err != nil {
		return err
	}
	return s.srv.deps.Quotas.Allow(ctx, quota.Of(quota.SendMessage, r.room.ARN.Scope()))
}

// review returns the message as the room shall hear it. The room's handler, if
// it has one, may change or deny it (behaviour.md §4).
func (s *session) review(ctx context.Context, r *request) (chat.Message, error) {
	msg := chat.Message{
		ID: chat.NewID(), RequestID: r.requestID, Attributes: r.attributes, Content: r.content, SendTime: r.at,
		Sender: chat.Sender{UserID: s.userID, Attributes: s.attributes},
	}
	if !s.srv.reviewed(&r.room) {
		return msg, nil
	}
	msg, err := s.srv.deps.Reviewer.Review(ctx, r.room, msg, s.ip.String())
	if err != nil {
		return msg, denial(err)
	}
	return msg, nil
}

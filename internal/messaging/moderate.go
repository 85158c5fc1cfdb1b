package messaging

import (
	"context"

	"parlor/chat"
	"parlor/internal/quota"
)

// deleteMessage takes one DELETE_MESSAGE to the room. Whether there was such a
// message is nobody's knowledge (behaviour.md §2.3).
func (s *session) deleteMessage(ctx context.Context, r *request) error {
	if err := s.need(r); err != nil {
		return err
	}
	if !chat.ValidID(r.id) {
		return bad("Id is not the id of a message")
	}
	if err := s.limitModeration(ctx, r, quota.DeleteMessage); err != nil {
		return err
	}
	r.turn.wait()
	e := chat.Deletion(r.id, r.requestID, r.reason, r.at)
	return s.srv.deps.Hub.DeleteMessage(ctx, r.room.ARN, r.id, e)
}

// disconnectUser takes one DISCONNECT_USER to the room. The user need not be
// there, and may be the one who asks (behaviour.md §2.3).
func (s *session) disconnectUser(ctx context.Context, r *request) error {
	if err := s.need(r); err != nil {
		return err
	}
	if n := chat.Length(r.userID); n < 1 || n > chat.MaxUserID {
		return bad("UserId must have 1 to 128 characters")
	}
	if err := s.limitModeration(ctx, r, quota.DisconnectUser); err != nil {
		return err
	}
	r.turn.wait()
	e := chat.Disconnection(r.userID, r.requestID, r.reason, r.at)
	return s.srv.deps.Hub.DisconnectUser(ctx, r.room.ARN, r.userID, e)
}

// limitModeration applies what limits a moderator: the reason's length and the
// account's rate.
func (s *session) limitModeration(ctx context.Context, r *request, n quota.Name) error {
	if chat.Length(r.reason) > chat.MaxReason {
		return bad("Reason must have at most 256 characters")
	}
	if s.srv.deps.Quotas == nil {
		return nil
	}
	return s.srv.deps.Quotas.Allow(ctx, quota.Of(n, r.room.ARN.Scope()))
}

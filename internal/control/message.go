package control

import (
	"context"
	"strings"

	"parlor/api"
	"parlor/chat"
)

// checkEventName keeps the names that begin with aws: to the service: nobody may pretend.
func checkEventName(name string) []chat.FieldError {
	n := len(chat.ReservedEventPrefix)
	if len(name) < n || !strings.EqualFold(name[:n], chat.ReservedEventPrefix) {
		return nil
	}
	return []chat.FieldError{{
		Name: "eventName", Message: "Value at 'eventName' failed to satisfy constraint: Member must not begin with aws:",
	}}
}

// sendEvent sends an application's event to everybody in a room (behaviour.md §3.6).
func (s *Server) sendEvent(ctx context.Context, q *Request, in *api.SendEventInput) (*api.SendEventOutput, error) {
	if _, err := s.Rooms.FindRoom(ctx, q.Target); err != nil {
		return nil, err
	}
	e := chat.Event{ID: chat.NewID(), EventName: in.EventName, Attributes: in.Attributes, SendTime: q.Time}
	return &api.SendEventOutput{ID: e.ID}, s.Hub.SendEvent(ctx, q.Target, e)
}

// deleteMessage tells everybody in a room to drop a message. Nothing is stored, so
// whether there ever was such a message isn't asked (behaviour.md §2.3).
func (s *Server) deleteMessage(ctx context.Context, q *Request, in *api.DeleteMessageInput) (*api.DeleteMessageOutput, error) {
	if _, err := s.Rooms.FindRoom(ctx, q.Target); err != nil {
		return nil, err
	}
	e := chat.Deletion(in.ID, "", given(in.Reason, ""), q.Time)
	return &api.DeleteMessageOutput{ID: e.ID}, s.Hub.DeleteMessage(ctx, q.Target, in.ID, e)
}

// disconnectUser closes a user's connections to a room. A user who has none is no
// error, and the event goes out all the same (behaviour.md §2.3). The answer has no body.
func (s *Server) disconnectUser(ctx context.Context, q *Request, in *api.DisconnectUserInput) (*api.DisconnectUserOutput, error) {
	if _, err := s.Rooms.FindRoom(ctx, q.Target); err != nil {
		return nil, err
	}
	e := chat.Disconnection(in.UserID, "", given(in.Reason, ""), q.Time)
	return nil, s.Hub.DisconnectUser(ctx, q.Target, in.UserID, e)
}

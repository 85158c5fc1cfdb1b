package control

import (
	"context"
	"slices"
	"strconv"
	"time"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/quota"
)

// createRoom makes a room (behaviour.md §3.3). An empty request is a sound one.
func (s *Server) createRoom(ctx context.Context, q *Request, in *api.CreateRoomInput) (*api.RoomOutput, error) {
	logging, err := s.loggingFor(ctx, q, in.LoggingConfigurationIdentifiers)
	if err != nil {
		return nil, err
	}
	at := q.Time.Truncate(time.Millisecond)
	room := chat.Room{
		ARN:                             chat.ARN{Region: q.Scope.Region, Account: q.Scope.Account, Kind: chat.KindRoom, ID: chat.NewID()},
		Name:                            given(in.Name, ""),
		MaximumMessageRatePerSecond:     given(in.MaximumMessageRatePerSecond, chat.DefaultMessageRate),
		MaximumMessageLength:            given(in.MaximumMessageLength, chat.DefaultMessageLength),
		MessageReviewHandler:            patchHandler(nil, in.MessageReviewHandler),
		LoggingConfigurationIdentifiers: logging,
		CreateTime:                      at,
		UpdateTime:                      at,
		Tags:                            in.Tags,
	}
	done, err := s.make(quota.Rooms, q.Scope, s.Rooms.Count)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := s.Rooms.CreateRoom(ctx, room); err != nil {
		return nil, err
	}
	if err := s.attached(ctx, logging, func(ctx context.Context) error { return s.Rooms.DeleteRoom(ctx, room.ARN) }); err != nil {
		return nil, err
	}
	return roomOutput(&room), nil
}

// detach gives a room back the list that it had before it got this one.
func (s *Server) detach(ctx context.Context, room chat.ARN, list, before []string) error {
	_, err := s.Rooms.UpdateRoom(ctx, room, func(r *chat.Room) error {
		if slices.Equal(r.LoggingConfigurationIdentifiers, list) {
			r.LoggingConfigurationIdentifiers = before
		}
		return nil
	})
	return err
}

func (s *Server) getRoom(ctx context.Context, q *Request, _ *api.GetRoomInput) (*api.RoomOutput, error) {
	room, err := s.Rooms.FindRoom(ctx, q.Target)
	return roomOutput(&room), err
}

// updateRoom changes what is given and leaves the rest (behaviour.md §3.3). The list
// of logging configurations is replaced as a whole.
func (s *Server) updateRoom(ctx context.Context, q *Request, in *api.UpdateRoomInput) (*api.RoomOutput, error) {
	if _, err := s.Rooms.FindRoom(ctx, q.Target); err != nil {
		return nil, err
	}
	logging, err := s.loggingFor(ctx, q, in.LoggingConfigurationIdentifiers)
	if err != nil {
		return nil, err
	}
	var before []string
	room, err := s.Rooms.UpdateRoom(ctx, q.Target, func(r *chat.Room) error {
		r.Name = given(in.Name, r.Name)
		r.MaximumMessageRatePerSecond = given(in.MaximumMessageRatePerSecond, r.MaximumMessageRatePerSecond)
		r.MaximumMessageLength = given(in.MaximumMessageLength, r.MaximumMessageLength)
		r.MessageReviewHandler = patchHandler(r.MessageReviewHandler, in.MessageReviewHandler)
		if in.LoggingConfigurationIdentifiers != nil {
			before, r.LoggingConfigurationIdentifiers = r.LoggingConfigurationIdentifiers, logging
		}
		r.UpdateTime = later(q.Time, r.UpdateTime)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.attached(ctx, logging, func(ctx context.Context) error { return s.detach(ctx, q.Target, logging, before) }); err != nil {
		return nil, err
	}
	return roomOutput(&room), nil
}

// deleteRoom forgets a room. Its connections stay, unless the operator wants otherwise:
// their next action is told that the room is gone (behaviour.md §3.4).
func (s *Server) deleteRoom(ctx context.Context, q *Request, _ *api.DeleteRoomInput) (*api.DeleteRoomOutput, error) {
	if _, err := s.Rooms.FindRoom(ctx, q.Target); err != nil {
		return nil, err
	}
	if err := s.Rooms.DeleteRoom(ctx, q.Target); err != nil || !s.cfg.CloseDeleted {
		return nil, err
	}
	return nil, s.Hub.CloseRoom(ctx, q.Target, "The room was deleted.")
}

// listRooms lists the rooms that pass every filter, the last changed first
// (behaviour.md §3.5). An empty filter is none.
func (s *Server) listRooms(_ context.Context, q *Request, in *api.ListRoomsInput) (*api.ListRoomsOutput, error) {
	name, handler, logging := given(in.Name, ""), given(in.MessageReviewHandlerURI, ""), given(in.LoggingConfigurationIdentifier, "")
	p, err := newPage(in.MaxResults, in.NextToken, "rooms", q.Scope.Account, q.Scope.Region, name, handler, logging)
	if err != nil {
		return nil, err
	}
	matching := func(yield func(chat.Room) bool) {
		for room := range s.Rooms.InScope(q.Scope) {
			if name != "" && room.Name != name ||
				handler != "" && (room.MessageReviewHandler == nil || room.MessageReviewHandler.URI != handler) ||
				logging != "" && !slices.Contains(room.LoggingConfigurationIdentifiers, logging) {
				continue
			}
			if !yield(room) {
				return
			}
		}
	}
	rooms, next := pick(matching, p, func(r *chat.Room) position { return position{r.UpdateTime, r.ARN.ID} })
	out := &api.ListRoomsOutput{Rooms: make([]api.RoomSummary, len(rooms)), NextToken: next}
	for i := range rooms {
		out.Rooms[i] = roomSummary(&rooms[i])
	}
	return out, nil
}

// checkLinks finds what a room's list of logging configurations names more than once.
func checkLinks(ids []string) (bad []chat.FieldError) {
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			bad = append(bad, chat.FieldError{
				Name:    "loggingConfigurationIdentifiers." + strconv.Itoa(i+1) + ".member",
				Message: "The logging configuration is listed more than once",
			})
		}
	}
	return bad
}

// loggingFor holds a room's list of logging configurations against those that exist:
// each must be the account's own, of this region and active (behaviour.md §3.3).
func (s *Server) loggingFor(ctx context.Context, q *Request, ids []string) ([]string, error) {
	for _, id := range ids {
		a, err := chat.ParseARN(id)
		if err != nil {
			return nil, chat.Invalid("The logging configuration's identifier is not an ARN")
		}
		if a.Account != q.Scope.Account {
			return nil, &chat.Error{Code: chat.AccessDenied, Message: "User: " + q.Caller.ARN() + " is not authorized to use resource: " + id}
		}
		if a.Region != q.Scope.Region {
			return nil, chat.NotFound(a)
		}
		c, err := s.Logging.FindLoggingConfiguration(ctx, a)
		if err != nil {
			return nil, err
		}
		if c.State != chat.StateActive {
			return nil, notActive(&c)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return ids, nil
}

// patchHandler applies what is given of a handler to the one there is. An empty URI
// takes the handler away, but the member stays; a handler without a fallback allows
// (behaviour.md §3.3).
func patchHandler(h *chat.Handler, in *api.MessageReviewHandler) *chat.Handler {
	if in == nil || in.URI == nil && in.FallbackResult == nil {
		return h
	}
	out := chat.Handler{FallbackResult: chat.Allow}
	if h != nil {
		out = *h
	}
	out.URI = given(in.URI, out.URI)
	out.FallbackResult = given(in.FallbackResult, out.FallbackResult)
	return &out
}

// given returns what a member holds, or what stands for it when it is absent.
func given[T any](p *T, absent T) T {
	if p == nil {
		return absent
	}
	return *p
}

// later returns now, or the next moment after last if that isn't over yet: every
// update is seen to be later than the one before.
func later(now, last time.Time) time.Time {
	now = now.Truncate(time.Millisecond)
	if now.After(last) {
		return now
	}
	return last.Add(time.Millisecond)
}

func roomOutput(r *chat.Room) *api.RoomOutput {
	return &api.RoomOutput{
		ARN:                             r.ARN.String(),
		ID:                              r.ARN.ID,
		Name:                            r.Name,
		CreateTime:                      api.Timestamp{Time: r.CreateTime},
		UpdateTime:                      api.Timestamp{Time: r.UpdateTime},
		MaximumMessageRatePerSecond:     r.MaximumMessageRatePerSecond,
		MaximumMessageLength:            r.MaximumMessageLength,
		MessageReviewHandler:            handlerOutput(r.MessageReviewHandler),
		Tags:                            r.Tags,
		LoggingConfigurationIdentifiers: r.LoggingConfigurationIdentifiers,
	}
}

func roomSummary(r *chat.Room) api.RoomSummary {
	return api.RoomSummary{
		ARN:                             r.ARN.String(),
		ID:                              r.ARN.ID,
		Name:                            r.Name,
		MessageReviewHandler:            handlerOutput(r.MessageReviewHandler),
		CreateTime:                      api.Timestamp{Time: r.CreateTime},
		UpdateTime:                      api.Timestamp{Time: r.UpdateTime},
		Tags:                            r.Tags,
		LoggingConfigurationIdentifiers: r.LoggingConfigurationIdentifiers,
	}
}

func handlerOutput(h *chat.Handler) *api.MessageReviewHandler {
	if h == nil {
		return nil
	}
	return &api.MessageReviewHandler{URI: &h.URI, FallbackResult: &h.FallbackResult}
}

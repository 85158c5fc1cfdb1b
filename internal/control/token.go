package control

import (
	"context"
	"slices"
	"time"

	"parlor/api"
	"parlor/chat"
)

// createChatToken mints a token for one connection to a room. Both its times count
// from now, not from the connect (behaviour.md §1.2).
func (s *Server) createChatToken(ctx context.Context, q *Request, in *api.CreateChatTokenInput) (*api.CreateChatTokenOutput, error) {
	if _, err := s.Rooms.FindRoom(ctx, q.Target); err != nil {
		return nil, err
	}
	session := time.Duration(given(in.SessionDurationInMinutes, chat.DefaultSessionMinutes)) * time.Minute
	// To the microsecond: what the answer says and what the token says are the same.
	now := q.Time.Truncate(time.Microsecond)
	claims := chat.Claims{
		ID:             chat.NewID(),
		Room:           q.Target,
		UserID:         in.UserID,
		Capabilities:   slices.Compact(slices.Sorted(slices.Values(in.Capabilities))), // a set (§1.1)
		Attributes:     in.Attributes,
		Issued:         now,
		Expires:        now.Add(chat.TokenLifetime),
		SessionExpires: now.Add(session),
	}
	token, err := s.Tokens.Mint(claims)
	if err != nil {
		return nil, err
	}
	return &api.CreateChatTokenOutput{
		Token:                 token,
		TokenExpirationTime:   api.Timestamp{Time: claims.Expires},
		SessionExpirationTime: api.Timestamp{Time: claims.SessionExpires},
	}, nil
}

package chattest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"sync"

	"parlor/chat"
)

// A Said is something that a Hub was told to bring into a room.
type Said struct {
	Room      chat.ARN
	Event     chat.Event
	MessageID string // of a deletion
	UserID    string // of a disconnection
	Closed    string // why the room was closed
}

// A Hub is a hub without members that remembers what it was told.
type Hub struct {
	mu   sync.Mutex // guards the following
	said []Said
}

// SendEvent remembers an event.
func (h *Hub) SendEvent(_ context.Context, room chat.ARN, e chat.Event) error {
	return h.say(Said{Room: room, Event: e})
}

// DeleteMessage remembers a deletion.
func (h *Hub) DeleteMessage(_ context.Context, room chat.ARN, messageID string, e chat.Event) error {
	return h.say(Said{Room: room, Event: e, MessageID: messageID})
}

// DisconnectUser remembers a disconnection.
func (h *Hub) DisconnectUser(_ context.Context, room chat.ARN, userID string, e chat.Event) error {
	return h.say(Said{Room: room, Event: e, UserID: userID})
}

// CloseRoom remembers a room's end.
func (h *Hub) CloseRoom(_ context.Context, room chat.ARN, reason string) error {
	return h.say(Said{Room: room, Closed: reason})
}

// Said returns what the hub was told so far, and forgets it.
func (h *Hub) Said() []Said {
	h.mu.Lock()
	defer h.mu.Unlock()
	said := h.said
	h.said = nil
	return said
}

func (h *Hub) say(s Said) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, s)
	return nil
}

// A Mint makes tokens that anybody can read and nobody spends.
type Mint struct{}

// Mint returns the claims as a token.
func (Mint) Mint(c chat.Claims) (string, error) {
	data, err := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(data), err
}

// Claims reads what Mint made.
func (Mint) Claims(token string) (c chat.Claims, err error) {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	return c, err
}

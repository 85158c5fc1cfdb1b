package chat

import (
	"slices"
	"time"
)

// A Capability is an action that a token lets its user take; receiving needs none.
type Capability string

// The capabilities (behaviour.md §1.1).
const (
	SendMessage    Capability = "SEND_MESSAGE"
	DeleteMessage  Capability = "DELETE_MESSAGE"
	DisconnectUser Capability = "DISCONNECT_USER"
)

// Claims are what a chat token says. They are fixed when it is minted.
type Claims struct {
	ID             string // names the token for its one use
	Room           ARN
	UserID         string // 1 to 128 characters; not unique among connections
	Capabilities   []Capability
	Attributes     map[string]string // at most 1 KB; shown to others as Sender.Attributes
	Issued         time.Time
	Expires        time.Time // Issued + TokenLifetime: the latest moment to connect
	SessionExpires time.Time // Issued + session duration: when the connection ends (§1.2)
}

// Can reports whether the token grants c.
func (c *Claims) Can(capability Capability) bool {
	return slices.Contains(c.Capabilities, capability)
}

package chat

import (
	"maps"
	"slices"
	"time"
)

// What becomes of a message whose review fails (behaviour.md §4).
const (
	Allow = "ALLOW"
	Deny  = "DENY"
)

// A Room is what CreateRoom makes and members talk in (behaviour.md §3.2).
type Room struct {
	ARN                             ARN
	Name                            string   // 0 to 128 of [a-zA-Z0-9-_], not unique
	MaximumMessageRatePerSecond     int      // 1 to 100
	MaximumMessageLength            int      // 1 to 500 code points
	MessageReviewHandler            *Handler `json:",omitempty"` // nil until one was configured
	LoggingConfigurationIdentifiers []string `json:",omitempty"` // 0 to 3 ARNs, order kept
	CreateTime                      time.Time
	UpdateTime                      time.Time
	Tags                            map[string]string `json:",omitempty"`
}

// A Handler reviews a room's messages before they are delivered (behaviour.md §4).
type Handler struct {
	URI            string // ARN of a Lambda function; empty: none
	FallbackResult string // Allow or Deny: what holds when the handler gives no valid answer
}

// Clone returns a copy that shares nothing with r.
func (r Room) Clone() Room {
	if r.MessageReviewHandler != nil {
		h := *r.MessageReviewHandler
		r.MessageReviewHandler = &h
	}
	r.LoggingConfigurationIdentifiers = slices.Clone(r.LoggingConfigurationIdentifiers)
	r.Tags = maps.Clone(r.Tags)
	return r
}

// Reviewed reports whether messages to r need its handler's consent.
func (r *Room) Reviewed() bool {
	return r.MessageReviewHandler != nil && r.MessageReviewHandler.URI != ""
}

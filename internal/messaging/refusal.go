package messaging

import (
	"errors"

	"parlor/chat"
	"parlor/internal/review"
)

// Texts that clients match on (behaviour.md §0 item 8).
const (
	textRate   = "rate limit exceeded"
	textLength = "Message exceeds maximum length"
)

// A refusal is why an action was not done, as an ERROR tells it (behaviour.md
// §2.4). It has one of the eight codes that clients know.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

func bad(text string) error { return &refusal{400, text} }

// refusalOf is the one place that turns an error into what the client may see.
func refusalOf(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if e, ok := errors.AsType[*chat.Error](err); ok {
		if e.Code == chat.Throttling || e.Code == chat.ServiceQuotaExceeded {
			return &refusal{429, textRate}
		}
		if e.Code == chat.ResourceNotFound {
			return notFound()
		}
		if e.Code == chat.AccessDenied || e.Code == chat.PendingVerification {
			return &refusal{403, e.Message}
		}
	}
	return &refusal{500, "Internal server error"}
}

func expired() *refusal { return &refusal{401, "The connection has expired"} }

func notFound() *refusal { return &refusal{404, "Room not found"} }

// denial turns what a review said into what the sender hears. A review that
// could not be finished denies nothing.
func denial(err error) error {
	if d, ok := errors.AsType[*review.Denied](err); ok {
		return &refusal{406, d.Error()}
	}
	return err
}

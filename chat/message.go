package chat

import (
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Names of the events that the service itself sends (behaviour.md §2.4).
const (
	EventDeleteMessage  = "aws:DELETE_MESSAGE"
	EventDisconnectUser = "aws:DISCONNECT_USER"
	ReservedEventPrefix = "aws:" // applications may not send events named so
)

// A Message is what one member said, as every member of the room hears it.
type Message struct {
	ID         string
	RequestID  string            // as the sender gave it; "" when it gave none
	Attributes map[string]string // nil is null on the wire
	Content    string
	SendTime   time.Time // when the service received it
	Sender     Sender
}

// A Sender is the user a message came from, with the attributes of the user's token.
type Sender struct {
	UserID     string
	Attributes map[string]string
}

// An Event is an instruction to clients: by the service (aws:…) or an application.
type Event struct {
	ID         string
	RequestID  string
	EventName  string
	Attributes map[string]string
	SendTime   time.Time
}

// A Refusal is the ERROR entity: it tells one connection that its action failed.
type Refusal struct {
	ID           string // always fresh: clients drop an id they have seen (§0 item 9)
	RequestID    string
	ErrorCode    int // one of 400 401 403 404 406 413 429 500 (§0 item 7)
	ErrorMessage string
}

// AppendJSON appends the MESSAGE entity, members in the service's order (§2.4).
func (m *Message) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"Type":"MESSAGE","Id":`...)
	dst = AppendString(dst, m.ID)
	dst = append(dst, `,"RequestId":`...)
	dst = AppendString(dst, m.RequestID)
	dst = append(dst, `,"Attributes":`...)
	dst = AppendMap(dst, m.Attributes)
	dst = append(dst, `,"Content":`...)
	dst = AppendString(dst, m.Content)
	dst = append(dst, `,"SendTime":"`...)
	dst = AppendTime(dst, m.SendTime)
	dst = append(dst, `","Sender":`...)
	dst = m.Sender.AppendJSON(dst)
	return append(dst, '}')
}

// AppendJSON appends the sender as it stands in a MESSAGE. A token without
// attributes shows {} (§2.4).
func (s *Sender) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"UserId":`...)
	dst = AppendString(dst, s.UserID)
	dst = append(dst, `,"Attributes":`...)
	if s.Attributes == nil {
		dst = append(dst, `{}`...)
	} else {
		dst = AppendMap(dst, s.Attributes)
	}
	return append(dst, '}')
}

// AppendJSON appends the EVENT entity, members in the service's order (§2.4).
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"Type":"EVENT","Id":`...)
	dst = AppendString(dst, e.ID)
	dst = append(dst, `,"RequestId":`...)
	dst = AppendString(dst, e.RequestID)
	dst = append(dst, `,"EventName":`...)
	dst = AppendString(dst, e.EventName)
	dst = append(dst, `,"Attributes":`...)
	dst = AppendMap(dst, e.Attributes)
	dst = append(dst, `,"SendTime":"`...)
	dst = AppendTime(dst, e.SendTime)
	return append(dst, `"}`...)
}

// AppendJSON appends the ERROR entity.
func (r *Refusal) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"Type":"ERROR","Id":`...)
	dst = AppendString(dst, r.ID)
	dst = append(dst, `,"RequestId":`...)
	dst = AppendString(dst, r.RequestID)
	dst = append(dst, `,"ErrorCode":`...)
	dst = strconv.AppendInt(dst, int64(r.ErrorCode), 10)
	dst = append(dst, `,"ErrorMessage":`...)
	dst = AppendString(dst, r.ErrorMessage)
	return append(dst, '}')
}

// Deletion returns the event that tells clients to drop the message with the given
// id. It carries the id under both spellings (§0 item 2).
func Deletion(id, requestID, reason string, at time.Time) Event {
	return Event{
		ID: NewID(), RequestID: requestID, EventName: EventDeleteMessage, SendTime: at,
		Attributes: map[string]string{"MessageID": id, "MessageId": id, "Reason": reason},
	}
}

// Disconnection returns the event that tells a room that a user was disconnected.
func Disconnection(userID, requestID, reason string, at time.Time) Event {
	return Event{
		ID: NewID(), RequestID: requestID, EventName: EventDisconnectUser, SendTime: at,
		Attributes: map[string]string{"UserId": userID, "Reason": reason},
	}
}

// AppendMap appends m as a JSON object with sorted keys, or null when m is nil.
func AppendMap(dst []byte, m map[string]string) []byte {
	if m == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, k)
		dst = append(dst, ':')
		dst = AppendString(dst, m[k])
	}
	return append(dst, '}')
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string, escaped as encoding/json does it, with
// which the service is very probably written (behaviour.md §2.2): not only what JSON
// demands, but also what HTML and old JavaScript trip over. Bytes that are no UTF-8
// become U+FFFD, so that a frame is always valid text.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c, size := s[i], 1
		var esc string
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
				i++
				continue
			}
			esc = escape(c)
		} else {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			esc = escapeRune(r, size)
		}
		if esc != "" {
			dst = append(append(dst, s[start:i]...), esc...)
			start = i + size
		}
		i += size
	}
	return append(append(dst, s[start:]...), '"')
}

// escapeRune returns the JSON escape of r, a rune of size bytes that is not ASCII:
// "" if it stands for itself, as nearly all do.
func escapeRune(r rune, size int) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return `\ufffd`
	case r == '\u2028':
		return `\u2028`
	case r == '\u2029':
		return `\u2029`
	}
	return ""
}

// escape returns the JSON escape of c, which is ASCII.
func escape(c byte) string {
	switch c {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	}
	return string([]byte{'\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15]})
}

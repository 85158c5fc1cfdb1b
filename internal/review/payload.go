package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"parlor/chat"
)

// maxAnswer bounds the bytes read of an answer. The longest valid one, 500 code points
// and 1 KB of attributes all written as \u escapes, takes less than 16 KiB.
const maxAnswer = 64 << 10

// maxReason bounds the bytes of a denial's reason that go to the sender.
const maxReason = chat.MaxAttributeBytes

var errTooLong = errors.New("the answer is too long")

// payload returns what the handler gets (behaviour.md §4, request payload). Absent
// attributes are {}, so that a handler may look into them unasked.
func payload(room chat.Room, msg chat.Message, ip string) []byte {
	b := append(make([]byte, 0, 512), `{"Content":`...)
	b = chat.AppendString(b, msg.Content)
	b = append(b, `,"MessageId":`...)
	b = chat.AppendString(b, msg.ID)
	b = append(b, `,"RoomArn":`...)
	b = chat.AppendString(b, room.ARN.String())
	b = append(b, `,"Attributes":`...)
	b = chat.AppendMap(b, orEmpty(msg.Attributes))
	b = append(b, `,"Sender":{"Attributes":`...)
	b = chat.AppendMap(b, orEmpty(msg.Sender.Attributes))
	b = append(b, `,"UserId":`...)
	b = chat.AppendString(b, msg.Sender.UserID)
	b = append(b, `,"Ip":`...)
	b = chat.AppendString(b, ip)
	return append(b, '}', '}')
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// A verdict is a valid answer.
type verdict struct {
	denied     bool
	content    string
	attributes map[string]string // nil: the message keeps its own
}

// parse reads a handler's answer to a message of at most maxLength code points
// (behaviour.md §4, response payload). Errors are of class response.
func parse(answer []byte, maxLength int) (verdict, error) {
	var in struct {
		ReviewResult string
		Content      *string
		Attributes   map[string]string
	}
	if err := json.Unmarshal(answer, &in); err != nil {
		return verdict{}, invalid("not the JSON of a review: %w", err)
	}
	switch in.ReviewResult {
	case chat.Deny:
		// Content is checked only for ALLOW. A DENY with too many attributes stays a
		// DENY: falling back could deliver what the handler refused.
		return verdict{denied: true, attributes: in.Attributes}, nil
	case chat.Allow:
	default:
		return verdict{}, invalid("ReviewResult %.40q is neither ALLOW nor DENY", in.ReviewResult)
	}
	if in.Content == nil {
		return verdict{}, invalid("no Content")
	}
	if maxLength <= 0 {
		maxLength = chat.DefaultMessageLength
	}
	if n := chat.Length(*in.Content); n < 1 || n > maxLength {
		return verdict{}, invalid("Content of %d code points, not 1 to %d", n, maxLength)
	}
	if n := chat.AttributeBytes(in.Attributes); n > chat.MaxAttributeBytes {
		return verdict{}, invalid("Attributes of %d bytes, more than %d", n, chat.MaxAttributeBytes)
	}
	return verdict{content: *in.Content, attributes: in.Attributes}, nil
}

func invalid(format string, args ...any) error {
	return &failure{response, fmt.Errorf(format, args...)}
}

// apply returns msg as v wants it delivered, or the denial.
func (v verdict) apply(msg chat.Message) (chat.Message, error) {
	if v.denied {
		return chat.Message{}, &Denied{Reason: cut(v.attributes["Reason"], maxReason)}
	}
	msg.Content = v.content
	if v.attributes != nil {
		msg.Attributes = v.attributes
	}
	return msg, nil
}

// cut returns the first n bytes of s or less, never half a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// A bounded reader fails with errTooLong where an answer exceeds its bound, so that
// nobody reads 10 MB to find that they are too many.
type bounded struct {
	io.ReadCloser
	left int
}

// Read reads up to the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if n > b.left {
		return b.left, &failure{response, errTooLong}
	}
	b.left -= n
	return n, err
}

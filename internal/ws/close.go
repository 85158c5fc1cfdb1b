package ws

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// The close codes a server sends or tells apart (RFC 6455 §7.4.1).
const (
	CodeNormal        uint16 = 1000
	codeProtocolError uint16 = 1002
	CodeNoStatus      uint16 = 1005 // a close frame without a code; never on the wire
	codeInvalidData   uint16 = 1007
	codeTooBig        uint16 = 1009
	CodeInternal      uint16 = 1011
)

// A CloseError is a violation by the peer. The answer is a close frame with
// its code and reason, and then the end of the connection (§7.1.7).
type CloseError struct {
	Code   uint16
	Reason string
}

// Error says what was violated.
func (e *CloseError) Error() string {
	return fmt.Sprintf("websocket: %s (close code %d)", e.Reason, e.Code)
}

// violation is the CloseError of a frame that breaks the framing rules.
func violation(reason string) error {
	return &CloseError{Code: codeProtocolError, Reason: reason}
}

// maxReason is what is left of a control frame after the code.
const maxReason = maxControl - 2

// AppendClose appends a close frame. A reason longer than a control frame
// holds is cut between two runes. The codes 0 and CodeNoStatus give a frame
// without a body, as they must not appear on the wire (§7.4.1).
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == 0 || code == CodeNoStatus {
		return AppendHeader(dst, Close, 0)
	}
	if len(reason) > maxReason {
		n := maxReason
		for n > 0 && !utf8.RuneStart(reason[n]) {
			n--
		}
		reason = reason[:n]
	}
	dst = AppendHeader(dst, Close, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, code)
	return append(dst, reason...)
}

// parseClose reads the body of a close frame (§5.5.1): nothing, or a code that
// may be on the wire and a reason in UTF-8.
func parseClose(p []byte) (Message, error) {
	if len(p) == 0 {
		return Message{Op: Close, Code: CodeNoStatus}, nil
	}
	if len(p) == 1 {
		return Message{}, violation("close code cut short")
	}
	code := binary.BigEndian.Uint16(p)
	if !sendable(code) {
		return Message{}, violation("close code not allowed on the wire")
	}
	if !utf8.Valid(p[2:]) {
		return Message{}, errInvalidText()
	}
	return Message{Op: Close, Code: code, Payload: p[2:]}, nil
}

// sendable reports whether an endpoint may put code into a close frame
// (§7.4.2): the registered codes, those of libraries and those of applications,
// but not those that stand for the absence of a close frame.
func sendable(code uint16) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	}
	return code >= 3000 && code <= 4999
}

// Package ws speaks RFC 6455, the WebSocket protocol, from the server's side:
// it judges the opening handshake, turns bytes into messages and messages into
// bytes. It owns no goroutine and no connection.
package ws

import "encoding/binary"

// An Opcode says what a frame carries (RFC 6455 §5.2).
type Opcode byte

// The opcodes of whole messages and control frames. Continuation frames never
// leave the Decoder: it joins them.
const (
	Text   Opcode = 0x1
	Binary Opcode = 0x2
	Close  Opcode = 0x8
	Ping   Opcode = 0x9
	Pong   Opcode = 0xA
)

// continuation is the opcode of every fragment after the first (§5.4).
const continuation Opcode = 0x0

// The bits of a frame's first two bytes (§5.2).
const (
	bitFin     = 0x80
	bitsRSV    = 0x70
	bitsOpcode = 0x0F
	bitControl = 0x08
	bitMask    = 0x80
	bitsLength = 0x7F

	length16 = 126 // the length is in the next two bytes
	length64 = 127 // the length is in the next eight bytes
)

// maxControl is how much a control frame may carry (§5.5).
const maxControl = 125

// maxHeader is the size of the longest header AppendHeader writes.
const maxHeader = 10

// AppendHeader appends the header of an unfragmented, unmasked frame of n
// payload bytes. A server never masks (§5.1).
func AppendHeader(dst []byte, op Opcode, n int) []byte {
	dst = append(dst, bitFin|byte(op))
	switch {
	case n < length16:
		return append(dst, byte(n&bitsLength))
	case n <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, length16), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, length64), uint64(n))
}

// AppendFrame appends one whole frame. The payload of a control frame must not
// exceed 125 bytes.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	return append(AppendHeader(dst, op, len(payload)), payload...)
}

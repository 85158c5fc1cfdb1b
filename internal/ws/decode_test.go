package ws_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unsafe"

	"parlor/internal/ws"
)

// A frame is what a client puts on the wire, right or wrong.
type frame struct {
	op      ws.Opcode
	payload string
	more    bool // FIN is not set
	rsv     byte // 0 to 7
	bare    bool // not masked
	length  int  // bytes of extended length: 0 for the shortest form
}

var key = [4]byte{0x37, 0xFA, 0x21, 0x3D}

// wire encodes f as a client does.
func (f frame) wire() []byte {
	first := byte(f.op) | f.rsv<<4
	if !f.more {
		first |= 0x80
	}
	mask := byte(0x80)
	if f.bare {
		mask = 0
	}
	n := len(f.payload)
	b := []byte{first}
	switch {
	case f.length == 8 || n > 0xFFFF:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
	case f.length == 2 || n > 125:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = append(b, mask|byte(n))
	}
	if f.bare {
		return append(b, f.payload...)
	}
	b = append(b, key[:]...)
	for i := range n {
		b = append(b, f.payload[i]^key[i%4])
	}
	return b
}

func text(s string) frame       { return frame{op: ws.Text, payload: s} }
func binry(s string) frame      { return frame{op: ws.Binary, payload: s} }
func ping(s string) frame       { return frame{op: ws.Ping, payload: s} }
func pong(s string) frame       { return frame{op: ws.Pong, payload: s} }
func more(f frame) frame        { f.more = true; return f }
func cont(s string) frame       { return frame{payload: s} }
func rsv(n byte, f frame) frame { f.rsv = n; return f }

func closing(code uint16, reason string) frame {
	return frame{op: ws.Close, payload: string(binary.BigEndian.AppendUint16(nil, code)) + reason}
}

func wire(frames ...frame) []byte {
	var b []byte
	for _, f := range frames {
		b = append(b, f.wire()...)
	}
	return b
}

// A heard is a message with its payload kept, or the error that ended all.
type heard struct {
	Op      ws.Opcode
	Payload string
	Code    uint16
	Err     uint16
}

// feed gives d the input in pieces and collects what it says until the first
// close frame or error.
func feed(d *ws.Decoder, pieces ...[]byte) (all []heard) {
	for _, in := range pieces {
		in = bytes.Clone(in)
		for len(in) > 0 {
			m, rest, err := d.Next(in)
			if err != nil {
				return append(all, heard{Err: codeOf(err)})
			}
			if m.Op == 0 {
				break
			}
			all = append(all, heard{Op: m.Op, Payload: string(m.Payload), Code: m.Code})
			if m.Op == ws.Close {
				return all
			}
			in = rest
		}
	}
	return all
}

func codeOf(err error) uint16 {
	var e *ws.CloseError
	if !errors.As(err, &e) || e.Reason == "" {
		return 0
	}
	return e.Code
}

// chop cuts b into pieces of n bytes.
func chop(b []byte, n int) (pieces [][]byte) {
	for len(b) > n {
		pieces = append(pieces, b[:n])
		b = b[n:]
	}
	return append(pieces, b)
}

func TestDecoderIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(ws.Decoder{}); n > 64 {
		t.Errorf("a Decoder takes %d bytes, want at most 64", n)
	}
}

func TestNext(t *testing.T) {
	hi := heard{Op: ws.Text, Payload: "hi"}
	violation := []heard{{Err: 1002}}
	tests := []struct {
		name string
		in   []byte
		want []heard
	}{
		{"nothing", nil, nil},
		{"text", wire(text("hi")), []heard{hi}},
		{"two messages", wire(text("hi"), binry("\xFF")), []heard{hi, {Op: ws.Binary, Payload: "\xFF"}}},
		{"empty", wire(text(""), text("hi")), []heard{{Op: ws.Text}, hi}},
		{"fragments", wire(more(text("h")), more(cont("")), cont("i")), []heard{hi}},
		{"ping between fragments", wire(more(text("h")), ping("?"), cont("i")), []heard{{Op: ws.Ping, Payload: "?"}, hi}},
		{"rune over fragments", wire(more(text("\xF0\x9F")), ping("x"), cont("\x98\x80")), []heard{{Op: ws.Ping, Payload: "x"}, {Op: ws.Text, Payload: "😀"}}},
		{"close without code", wire(frame{op: ws.Close}), []heard{{Op: ws.Close, Code: 1005}}},
		{"close", wire(closing(1000, "bye")), []heard{{Op: ws.Close, Code: 1000, Payload: "bye"}}},
		{"close code cut short", wire(frame{op: ws.Close, payload: "\x03"}), violation},
		{"close code reserved", wire(closing(1006, "")), violation},
		{"close code of TLS failures", wire(closing(1015, "")), violation},
		{"close reason not UTF-8", wire(closing(1000, "\xFF")), []heard{{Err: 1007}}},
		{"not masked", wire(frame{op: ws.Text, payload: "hi", bare: true}), violation},
		{"not masked, header only", []byte{0x81, 0x02}, violation},
		{"reserved bit, two bytes only", []byte{0xC1, 0x80}, violation},
		{"16-bit length too long a form", wire(frame{op: ws.Text, payload: "hi", length: 2}), violation},
		{"16-bit length that 7 bits hold", wire(frame{op: ws.Text, payload: strings.Repeat("x", 125), length: 2}), violation},
		{"64-bit length too long a form", wire(frame{op: ws.Text, payload: "hi", length: 8}), violation},
		{"64-bit length that 16 bits hold", wire(frame{op: ws.Binary, payload: strings.Repeat("x", 0xFFFF), length: 8})[:14], violation},
		{"64-bit length negative", append([]byte{0x82, 0xFF, 0x80}, make([]byte, 11)...), violation},
		{"ping of 126 bytes", wire(ping(strings.Repeat("x", 126))), violation},
		{"ping of 125 bytes", wire(ping(strings.Repeat("x", 125))), []heard{{Op: ws.Ping, Payload: strings.Repeat("x", 125)}}},
		{"ping in fragments", wire(more(ping("x"))), violation},
		{"invalid text in an unfinished frame", wire(text("ab\xFFcd"))[:9], []heard{{Err: 1007}}},
		{"surrogate refused at its second byte", wire(text("\xED\xA0\x80"))[:8], []heard{{Err: 1007}}},
		{"text ends within a rune", wire(text("\xE2\x82")), []heard{{Err: 1007}}},
	}
	for _, tt := range tests {
		for _, n := range []int{1, 2, 3, 7, 1 << 20} {
			var d ws.Decoder
			got := feed(&d, chop(tt.in, n)...)
			if !equal(got, tt.want) {
				t.Errorf("%s in pieces of %d: heard %v, want %v", tt.name, n, got, tt.want)
			}
		}
	}
}

func equal(a, b []heard) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// The limit holds on the header, before any payload is there (behaviour.md
// §2.6: 16 KiB, then 1009).
func TestLimitOnTheHeader(t *testing.T) {
	tests := []struct {
		name  string
		limit int
		in    []byte
		want  []heard
	}{
		{"at the default", 0, wire(binry(strings.Repeat("x", 16<<10))), []heard{{Op: ws.Binary, Payload: strings.Repeat("x", 16<<10)}}},
		{"past the default", 0, wire(binry(strings.Repeat("x", 16<<10+1)))[:8], []heard{{Err: 1009}}},
		{"far past", 0, append([]byte{0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, key[:]...), []heard{{Err: 1009}}},
		{"at a limit of 2", 2, wire(text("hi")), []heard{{Op: ws.Text, Payload: "hi"}}},
		{"past a limit of 2", 2, wire(text("hi!"))[:6], []heard{{Err: 1009}}},
		{"fragments at the limit", 2, wire(more(text("h")), cont("i")), []heard{{Op: ws.Text, Payload: "hi"}}},
		{"fragments past the limit", 2, wire(more(text("h")), more(cont("i")), cont("!"))[:20], []heard{{Err: 1009}}},
		{"ping beside a full message", 2, wire(more(text("hi")), ping("????"), cont("")), []heard{{Op: ws.Ping, Payload: "????"}, {Op: ws.Text, Payload: "hi"}}},
	}
	for _, tt := range tests {
		for _, n := range []int{1, 5, 1 << 20} {
			d := ws.Decoder{Limit: tt.limit}
			if got := feed(&d, chop(tt.in, n)...); !equal(got, tt.want) {
				t.Errorf("%s in pieces of %d: heard %.80v, want %.80v", tt.name, n, got, tt.want)
			}
		}
	}
}

// A whole frame in the input is handed out where it lies.
func TestWholeFrameIsNotCopied(t *testing.T) {
	in := wire(text(strings.Repeat("x", 500)))
	work := make([]byte, len(in))
	var d ws.Decoder
	n := testing.AllocsPerRun(100, func() {
		copy(work, in)
		m, rest, err := d.Next(work)
		if err != nil || len(rest) != 0 || len(m.Payload) != 500 || &m.Payload[0] != &work[8] {
			t.Fatalf("Next = %v, %d bytes left, %v", m.Op, len(rest), err)
		}
	})
	if n != 0 {
		t.Errorf("a whole frame costs %v allocations, want 0", n)
	}
}

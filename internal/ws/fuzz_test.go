package ws_test

import (
	"strings"
	"testing"

	"parlor/internal/ws"
)

// FuzzNext: however bytes are split, the same is heard, and nothing panics.
func FuzzNext(f *testing.F) {
	f.Add(wire(text("hi"), more(binry("a")), ping("b"), cont("c"), closing(1000, "bye")), uint8(3), uint8(1))
	f.Add(wire(more(text("\xF0\x9F")), ping("x"), cont("\x98\x80")), uint8(7), uint8(2))
	f.Add(wire(text("ab\xFFcd")), uint8(8), uint8(1))
	f.Add(wire(frame{op: ws.Binary, payload: "0123456789", length: 8}), uint8(1), uint8(5))
	f.Add([]byte{0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, uint8(9), uint8(9))
	f.Fuzz(func(t *testing.T, in []byte, a, b uint8) {
		const limit = 300
		whole := feed(&ws.Decoder{Limit: limit}, in)
		// Pieces of a and b bytes in turn.
		var pieces [][]byte
		for rest, n, next := in, int(a)+1, int(b)+1; len(rest) > 0; n, next = next, n {
			n := min(n, len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		if got := feed(&ws.Decoder{Limit: limit}, pieces...); !equal(got, whole) {
			t.Errorf("in pieces of %d and %d: heard %v, as a whole %v", a, b, got, whole)
		}
		for _, m := range whole {
			if len(m.Payload) > limit {
				t.Errorf("a message of %d bytes passed the limit of %d", len(m.Payload), limit)
			}
		}
	})
}

// FuzzProtocols: whatever a client offers, each item is a part of it without
// blanks around, and only a token can be echoed.
func FuzzProtocols(f *testing.F) {
	f.Add("a.b, c", "x")
	f.Add(",, \t,", "a b,c=d")
	f.Fuzz(func(t *testing.T, one, two string) {
		r := request(set("Sec-WebSocket-Protocol", one, two))
		for _, p := range ws.Protocols(r) {
			if p == "" || strings.Trim(p, " \t") != p || strings.Contains(p, ",") || !strings.Contains(one+"\n"+two, p) {
				t.Errorf("Protocols(%q, %q) has %q", one, two, p)
			}
		}
		if err := ws.Check(r); err != nil {
			t.Errorf("Check = %v: subprotocols are no concern of it", err)
		}
	})
}

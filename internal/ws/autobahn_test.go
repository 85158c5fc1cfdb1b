package ws_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parlor/internal/ws"
)

// The cases of the Autobahn test suite that apply to a server without
// compression, under the suite's own numbers: 1 framing, 2 pings and pongs,
// 3 reserved bits, 4 opcodes, 5 fragmentation, 6 UTF-8, 7 close handling,
// 9 limits and performance, 10 automatic fragmentation. Input and expectations
// are written anew; where the suite accepts several behaviours, this table
// demands the strict one: all that came before a violation is answered, the
// violation ends it, and nothing behind it is heard.

// A wsCase is one conversation with an echo server.
type wsCase struct {
	number string
	in     [][]byte // what the client sends, as it arrives
	want   []frame  // what the server answers, the close frame included
	by     int      // the server must be done after so many pieces of in; 0: all
}

// An echo is the smallest server on top of the codec: it echoes data, answers
// pings and close frames, and ends on a violation.
type echo struct {
	dec  ws.Decoder
	out  []byte
	done bool
}

func (e *echo) receive(in []byte) {
	for len(in) > 0 && !e.done {
		m, rest, err := e.dec.Next(in)
		in = rest
		var bad *ws.CloseError
		switch {
		case errors.As(err, &bad):
			e.out = ws.AppendClose(e.out, bad.Code, "")
			e.done = true
		case m.Op == ws.Close:
			e.out = ws.AppendClose(e.out, m.Code, "")
			e.done = true
		case m.Op == ws.Ping:
			e.out = ws.AppendFrame(e.out, ws.Pong, m.Payload)
		case m.Op == ws.Text || m.Op == ws.Binary:
			e.out = ws.AppendFrame(e.out, m.Op, m.Payload)
		}
	}
}

func TestAutobahn(t *testing.T) {
	groups := []struct {
		name  string
		cases []wsCase
		n     int
	}{
		{"1 framing", framingCases(), 16},
		{"2 pings and pongs", pingCases(), 11},
		{"3 reserved bits", reservedBitCases(), 7},
		{"4 opcodes", opcodeCases(), 10},
		{"5 fragmentation", fragmentCases(), 20},
		{"6 UTF-8", textCases(), 145},
		{"7 close handling", closeCases(), 37},
		{"9 limits", limitCases(), 54},
		{"10 automatic fragmentation", autoFragmentCases(), 1},
	}
	seen := map[string]bool{}
	for _, g := range groups {
		if len(g.cases) != g.n {
			t.Errorf("group %s has %d cases, want %d", g.name, len(g.cases), g.n)
		}
		for _, c := range g.cases {
			if seen[c.number] {
				t.Errorf("case %s stands twice", c.number)
			}
			seen[c.number] = true
			t.Run(c.number, func(t *testing.T) { c.run(t) })
		}
	}
	if len(seen) != 301 {
		t.Errorf("%d cases ran, want 301", len(seen))
	}
}

func (c wsCase) run(t *testing.T) {
	t.Helper()
	e := echo{dec: ws.Decoder{Limit: 16 << 20}}
	ended := 0
	for i, piece := range c.in {
		e.receive(piece)
		if e.done && ended == 0 {
			ended = i + 1
		}
	}
	var want []byte
	for _, f := range c.want {
		f.bare = true
		want = append(want, f.wire()...)
	}
	if !bytes.Equal(e.out, want) {
		t.Errorf("answered %d bytes %.100q, want %d bytes %.100q", len(e.out), e.out, len(want), want)
	}
	if c.by != 0 && ended != c.by {
		t.Errorf("ended after piece %d, want %d", ended, c.by)
	}
}

// The ways a suite's case puts its frames on the wire.

// atOnce sends all frames in one piece.
func atOnce(frames ...frame) [][]byte { return [][]byte{wire(frames...)} }

// framewise sends each frame in a piece of its own.
func framewise(frames ...frame) (pieces [][]byte) {
	for _, f := range frames {
		pieces = append(pieces, f.wire())
	}
	return pieces
}

// bytewise sends every byte alone.
func bytewise(frames ...frame) [][]byte { return chop(wire(frames...), 1) }

// fragments cuts f into frames of n bytes.
func fragments(f frame, n int) (all []frame) {
	rest := f.payload
	for len(rest) > n {
		all = append(all, more(frame{op: f.op, payload: rest[:n]}))
		rest, f.op = rest[n:], 0
	}
	return append(all, frame{op: f.op, payload: rest})
}

var (
	bye    = closing(1000, "")
	failed = closing(1002, "")
)

func framingCases() (all []wsCase) {
	for kind, op := range []ws.Opcode{ws.Text, ws.Binary} {
		fill := "*"
		if op == ws.Binary {
			fill = "\xFE"
		}
		for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
			f := frame{op: op, payload: strings.Repeat(fill, n)}
			in := atOnce(f, bye)
			if i == 7 {
				in = chop(wire(f, bye), 997)
			}
			all = append(all, wsCase{number: fmt.Sprintf("1.%d.%d", kind+1, i+1), in: in, want: []frame{f, bye}})
		}
	}
	return all
}

func pingCases() []wsCase {
	full := strings.Repeat("\xFE", 125)
	var pings, pongs []frame
	for i := range 10 {
		pings = append(pings, ping(fmt.Sprint("payload-", i)))
		pongs = append(pongs, pong(fmt.Sprint("payload-", i)))
	}
	pings, pongs = append(pings, bye), append(pongs, bye)
	return []wsCase{
		{number: "2.1", in: atOnce(ping(""), bye), want: []frame{pong(""), bye}},
		{number: "2.2", in: atOnce(ping("Hello, world!"), bye), want: []frame{pong("Hello, world!"), bye}},
		{number: "2.3", in: atOnce(ping("\x00\xFF\xFE\xFD"), bye), want: []frame{pong("\x00\xFF\xFE\xFD"), bye}},
		{number: "2.4", in: atOnce(ping(full), bye), want: []frame{pong(full), bye}},
		{number: "2.5", in: atOnce(ping(full+"\xFE"), bye), want: []frame{failed}},
		{number: "2.6", in: bytewise(ping(full), bye), want: []frame{pong(full), bye}},
		{number: "2.7", in: atOnce(pong(""), bye), want: []frame{bye}},
		{number: "2.8", in: atOnce(pong("unasked"), bye), want: []frame{bye}},
		{number: "2.9", in: atOnce(pong("unasked"), ping("asked"), bye), want: []frame{pong("asked"), bye}},
		{number: "2.10", in: atOnce(pings...), want: pongs},
		{number: "2.11", in: bytewise(pings...), want: pongs},
	}
}

func reservedBitCases() []wsCase {
	hello := text("Hello, world!")
	return []wsCase{
		{number: "3.1", in: atOnce(rsv(1, hello)), want: []frame{failed}},
		{number: "3.2", in: atOnce(hello, rsv(2, hello), ping("")), want: []frame{hello, failed}},
		{number: "3.3", in: framewise(hello, rsv(3, hello), ping("")), want: []frame{hello, failed}},
		{number: "3.4", in: bytewise(hello, rsv(4, hello), ping("")), want: []frame{hello, failed}},
		{number: "3.5", in: atOnce(rsv(5, binry("\x00\xFF\xFE"))), want: []frame{failed}},
		{number: "3.6", in: atOnce(rsv(6, ping("Hello, world!"))), want: []frame{failed}},
		{number: "3.7", in: atOnce(rsv(7, bye)), want: []frame{failed}},
	}
}

func opcodeCases() (all []wsCase) {
	hello := text("Hello, world!")
	for group, first := range []ws.Opcode{3, 11} {
		unknown := func(i int, payload string) frame { return frame{op: first + ws.Opcode(i), payload: payload} }
		number := func(i int) string { return fmt.Sprintf("4.%d.%d", group+1, i) }
		all = append(all,
			wsCase{number: number(1), in: atOnce(unknown(0, "")), want: []frame{failed}},
			wsCase{number: number(2), in: atOnce(unknown(1, "reserved opcode")), want: []frame{failed}},
			wsCase{number: number(3), in: framewise(hello, unknown(2, ""), ping("")), want: []frame{hello, failed}},
			wsCase{number: number(4), in: framewise(hello, unknown(3, "reserved opcode"), ping("")), want: []frame{hello, failed}},
			wsCase{number: number(5), in: bytewise(hello, unknown(4, ""), ping("")), want: []frame{hello, failed}},
		)
	}
	return all
}

func fragmentCases() []wsCase {
	one, two := more(text("fragment1")), cont("fragment2")
	whole := text("fragment1fragment2")
	hello := text("Hello, world!")
	asked := []frame{one, ping("ping"), two, bye}
	answered := []frame{pong("ping"), whole, bye}
	orphan := cont("nothing to continue")
	twice := func(f frame) []frame { return []frame{f, one, two, f, one, two} }
	five := []frame{one, more(two), ping("1"), more(cont("fragment3")), more(cont("fragment4")), ping("2"), cont("fragment5"), bye}
	all := text("fragment1fragment2fragment3fragment4fragment5")
	return []wsCase{
		{number: "5.1", in: atOnce(more(ping("frag")), cont("ment")), want: []frame{failed}},
		{number: "5.2", in: atOnce(more(pong("frag")), cont("ment")), want: []frame{failed}},
		{number: "5.3", in: atOnce(one, two, bye), want: []frame{whole, bye}},
		{number: "5.4", in: framewise(one, two, bye), want: []frame{whole, bye}},
		{number: "5.5", in: bytewise(one, two, bye), want: []frame{whole, bye}},
		{number: "5.6", in: atOnce(asked...), want: answered},
		{number: "5.7", in: framewise(asked...), want: answered},
		{number: "5.8", in: bytewise(asked...), want: answered},
		{number: "5.9", in: atOnce(orphan, hello), want: []frame{failed}},
		{number: "5.10", in: framewise(orphan, hello), want: []frame{failed}},
		{number: "5.11", in: bytewise(orphan, hello), want: []frame{failed}},
		{number: "5.12", in: atOnce(more(orphan), hello), want: []frame{failed}},
		{number: "5.13", in: framewise(more(orphan), hello), want: []frame{failed}},
		{number: "5.14", in: bytewise(more(orphan), hello), want: []frame{failed}},
		{number: "5.15", in: atOnce(one, two, more(orphan), hello), want: []frame{whole, failed}},
		{number: "5.16", in: atOnce(twice(more(orphan))...), want: []frame{failed}},
		{number: "5.17", in: atOnce(twice(orphan)...), want: []frame{failed}},
		{number: "5.18", in: atOnce(one, text("fragment2")), want: []frame{failed}},
		{number: "5.19", in: atOnce(five...), want: []frame{pong("1"), pong("2"), all, bye}},
		{number: "5.20", in: framewise(five...), want: []frame{pong("1"), pong("2"), all, bye}},
	}
}

func autoFragmentCases() []wsCase {
	f := text(strings.Repeat("*", 65536))
	return []wsCase{{number: "10.1.1", in: framewise(append(fragments(f, 1300), bye)...), want: []frame{f, bye}}}
}

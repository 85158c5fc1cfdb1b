package ws_test

import (
	"fmt"
	"strings"
)

// kosme is the Greek word that the suite's UTF-8 cases begin with; its accented
// letter takes three bytes.
const kosme = "κ\u1F79σμε"

// textCases is group 6. 6.5 to 6.23 follow Markus Kuhn's decoder stress test.
func textCases() []wsCase {
	all := append(splitTextCases(), failFastCases()...)
	for i, g := range utf8Groups() {
		for j, p := range append(g.valid, g.invalid...) {
			f := text(p)
			c := wsCase{number: fmt.Sprintf("6.%d.%d", i+5, j+1), in: atOnce(f, bye), want: []frame{f, bye}}
			if j >= len(g.valid) {
				c.want = []frame{closing(1007, "")}
			}
			all = append(all, c)
		}
	}
	return append(all, prefixCases()...)
}

func splitTextCases() []wsCase {
	hello := "Hello-µ@ßöäüàá-UTF-8!!"
	broken := kosme + "\xED\xA0\x80" + "edited"
	invalid := []frame{closing(1007, "")}
	return []wsCase{
		{number: "6.1.1", in: atOnce(text(""), bye), want: []frame{text(""), bye}},
		{number: "6.1.2", in: atOnce(more(text("")), more(cont("")), cont(""), bye), want: []frame{text(""), bye}},
		{number: "6.1.3", in: atOnce(more(text("")), more(cont("middle")), cont(""), bye), want: []frame{text("middle"), bye}},
		{number: "6.2.1", in: atOnce(text(hello), bye), want: []frame{text(hello), bye}},
		{number: "6.2.2", in: atOnce(more(text(hello[:12])), cont(hello[12:]), bye), want: []frame{text(hello), bye}},
		{number: "6.2.3", in: atOnce(append(fragments(text(hello), 1), bye)...), want: []frame{text(hello), bye}},
		{number: "6.2.4", in: atOnce(append(fragments(text(kosme), 1), bye)...), want: []frame{text(kosme), bye}},
		{number: "6.3.1", in: atOnce(text(broken), bye), want: invalid},
		{number: "6.3.2", in: atOnce(append(fragments(text(broken), 1), bye)...), want: invalid},
	}
}

// failFastCases: what no further byte can mend is refused when it arrives, and
// not when the frame or the message ends.
func failFastCases() []wsCase {
	// The third piece is the one that breaks U+10FFFF's bound.
	tooHigh := []string{kosme, "\xF4", "\x90\x80\x80", "edited"}
	atFourth := []string{kosme, "\xF4\x90", "\x80\x80", "edited"}
	invalid := []frame{closing(1007, "")}

	// framed puts each part into a fragment of its own.
	framed := func(parts []string) [][]byte {
		frames := []frame{more(text(parts[0]))}
		for _, p := range parts[1:] {
			frames = append(frames, more(cont(p)))
		}
		return framewise(frames...)
	}
	// chopped puts all parts into one frame that arrives part by part.
	chopped := func(parts []string) (pieces [][]byte) {
		whole := text(strings.Join(parts, "")).wire()
		head := len(whole) - len(strings.Join(parts, ""))
		pieces = append(pieces, whole[:head])
		for at, rest := head, parts; len(rest) > 0; rest = rest[1:] {
			pieces = append(pieces, whole[at:at+len(rest[0])])
			at += len(rest[0])
		}
		return pieces
	}
	return []wsCase{
		{number: "6.4.1", in: framed(atFourth), want: invalid, by: 2},
		{number: "6.4.2", in: framed(tooHigh), want: invalid, by: 3},
		{number: "6.4.3", in: chopped(atFourth), want: invalid, by: 3},
		{number: "6.4.4", in: chopped(tooHigh), want: invalid, by: 4},
	}
}

// prefixCases is 6.6: a text may end only between two runes.
func prefixCases() (all []wsCase) {
	for n := 1; n <= len(kosme); n++ {
		f := text(kosme[:n])
		c := wsCase{number: fmt.Sprintf("6.6.%d", n), in: atOnce(f, bye), want: []frame{closing(1007, "")}}
		switch n {
		case 2, 5, 7, 9, 11:
			c.want = []frame{f, bye}
		}
		all = append(all, c)
	}
	return all
}

// A utf8Group is a subgroup whose valid texts stand before the invalid ones.
type utf8Group struct{ valid, invalid []string }

func utf8Groups() []utf8Group {
	cut := []string{
		"\xC0", "\xE0\x80", "\xF0\x80\x80", "\xF8\x80\x80\x80", "\xFC\x80\x80\x80\x80",
		"\xDF", "\xEF\xBF", "\xF7\xBF\xBF", "\xFB\xBF\xBF\xBF", "\xFD\xBF\xBF\xBF\xBF",
	}
	return []utf8Group{
		{valid: []string{"hello$world", "hello¢world", "hello€world", "hello\U00024B62world", kosme}}, // 6.5
		{}, // 6.6: prefixCases
		{valid: []string{"\x00", "\u0080", "\u0800", "\U00010000"}},                                                             // 6.7
		{invalid: []string{"\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80"}},                                                 // 6.8
		{valid: []string{"\x7F", "\u07FF", "\uFFFF", "\U0010FFFF"}},                                                             // 6.9
		{invalid: []string{"\xF7\xBF\xBF\xBF", "\xFB\xBF\xBF\xBF\xBF", "\xFD\xBF\xBF\xBF\xBF\xBF"}},                             // 6.10
		{valid: []string{"\uD7FF", "\uE000", "\uFFFD", "\U0010FFFF"}, invalid: []string{"\xF4\x90\x80\x80"}},                    // 6.11
		{invalid: strayContinuations()},                                                                                         // 6.12
		{invalid: []string{lonely(0xC0, 0xDF), lonely(0xE0, 0xEF), lonely(0xF0, 0xF7), lonely(0xF8, 0xFB), lonely(0xFC, 0xFD)}}, // 6.13
		{invalid: cut}, // 6.14
		{invalid: []string{strings.Join(cut, "")}},                                                                                          // 6.15
		{invalid: []string{"\xFE", "\xFF", "\xFE\xFE\xFF\xFF"}},                                                                             // 6.16
		{invalid: []string{"\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xF8\x80\x80\x80\xAF", "\xFC\x80\x80\x80\x80\xAF"}},             // 6.17
		{invalid: []string{"\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF8\x87\xBF\xBF\xBF", "\xFC\x83\xBF\xBF\xBF\xBF"}},             // 6.18
		{invalid: []string{"\xC0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xF8\x80\x80\x80\x80", "\xFC\x80\x80\x80\x80\x80"}},             // 6.19
		{invalid: []string{"\xED\xA0\x80", "\xED\xAD\xBF", "\xED\xAE\x80", "\xED\xAF\xBF", "\xED\xB0\x80", "\xED\xBE\x80", "\xED\xBF\xBF"}}, // 6.20
		{invalid: surrogatePairs()}, // 6.21
		{valid: nonCharacters()},    // 6.22
		{valid: []string{"\uFFF9", "\uFFFA", "\uFFFB", "\uFFFC", "\uFFFD", "\uFFFE", "\uFFFF"}}, // 6.23
	}
}

// strayContinuations: one to six of them, and nearly all there are.
func strayContinuations() []string {
	all := []string{"\x80", "\xBF"}
	for n := 2; n <= 6; n++ {
		all = append(all, strings.Repeat("\x80\xBF", 3)[:n])
	}
	var row []byte
	for b := byte(0x80); b < 0xBF; b++ {
		row = append(row, b)
	}
	return append(all, string(row))
}

// lonely is each first byte of a sequence up to last, followed by a space.
func lonely(first, last byte) string {
	var row []byte
	for b := first; b < last; b++ {
		row = append(row, b, ' ')
	}
	return string(row)
}

func surrogatePairs() (all []string) {
	for _, high := range []string{"\xED\xA0\x80", "\xED\xAD\xBF", "\xED\xAE\x80", "\xED\xAF\xBF"} {
		all = append(all, high+"\xED\xB0\x80", high+"\xED\xBF\xBF")
	}
	return all
}

// nonCharacters: the last two code points of every plane, which are valid
// UTF-8 all the same.
func nonCharacters() (all []string) {
	for plane := rune(0); plane <= 0x10; plane++ {
		all = append(all, string(plane<<16|0xFFFE), string(plane<<16|0xFFFF))
	}
	return all
}

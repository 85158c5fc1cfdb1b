package messaging

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// errSyntax says that a text is no JSON.
var errSyntax = errors.New("not JSON")

// maxDepth is how deep unknown members may nest.
const maxDepth = 32

// A scanner reads JSON (RFC 8259) strictly and without reflection. What it
// returns shares the text's memory wherever nothing is escaped. The text is
// valid UTF-8: the WebSocket layer has seen to that.
type scanner struct {
	text string
	at   int
}

// space skips white space and returns the next byte without taking it, 0 at
// the end.
func (s *scanner) space() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// end reports whether only white space is left. A NUL is none.
func (s *scanner) end() bool {
	s.space()
	return s.at == len(s.text)
}

// take takes c if it is the next byte behind white space.
func (s *scanner) take(c byte) bool {
	if s.space() != c {
		return false
	}
	s.at++
	return true
}

// literal takes word if it comes next.
func (s *scanner) literal(word string) bool {
	if !strings.HasPrefix(s.text[s.at:], word) {
		return false
	}
	s.at += len(word)
	return true
}

// object reads an object and calls member for each of its names, which has to
// read the value.
func (s *scanner) object(member func(name string) error) error {
	if !s.take('{') {
		return errSyntax
	}
	if s.take('}') {
		return nil
	}
	for {
		name, err := s.str()
		if err != nil || !s.take(':') {
			return errSyntax
		}
		if err := member(name); err != nil {
			return err
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return errSyntax
		}
	}
}

// str reads a string. An escaped half of a surrogate pair becomes U+FFFD, as
// the frames that others get must be valid text.
func (s *scanner) str() (string, error) {
	if !s.take('"') {
		return "", errSyntax
	}
	start := s.at
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[start : s.at-1], nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", errSyntax
		}
	}
	return "", errSyntax
}

// escaped reads on a string that began at start, from its first escape.
func (s *scanner) escaped(start int) (string, error) {
	b := make([]byte, 0, len(s.text)-start)
	b = append(b, s.text[start:s.at]...)
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			return string(b), nil
		case c < ' ':
			return "", errSyntax
		case c != '\\':
			b = append(b, c)
		default:
			r, ok := s.escape()
			if !ok {
				return "", errSyntax
			}
			b = utf8.AppendRune(b, r)
		}
	}
	return "", errSyntax
}

// escape reads what stands behind a backslash.
func (s *scanner) escape() (rune, bool) {
	if s.at == len(s.text) {
		return 0, false
	}
	c := s.text[s.at]
	s.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return s.unicode()
	}
	return 0, false
}

// unicode reads the four digits behind \u, and the second half of a surrogate
// pair if they are the first.
func (s *scanner) unicode() (rune, bool) {
	r, ok := s.hex4()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	mark := s.at
	if s.literal(`\u`) {
		low, ok := s.hex4()
		if !ok {
			return 0, false
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, true
		}
		s.at = mark
	}
	return utf8.RuneError, true
}

func (s *scanner) hex4() (r rune, ok bool) {
	if len(s.text)-s.at < 4 {
		return 0, false
	}
	for _, c := range []byte(s.text[s.at : s.at+4]) {
		r <<= 4
		switch {
		case '0' <= c && c <= '9':
			r |= rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	s.at += 4
	return r, true
}

// skip reads any value and forgets it.
func (s *scanner) skip(depth int) error {
	if depth > maxDepth {
		return errSyntax
	}
	switch c := s.space(); {
	case c == '{':
		return s.object(func(string) error { return s.skip(depth + 1) })
	case c == '[':
		return s.skipArray(depth)
	case c == '"':
		_, err := s.str()
		return err
	case c == '-' || '0' <= c && c <= '9':
		return s.skipNumber()
	case s.literal("true"), s.literal("false"), s.literal("null"):
		return nil
	}
	return errSyntax
}

func (s *scanner) skipArray(depth int) error {
	s.at++
	if s.take(']') {
		return nil
	}
	for {
		if err := s.skip(depth + 1); err != nil {
			return err
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return errSyntax
		}
	}
}

func (s *scanner) skipNumber() error {
	s.literal("-")
	if !s.literal("0") && !s.digits() {
		return errSyntax
	}
	if s.literal(".") && !s.digits() {
		return errSyntax
	}
	if s.literal("e") || s.literal("E") {
		if !s.literal("+") {
			s.literal("-")
		}
		if !s.digits() {
			return errSyntax
		}
	}
	return nil
}

// digits takes as many digits as there are, at least one.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

package value

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep a document may nest.
const maxDepth = 990

// A SyntaxError says what is wrong with a JSON text and where, in the words and
// with the counting (code points) of Python's json module.
type SyntaxError struct {
	Problem           string
	Line, Column, Pos int
}

// Error returns for example "Expecting value: line 1 column 2 (char 1)".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.Problem, e.Line, e.Column, e.Pos)
}

// Parse reads one JSON text. As in Python, NaN and Infinity are numbers and the
// last of equal keys wins.
func Parse(text string) (any, error) {
	d := decoder{in: text}
	d.blanks()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.blanks()
	if d.at < len(text) {
		return nil, d.fail("Extra data", d.at)
	}
	return v, nil
}

// A decoder reads one JSON text.
type decoder struct {
	in string
	at int
}

func (d *decoder) fail(problem string, at int) error {
	before := d.in[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &SyntaxError{Problem: problem, Line: line, Column: column, Pos: utf8.RuneCountInString(before)}
}

func (d *decoder) blanks() {
	for d.at < len(d.in) && strings.IndexByte(" \t\n\r", d.in[d.at]) >= 0 {
		d.at++
	}
}

// peek returns the byte at the cursor, or 0 at the end.
func (d *decoder) peek() byte {
	if d.at < len(d.in) {
		return d.in[d.at]
	}
	return 0
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, d.fail("Nested too deep", d.at)
	}
	switch c := d.peek(); {
	case c == '"':
		return d.text()
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.list(depth)
	case c == '-' || c >= '0' && c <= '9':
		if n, ok := d.number(); ok {
			return n, nil
		}
	}
	for _, word := range []struct {
		text string
		is   any
	}{
		{"null", nil},
		{"true", true},
		{"false", false},
		{"NaN", Number("nan")},
		{"Infinity", Number("inf")},
		{"-Infinity", Number("-inf")},
	} {
		if strings.HasPrefix(d.in[d.at:], word.text) {
			d.at += len(word.text)
			return word.is, nil
		}
	}
	return nil, d.fail("Expecting value", d.at)
}

func (d *decoder) list(depth int) (any, error) {
	list := []any{}
	d.at++
	if d.blanks(); d.peek() == ']' {
		d.at++
		return list, nil
	}
	for {
		d.blanks()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		d.blanks()
		switch d.peek() {
		case ',':
			d.at++
		case ']':
			d.at++
			return list, nil
		default:
			return nil, d.fail("Expecting ',' delimiter", d.at)
		}
	}
}

func (d *decoder) object(depth int) (any, error) {
	m := NewMap()
	d.at++
	if d.blanks(); d.peek() == '}' {
		d.at++
		return m, nil
	}
	for {
		if d.blanks(); d.peek() != '"' {
			return nil, d.fail("Expecting property name enclosed in double quotes", d.at)
		}
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		if d.blanks(); d.peek() != ':' {
			return nil, d.fail("Expecting ':' delimiter", d.at)
		}
		d.at++
		d.blanks()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		m.Set(key, v)
		d.blanks()
		switch d.peek() {
		case ',':
			d.at++
		case '}':
			d.at++
			return m, nil
		default:
			return nil, d.fail("Expecting ',' delimiter", d.at)
		}
	}
}

// number reads the longest number at the cursor; what follows is not its matter.
func (d *decoder) number() (Number, bool) {
	i := d.at
	digits := func() bool {
		from := i
		for i < len(d.in) && d.in[i] >= '0' && d.in[i] <= '9' {
			i++
		}
		return i > from
	}
	if d.in[i] == '-' {
		i++
	}
	if i < len(d.in) && d.in[i] == '0' {
		i++
	} else if !digits() {
		return "", false
	}
	end := i
	if i < len(d.in) && d.in[i] == '.' {
		if i++; digits() {
			end = i
		}
	}
	i = end
	if i < len(d.in) && (d.in[i] == 'e' || d.in[i] == 'E') {
		if i++; i < len(d.in) && (d.in[i] == '+' || d.in[i] == '-') {
			i++
		}
		if digits() {
			end = i
		}
	}
	n := NumberOf(d.in[d.at:end])
	d.at = end
	return n, true
}

func (d *decoder) text() (string, error) {
	start := d.at
	d.at++
	var out strings.Builder
	for {
		n := strings.IndexFunc(d.in[d.at:], func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' })
		if n < 0 {
			return "", d.fail("Unterminated string starting at", start)
		}
		out.WriteString(d.in[d.at : d.at+n])
		d.at += n
		switch d.in[d.at] {
		case '"':
			d.at++
			return out.String(), nil
		case '\\':
			if d.at++; d.at == len(d.in) {
				return "", d.fail("Unterminated string starting at", start)
			}
			if err := d.escape(&out); err != nil {
				return "", err
			}
		default:
			return "", d.fail("Invalid control character at", d.at)
		}
	}
}

// escape reads what follows a backslash.
func (d *decoder) escape(out *strings.Builder) error {
	c := d.in[d.at]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		d.at++
		out.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return d.fail(`Invalid \escape`, d.at-1)
	}
	r, ok := d.unit(d.at + 1)
	if !ok {
		return d.fail(`Invalid \uXXXX escape`, d.at)
	}
	d.at += 5
	if utf16.IsSurrogate(r) && strings.HasPrefix(d.in[d.at:], `\u`) {
		if low, ok := d.unit(d.at + 2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				d.at += 6
				r = pair
			}
		}
	}
	out.WriteRune(r)
	return nil
}

// unit reads four hexadecimal digits.
func (d *decoder) unit(at int) (rune, bool) {
	if at+4 > len(d.in) {
		return 0, false
	}
	u, err := strconv.ParseUint(d.in[at:at+4], 16, 16)
	return rune(u), err == nil
}

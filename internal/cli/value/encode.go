package value

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Style says how JSON is written.
type Style struct {
	Indent bool // four blanks a level, one member a line
	ASCII  bool // \u escapes beyond ASCII
}

// JSON returns v as JSON text without a newline at its end.
func JSON(v any, style Style) string {
	e := encoder{style: style}
	e.value(v, 0)
	return e.String()
}

// An encoder writes one document.
type encoder struct {
	strings.Builder
	style Style
}

func (e *encoder) value(v any, depth int) {
	switch v := v.(type) {
	case nil:
		e.WriteString("null")
	case bool:
		e.WriteString(strconv.FormatBool(v))
	case string:
		e.text(v)
	case []byte:
		e.text(string(v))
	case Number:
		e.WriteString(v.json())
	case Date:
		e.text(strings.Replace(v.Text, " ", "T", 1)) // Python's isoformat
	case []any:
		e.nest('[', ']', len(v), depth, func(i int) { e.value(v[i], depth+1) })
	case *Map:
		keys := v.Keys()
		e.nest('{', '}', len(keys), depth, func(i int) {
			e.text(keys[i])
			e.WriteByte(':')
			if e.style.Indent {
				e.WriteByte(' ')
			}
			e.value(v.at[keys[i]], depth+1)
		})
	}
}

// nest writes the n items of a list or a map.
func (e *encoder) nest(opening, closing byte, n, depth int, item func(int)) {
	e.WriteByte(opening)
	for i := range n {
		if i > 0 {
			e.WriteByte(',')
		}
		e.line(depth + 1)
		item(i)
	}
	if n > 0 {
		e.line(depth)
	}
	e.WriteByte(closing)
}

func (e *encoder) line(depth int) {
	if e.style.Indent {
		e.WriteByte('\n')
		e.WriteString(strings.Repeat("    ", depth))
	}
}

// text writes a string with the escapes of Python's json module, which knows
// nothing of HTML.
func (e *encoder) text(s string) {
	const hex = "0123456789abcdef"
	unit := func(u uint16) {
		e.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			e.WriteByte(hex[u>>shift&15])
		}
	}
	e.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			e.WriteByte('\\')
			e.WriteRune(r)
		case r < 0x20:
			if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
				e.WriteByte('\\')
				e.WriteByte("bfnrt"[i])
			} else {
				unit(uint16(r))
			}
		case r < utf8.RuneSelf && r != 0x7f, !e.style.ASCII:
			e.WriteRune(r)
		case r == 0x7f:
			e.WriteByte(0x7f)
		case r > 0xffff:
			unit(uint16(0xd800 + (r-0x10000)>>10))
			unit(uint16(0xdc00 + (r-0x10000)&0x3ff))
		default:
			unit(uint16(r))
		}
	}
	e.WriteByte('"')
}

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
	return e.out.String()
}

// An encoder writes one document.
type encoder struct {
	out   strings.Builder
	style Style
}

func (e *encoder) value(v any, depth int) {
	switch v := v.(type) {
	case nil:
		e.out.WriteString("null")
	case bool:
		e.out.WriteString(strconv.FormatBool(v))
	case string:
		e.text(v)
	case []byte:
		e.text(string(v))
	case Number:
		e.out.WriteString(v.json())
	case Date:
		e.text(strings.Replace(v.Text, " ", "T", 1)) // Python's isoformat
	case []any:
		e.nest('[', ']', len(v), depth, func(i int) { e.value(v[i], depth+1) })
	case *Map:
		keys := v.Keys()
		e.nest('{', '}', len(keys), depth, func(i int) {
			e.text(keys[i])
			e.out.WriteByte(':')
			if e.style.Indent {
				e.out.WriteByte(' ')
			}
			e.value(v.at[keys[i]], depth+1)
		})
	}
}

// nest writes the n items of a list or a map.
func (e *encoder) nest(opening, closing byte, n, depth int, item func(int)) {
	e.out.WriteByte(opening)
	for i := range n {
		if i > 0 {
			e.out.WriteByte(',')
		}
		e.line(depth + 1)
		item(i)
	}
	if n > 0 {
		e.line(depth)
	}
	e.out.WriteByte(closing)
}

func (e *encoder) line(depth int) {
	if e.style.Indent {
		e.out.WriteByte('\n')
		e.out.WriteString(strings.Repeat("    ", depth))
	}
}

// text writes a string with the escapes of Python's json module, which knows
// nothing of HTML.
func (e *encoder) text(s string) {
	const hex = "0123456789abcdef"
	unit := func(u rune) {
		e.out.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			e.out.WriteByte(hex[u>>shift&15])
		}
	}
	e.out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			e.out.WriteByte('\\')
			e.out.WriteRune(r)
		case r < 0x20:
			if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
				e.out.WriteByte('\\')
				e.out.WriteByte("bfnrt"[i])
			} else {
				unit(r)
			}
		case r < utf8.RuneSelf && r != 0x7f, !e.style.ASCII:
			e.out.WriteRune(r)
		case r == 0x7f:
			e.out.WriteByte(0x7f)
		case r > 0xffff:
			unit(0xd800 + (r-0x10000)>>10)
			unit(0xdc00 + (r-0x10000)&0x3ff)
		default:
			unit(r)
		}
	}
	e.out.WriteByte('"')
}

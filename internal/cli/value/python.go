package value

import (
	"fmt"
	"strings"
	"unicode"
)

// Str returns v as Python's str() does: what text and table output print.
func Str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Date:
		return v.Text
	}
	return Repr(v)
}

// Repr returns v as Python's repr() does: what validation messages quote.
func Repr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case Number:
		return string(v)
	case string:
		return quote(v)
	case []byte:
		return "b" + quoteBytes(v)
	case Date:
		return "datetime(" + v.Text + ")"
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = Repr(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case *Map:
		items := make([]string, 0, v.Len())
		for k, item := range v.All() {
			items = append(items, quote(k)+": "+Repr(item))
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// Class returns the Python name of v's type, as in <class 'str'>.
func Class(v any) string {
	switch v := v.(type) {
	case nil:
		return "<class 'NoneType'>"
	case bool:
		return "<class 'bool'>"
	case Number:
		if v.IsInt() {
			return "<class 'int'>"
		}
		return "<class 'float'>"
	case string:
		return "<class 'str'>"
	case []byte:
		return "<class 'bytes'>"
	case Date:
		if v.Time {
			return "<class 'datetime.datetime'>"
		}
		return "<class 'datetime.date'>"
	case []any:
		return "<class 'list'>"
	}
	return "<class 'dict'>"
}

// quote puts s in the quotes Python would choose.
func quote(s string) string {
	q := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	var b strings.Builder
	b.WriteRune(q)
	for _, r := range s {
		switch {
		case r == q || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteRune(q)
	return b.String()
}

// quoteBytes is quote for bytes.
func quoteBytes(s []byte) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range s {
		if c < 0x20 || c >= 0x7f {
			fmt.Fprintf(&b, `\x%02x`, c)
			continue
		}
		if c == '\'' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	b.WriteByte('\'')
	return b.String()
}

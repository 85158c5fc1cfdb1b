package prompt

import (
	"slices"
	"unicode"
)

// An editor is one line of text with a cursor.
type editor struct {
	runes []rune
	at    int
}

func newEditor(text string) *editor {
	e := &editor{runes: []rune(text)}
	e.at = len(e.runes)
	return e
}

func (e *editor) text() string   { return string(e.runes) }
func (e *editor) before() string { return string(e.runes[:e.at]) }
func (e *editor) after() string  { return string(e.runes[e.at:]) }

// replace puts text in the place of what stands between byte start of the line and
// the cursor.
func (e *editor) replace(start int, text string) {
	head := []rune(e.before()[:min(start, len(e.before()))])
	tail := slices.Clone(e.runes[e.at:])
	e.runes = append(append(head, []rune(text)...), tail...)
	e.at = len(e.runes) - len(tail)
}

func (e *editor) insert(runes []rune) {
	e.runes = slices.Insert(e.runes, e.at, runes...)
	e.at += len(runes)
}

// press does what k means for the text and says whether it meant anything.
func (e *editor) press(k key) bool {
	switch k.kind {
	case keyText:
		e.insert([]rune(k.text))
	case keyBackspace:
		if e.at > 0 {
			e.at--
			e.runes = slices.Delete(e.runes, e.at, e.at+1)
		}
	case keyDelete:
		if e.at < len(e.runes) {
			e.runes = slices.Delete(e.runes, e.at, e.at+1)
		}
	case keyLeft:
		e.at = max(e.at-1, 0)
	case keyRight:
		e.at = min(e.at+1, len(e.runes))
	case keyHome:
		e.at = 0
	case keyEnd:
		e.at = len(e.runes)
	case keyDropBefore:
		e.runes, e.at = slices.Clone(e.runes[e.at:]), 0
	case keyDropAfter:
		e.runes = e.runes[:e.at]
	case keyDropWord:
		from := e.at
		for from > 0 && unicode.IsSpace(e.runes[from-1]) {
			from--
		}
		for from > 0 && !unicode.IsSpace(e.runes[from-1]) {
			from--
		}
		e.runes, e.at = slices.Delete(e.runes, from, e.at), from
	default:
		return false
	}
	return true
}

package prompt

import (
	"slices"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
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

// key does what k means for the text and says whether it meant anything.
func (e *editor) key(k tea.KeyMsg) bool {
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
		e.insert(k.Runes)
	case tea.KeyBackspace:
		if e.at > 0 {
			e.at--
			e.runes = slices.Delete(e.runes, e.at, e.at+1)
		}
	case tea.KeyDelete:
		if e.at < len(e.runes) {
			e.runes = slices.Delete(e.runes, e.at, e.at+1)
		}
	case tea.KeyLeft, tea.KeyCtrlB:
		e.at = max(e.at-1, 0)
	case tea.KeyRight, tea.KeyCtrlF:
		e.at = min(e.at+1, len(e.runes))
	case tea.KeyHome, tea.KeyCtrlA:
		e.at = 0
	case tea.KeyEnd, tea.KeyCtrlE:
		e.at = len(e.runes)
	case tea.KeyCtrlU:
		e.runes, e.at = slices.Clone(e.runes[e.at:]), 0
	case tea.KeyCtrlK:
		e.runes = e.runes[:e.at]
	case tea.KeyCtrlW:
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

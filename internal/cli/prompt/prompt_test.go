package prompt

import (
	"slices"
	"strings"
	"testing"

	"parlor/internal/cli/complete"
)

// open opens a prompt whose choices come at once.
func open(t *testing.T, line string) *model {
	t.Helper()
	words := []complete.Choice{{Text: "--capabilities", Doc: "What the user may do."}, {Text: "--user-id"}, {Text: "--room-identifier"}}
	m := &model{selected: none, width: 60, edit: newEditor(line), Config: Config{
		Complete: func(line string) (int, []complete.Choice) {
			start := strings.LastIndex(line, " ") + 1
			return start, complete.Match(line[start:], words)
		},
		Docs:    func(string) string { return "all about it" },
		Sample:  func(string) string { return "{}" },
		History: []string{"list-rooms --output table", "get-room --identifier x"},
	}}
	m.take(m.answer(m.ask()))
	return m
}

// typed types into a prompt.
func typed(m *model, text string) {
	for _, k := range keys(text) {
		if q := m.press(k); q != nil {
			m.take(m.answer(q))
		}
	}
}

func TestPrompt(t *testing.T) {
	for _, tt := range []struct {
		name    string
		keys    string
		want    string
		entered bool
	}{
		{"Enter runs", "\r", "cct ", true},
		{"typed option", "--user-id typed\r", "cct --user-id typed", true},
		{"Tab completes", "--capa\t X\r", "cct --capabilities X", true},
		{"Enter takes a choice", "--us\x1b[B\r", "cct --user-id", false},
		{"Up goes round", "\x1b[A", "cct --room-identifier", false},
		{"fuzzy", "cpb\t", "cct --capabilities", false},
		{"editing", "ab\x1b[D\x7fc\x1b[Fd\x01\x1b[3~", "ct cbd", false},
		{"word back", "--user-id a\x17", "cct --user-id ", false},
		{"history", "\x15room\x12\x12", "list-rooms --output table", false},
		{"leave", "\x03", "cct ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, "cct ")
			typed(s, tt.keys)
			if s.edit.text() != tt.want || s.entered != tt.entered {
				t.Errorf("line %q, entered %v; want %q, %v", s.edit.text(), s.entered, tt.want, tt.entered)
			}
		})
	}
}

func TestView(t *testing.T) {
	s := open(t, "cct --capa")
	for _, want := range []string{"> parlor cct --capa", "--capabilities  What the user may do.", "F1 help"} {
		if !strings.Contains(s.view(), want) {
			t.Errorf("the screen lacks %q:\n%s", want, s.view())
		}
	}
	typed(s, "\x1bOP\x1bOR\x1b[15~")
	for _, want := range []string{"all about it", "{}", "close the menu"} {
		if !strings.Contains(s.view(), want) {
			t.Errorf("the screen lacks %q:\n%s", want, s.view())
		}
	}
}

func TestKeys(t *testing.T) {
	got := keys("ab\r\x1b[Bé\x1b[1;5C\x1b")
	want := []key{{keyText, "ab"}, {kind: keyEnter}, {kind: keyDown}, {keyText, "é"}, {kind: keyOther}, {kind: keyEsc}}
	if !slices.Equal(got, want) {
		t.Errorf("keys() = %v, want %v", got, want)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("a\x1b[A\x1bO\x1b[")
	f.Fuzz(func(t *testing.T, in string) {
		m := open(t, "x")
		typed(m, in)
		if m.edit.at < 0 || m.edit.at > len(m.edit.runes) {
			t.Errorf("the cursor is at %d of %d", m.edit.at, len(m.edit.runes))
		}
		m.view()
	})
}

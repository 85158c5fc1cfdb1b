package prompt

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"parlor/internal/cli/complete"
)

// session is a prompt that keys are typed into; its choices come at once.
type session struct {
	*model
	t *testing.T
}

func open(t *testing.T, line string) *session {
	t.Helper()
	words := []complete.Choice{{Text: "--capabilities", Doc: "What the user may do."}, {Text: "--user-id"}, {Text: "--room-identifier"}}
	s := &session{t: t, model: &model{selected: none, edit: newEditor(line), Config: Config{
		Complete: func(line string) (int, []complete.Choice) {
			start := strings.LastIndex(line, " ") + 1
			return start, complete.Match(line[start:], words)
		},
		Docs:    func(string) string { return "all about it" },
		Sample:  func(string) string { return "{}" },
		History: []string{"list-rooms --output table", "get-room --identifier x"},
	}}}
	s.update(tea.WindowSizeMsg{Width: 60, Height: 20})
	s.run(s.Init())
	return s
}

func (s *session) update(msg tea.Msg) {
	_, cmd := s.Update(msg)
	s.run(cmd)
}

func (s *session) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if msg := cmd(); msg != nil {
		if _, quit := msg.(tea.QuitMsg); !quit {
			s.update(msg)
		}
	}
}

// press types keys: a name of tea's, or text.
func (s *session) press(keys ...any) *session {
	for _, k := range keys {
		switch k := k.(type) {
		case tea.KeyType:
			s.update(tea.KeyMsg{Type: k})
		case string:
			s.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
		}
	}
	return s
}

func TestPrompt(t *testing.T) {
	for _, tt := range []struct {
		name    string
		keys    []any
		want    string
		entered bool
	}{
		{"Enter runs", []any{tea.KeyEnter}, "cct ", true},
		{"typed option", []any{"--user-id typed", tea.KeyEnter}, "cct --user-id typed", true},
		{"Tab completes", []any{"--capa", tea.KeyTab, " X", tea.KeyEnter}, "cct --capabilities X", true},
		{"Enter takes a choice", []any{"--us", tea.KeyDown, tea.KeyEnter}, "cct --user-id", false},
		{"Up goes round", []any{tea.KeyUp}, "cct --room-identifier", false},
		{"fuzzy", []any{"cpb", tea.KeyTab}, "cct --capabilities", false},
		{"editing", []any{"ab", tea.KeyLeft, tea.KeyBackspace, "c", tea.KeyEnd, "d", tea.KeyCtrlA, tea.KeyDelete}, "ct cbd", false},
		{"word back", []any{"--user-id a", tea.KeyCtrlW}, "cct --user-id ", false},
		{"history", []any{tea.KeyCtrlU, "room", tea.KeyCtrlR, tea.KeyCtrlR}, "list-rooms --output table", false},
		{"leave", []any{tea.KeyCtrlC}, "cct ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, "cct ").press(tt.keys...)
			if s.edit.text() != tt.want || s.entered != tt.entered {
				t.Errorf("line %q, entered %v; want %q, %v", s.edit.text(), s.entered, tt.want, tt.entered)
			}
		})
	}
}

func TestView(t *testing.T) {
	s := open(t, "cct --capa")
	for _, want := range []string{"> parlor cct --capa", "--capabilities  What the user may do.", "F1 help"} {
		if !strings.Contains(s.View(), want) {
			t.Errorf("the screen lacks %q:\n%s", want, s.View())
		}
	}
	s.press(tea.KeyF1, tea.KeyF3, tea.KeyF5)
	for _, want := range []string{"all about it", "{}", "close the menu"} {
		if !strings.Contains(s.View(), want) {
			t.Errorf("the screen lacks %q:\n%s", want, s.View())
		}
	}
	s.press(tea.KeyEnter)
	if s.View() != "" {
		t.Errorf("something stays on the screen: %q", s.View())
	}
}

// Package prompt asks for a command line in the terminal: an editor with a menu of
// what may come next, the documentation beside it, and the lines of before.
package prompt

import (
	"context"
	"errors"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"parlor/internal/cli/complete"
)

// ErrLeft says that the prompt was left without a line.
var ErrLeft = errors.New("the prompt was left")

// Config is what a prompt begins with.
type Config struct {
	Line     string                                             // prefilled
	Complete func(line string) (start int, c []complete.Choice) // may take its time
	Docs     func(line string) string                           // for the panel of F3
	Sample   func(line string) string                           // for the panel of F5: what the answer looks like
	History  []string                                           // oldest first
}

// Ask shows the prompt until a line is entered, and returns it. Nothing of the
// prompt stays on the screen.
func Ask(ctx context.Context, in io.Reader, out io.Writer, cfg Config) (string, error) {
	m := &model{Config: cfg, edit: newEditor(cfg.Line), selected: none}
	end, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler()).Run()
	if err != nil {
		return "", err
	}
	if m, ok := end.(*model); ok && m.entered {
		return strings.TrimSpace(m.edit.text()), nil
	}
	return "", ErrLeft
}

// none is the selection when no choice is highlighted.
const none = -1

// A model is the state of the prompt.
type model struct {
	Config
	edit     *editor
	start    int // where the word begins that the choices are for
	choices  []complete.Choice
	selected int
	asked    int // how often choices were asked for: older answers are dropped

	help, docs, sample bool
	search             bool // Ctrl-R: the line is looked for in the history
	searched           string

	width, height int
	entered, over bool
}

// found is the answer of Complete.
type found struct {
	asked, start int
	choices      []complete.Choice
}

// Init asks for the first choices.
func (m *model) Init() tea.Cmd { return m.ask() }

// ask asks for choices in the background: they may come from the server.
func (m *model) ask() tea.Cmd {
	m.selected = none
	m.asked++
	asked, line := m.asked, m.edit.before()
	return func() tea.Msg {
		start, choices := m.Complete(line)
		return found{asked, start, choices}
	}
}

// Update takes a key, the size of the terminal, or choices that came.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case found:
		if msg.asked == m.asked {
			m.start, m.choices = msg.start, msg.choices
		}
	case tea.KeyMsg:
		return m, m.key(msg)
	}
	return m, nil
}

func (m *model) key(k tea.KeyMsg) tea.Cmd {
	switch k.Type {
	case tea.KeyCtrlC, tea.KeyCtrlD:
		m.over = true
		return tea.Quit
	case tea.KeyEnter:
		return m.enter()
	case tea.KeyTab, tea.KeyDown:
		m.move(1)
	case tea.KeyShiftTab, tea.KeyUp:
		m.move(-1)
	case tea.KeyEsc:
		m.search, m.choices, m.selected = false, nil, none
	case tea.KeyF1:
		m.help = !m.help
	case tea.KeyF3:
		m.docs = !m.docs
	case tea.KeyF5:
		m.sample = !m.sample
	case tea.KeyCtrlR:
		m.find()
	default:
		if m.search && k.Type == tea.KeyRunes {
			m.searched += string(k.Runes)
			m.search = false
			m.find()
			return nil
		}
		if m.edit.key(k) {
			m.search = false
			return m.ask()
		}
	}
	return nil
}

// enter takes the highlighted choice; without one the line is done.
func (m *model) enter() tea.Cmd {
	if m.selected != none {
		return m.ask()
	}
	m.entered, m.over = true, true
	return tea.Quit
}

// move highlights the next choice and puts it into the line.
func (m *model) move(by int) {
	if len(m.choices) == 0 {
		return
	}
	if m.selected == none && by < 0 {
		m.selected = 0
	}
	m.selected = (m.selected + by + len(m.choices)) % len(m.choices)
	m.edit.replace(m.start, m.choices[m.selected].Text)
}

// find puts the last line of the history that has the text searched for into the
// editor.
func (m *model) find() {
	if !m.search {
		m.search = true
		if m.searched == "" {
			m.searched = strings.TrimSpace(m.edit.text())
		}
	}
	for i := len(m.History) - 1; i >= 0; i-- {
		if h := m.History[i]; strings.Contains(h, m.searched) && h != m.edit.text() {
			m.edit = newEditor(h)
			return
		}
	}
}

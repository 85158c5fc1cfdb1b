// Package prompt asks for a command line in the terminal: an editor with a menu of
// what may come next, the documentation beside it, and the lines of before.
//
// It speaks to the terminal itself. The libraries for this ask the terminal for
// its colours as soon as they are linked in, at each start of the program.
package prompt

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

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
func Ask(ctx context.Context, in *os.File, out io.Writer, cfg Config) (string, error) {
	t, err := openTerminal(in, out)
	if err != nil {
		return "", err
	}
	m := &model{Config: cfg, edit: newEditor(cfg.Line), selected: none}
	err = t.run(ctx, m)
	if closing := t.close(); err == nil {
		err = closing
	}
	if err != nil {
		return "", err
	}
	if !m.entered {
		return "", ErrLeft
	}
	return strings.TrimSpace(m.edit.text()), nil
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

	width         int
	entered, over bool
}

// A question asks for the choices of a line, and found is its answer.
type question struct {
	number int
	line   string
}

type found struct {
	number, start int
	choices       []complete.Choice
}

// ask makes the question for the line as it is.
func (m *model) ask() *question {
	m.selected = none
	m.asked++
	return &question{m.asked, m.edit.before()}
}

// answer answers a question; it touches nothing that changes.
func (m *model) answer(q *question) found {
	start, choices := m.Complete(q.line)
	return found{q.number, start, choices}
}

// take shows the choices that came, unless the line has changed since.
func (m *model) take(f found) {
	if f.number == m.asked && m.selected == none {
		m.start, m.choices = f.start, f.choices
	}
}

// press does what a key means and returns the question that comes of it, or nil.
func (m *model) press(k key) *question {
	switch k.kind {
	case keyLeave:
		m.over = true
	case keyEnter:
		if m.selected != none {
			return m.ask()
		}
		m.entered, m.over = true, true
	case keyTab, keyDown:
		m.move(1)
	case keyBackTab, keyUp:
		m.move(-1)
	case keyEsc:
		m.search, m.choices, m.selected = false, nil, none
	case keyF1:
		m.help = !m.help
	case keyF3:
		m.docs = !m.docs
	case keyF5:
		m.sample = !m.sample
	case keySearch:
		m.find()
	default:
		if m.edit.press(k) {
			m.search, m.searched = false, ""
			return m.ask()
		}
	}
	return nil
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

// find puts the last line of the history that has what stood in the editor into
// it; again, the one before that.
func (m *model) find() {
	if !m.search {
		m.search, m.searched = true, strings.TrimSpace(m.edit.text())
	}
	for _, h := range slices.Backward(m.History) {
		if strings.Contains(h, m.searched) && h != m.edit.text() {
			m.edit = newEditor(h)
			return
		}
	}
}

package prompt

import (
	"fmt"
	"strings"
)

// How much of the screen the parts may take.
const (
	menuRows  = 8
	panelRows = 14
)

// Colours of the menu.
const (
	reverse = "\x1b[7m"
	faint   = "\x1b[2m"
	normal  = "\x1b[0m"
)

// view draws the line, the menu below it, and the panels that are open.
func (m *model) view() string {
	var b strings.Builder
	cursor, rest := " ", m.edit.after()
	if rest != "" {
		r := []rune(rest)
		cursor, rest = string(r[0]), string(r[1:])
	}
	sign := "> "
	if m.search {
		sign = fmt.Sprintf("(search %q) ", m.searched)
	}
	fmt.Fprintf(&b, "%sparlor %s%s%s%s%s\n", sign, m.edit.before(), reverse, cursor, normal, rest)
	m.menu(&b)
	line := m.edit.text()
	if m.docs && m.Docs != nil {
		m.panel(&b, "Documentation", m.Docs(line))
	}
	if m.sample && m.Sample != nil {
		m.panel(&b, "The answer looks like this", m.Sample(line))
	}
	bar := "F1 help  F3 documentation  F5 answer  Ctrl-R history  Enter run  Ctrl-C leave"
	if m.help {
		bar = "Tab Down Up    choose\nEnter          take the choice, or run the line\nEsc            close the menu\n" +
			"F3 F5          documentation, what the answer looks like\nCtrl-R         the last line like this one\nCtrl-C Ctrl-D  leave"
	}
	b.WriteString(faint + strings.ReplaceAll(m.clip(bar), "\n", normal+"\n"+faint) + normal)
	return b.String()
}

// menu draws the choices around the highlighted one.
func (m *model) menu(b *strings.Builder) {
	from := max(0, min(m.selected-menuRows/2, len(m.choices)-menuRows))
	shown := m.choices[from:min(from+menuRows, len(m.choices))]
	wide := 0
	for _, c := range shown {
		wide = max(wide, len([]rune(c.Text)))
	}
	for i, c := range shown {
		text := m.clip(fmt.Sprintf("  %-*s  %s", wide, c.Text, c.Doc))
		if from+i == m.selected {
			text = reverse + text + normal
		}
		b.WriteString(text + "\n")
	}
}

// panel draws as much of text as there is room for.
func (m *model) panel(b *strings.Builder, title, text string) {
	b.WriteString(m.clip("── "+title+" "+strings.Repeat("─", 40)) + "\n")
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for _, line := range lines[:min(panelRows, len(lines))] {
		b.WriteString(m.clip(line) + "\n")
	}
}

// clip cuts each line of text to the terminal's width.
func (m *model) clip(text string) string {
	if m.width <= 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if r := []rune(line); len(r) > m.width {
			lines[i] = string(r[:m.width])
		}
	}
	return strings.Join(lines, "\n")
}

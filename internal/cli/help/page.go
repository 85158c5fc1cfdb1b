package help

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Layout of a page, in columns.
const (
	narrowest = 40
	usual     = 80
	widest    = 100 // longer lines are hard to read
	step      = 3
	margin    = 4
)

// A page is text that is being laid out.
type page struct {
	out   strings.Builder
	width int
}

// newPage starts a page for a terminal of the given width; 0 means unknown.
func newPage(width int) *page {
	if width <= 0 {
		width = usual
	}
	return &page{width: min(max(width, narrowest), widest)}
}

// flush writes the page, with never more than one empty line.
func (p *page) flush(w io.Writer) error {
	text := strings.TrimLeft(p.out.String(), "\n")
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	_, err := io.WriteString(w, text)
	return err
}

func (p *page) head(title string) { fmt.Fprintf(&p.out, "\n%s\n", title) }

func indentOf(depth int) int { return margin + (depth-1)*step }

// text writes a paragraph, broken at blanks.
func (p *page) text(depth int, text string) {
	indent := strings.Repeat(" ", indentOf(depth))
	for _, line := range wrap(text, p.width-len(indent)) {
		p.out.WriteString(indent + line + "\n")
	}
}

// verbatim writes lines as they are.
func (p *page) verbatim(depth int, text string) {
	indent := strings.Repeat(" ", indentOf(depth))
	p.out.WriteString("\n" + indent + strings.ReplaceAll(text, "\n", "\n"+indent) + "\n\n")
}

// wrap breaks text into lines of at most width columns where it can.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// table draws rows under their head; the last column is broken into lines.
func (p *page) table(rows [][]string) {
	widths := make([]int, len(rows[0])-1)
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	indent := strings.Repeat(" ", indentOf(1))
	left := len(indent)
	for _, w := range widths {
		left += w + 2
	}
	rule := indent + strings.Repeat("-", p.width-len(indent)) + "\n"
	for i, row := range rows {
		for j, line := range wrap(row[len(row)-1], max(p.width-left, narrowest/2)) {
			p.out.WriteString(indent)
			for k, w := range widths {
				cell := ""
				if j == 0 {
					cell = row[k]
				}
				fmt.Fprintf(&p.out, "%-*s  ", w, cell)
			}
			p.out.WriteString(line + "\n")
		}
		if i == 0 || i == len(rows)-1 {
			p.out.WriteString(rule)
		}
	}
}

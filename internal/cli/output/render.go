package output

import (
	"io"
	"math"
	"strings"
)

// Colours: cells are bright blue, the bars of nested sections dim yellow.
const (
	cellColor = "\x1b[1m\x1b[34m"
	barColor  = "\x1b[2m\x1b[33m"
	reset     = "\x1b[0m"
)

// A printer writes the lines of a table and remembers the first error.
type printer struct {
	w      io.Writer
	color  bool
	direct bool
	bars   string
	err    error
}

func (p *printer) write(s string) {
	if p.direct {
		s += reset
	}
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

// line writes one line of the current section, in four writes: where colours are
// reset after each write, their number shows.
func (p *printer) line(s string) {
	p.write(p.bars)
	p.write(s)
	p.write(p.bars)
	p.write("\n")
}

func (p *printer) indent(n int) {
	bar := "|"
	if p.color {
		bar = barColor + bar + reset
	}
	p.bars = strings.Repeat(bar, n)
}

func (p *printer) cell(s string) string {
	if p.color {
		return cellColor + s + reset
	}
	return s
}

// render prints t. A table wider than the terminal gets its sections of one row
// turned by a quarter.
func (t *table) render(p *printer, columns int) {
	width := t.width()
	if width > columns {
		for _, s := range t.sections {
			s.turn()
		}
		width = t.width()
	}
	p.write(strings.Repeat("-", width) + "\n")
	for _, s := range t.sections {
		p.indent(s.indent)
		s.render(p, width-2*s.indent)
	}
}

func (t *table) width() int {
	width := 0
	for _, s := range t.sections {
		width = max(width, s.width())
	}
	return width
}

func (s *section) width() int {
	width := 2
	for _, w := range s.columns() {
		width += w
	}
	return max(cells(s.title)+2, width) + 2*s.indent
}

// turn makes rows of header and value from a section with headers and one row.
func (s *section) turn() {
	if len(s.rows) != 1 || len(s.headers) == 0 {
		return
	}
	rows := make([][]string, len(s.headers))
	for i, h := range s.headers {
		rows[i] = []string{h, s.rows[0][i]}
	}
	s.headers, s.rows = nil, rows
}

// columns returns the least widths, with two blanks on either side.
func (s *section) columns() []int {
	var widths []int
	for _, row := range append([][]string{s.headers}, s.rows...) {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 4)
			}
			widths[i] = max(widths[i], cells(c)+4)
		}
	}
	return widths
}

// scaled returns the widths stretched so that they add up to width.
func (s *section) scaled(width int) []int {
	widths := s.columns()
	sum := 0
	for _, w := range widths {
		sum += w
	}
	over := -width
	for i, w := range widths {
		widths[i] = int(math.RoundToEven(float64(width) / float64(sum) * float64(w)))
		over += widths[i]
	}
	for over != 0 && len(widths) > 0 {
		for i := 0; i < len(widths) && over != 0; i++ {
			if over > 0 {
				widths[i]--
				over--
			} else {
				widths[len(widths)-1-i]++
				over++
			}
		}
	}
	return widths
}

func (s *section) render(p *printer, width int) {
	if s.title != "" {
		p.line("|" + center(s.title, cells(s.title), width-1, width/2-cells(s.title)/2-1) + "|")
		if len(s.headers) == 0 && len(s.rows) == 0 {
			p.line("+" + strings.Repeat("-", width-2) + "+")
		}
	}
	widths := s.scaled(width)
	if len(s.headers) > 0 {
		p.line(rule(widths))
		p.line(s.row(s.headers, widths, func(text string, w int, first bool) string {
			edge := 0
			if first {
				edge = 1
			}
			return center(text, cells(text), w-edge, w/2-cells(text)/2-1)
		}))
	}
	if len(s.rows) == 0 || len(widths) == 0 {
		return
	}
	p.line(rule(widths))
	for _, row := range s.rows {
		p.line(s.row(row, widths, func(text string, w int, first bool) string {
			edges := 1
			if first {
				edges = 2
			}
			pad := 0
			if w >= cells(text)+2+edges {
				pad = 2
			}
			return blanks(pad) + p.cell(text) + blanks(w-edges-pad-cells(text))
		}))
	}
	p.line(rule(widths))
}

// row joins the cells of a row; the first has a bar on either side.
func (s *section) row(row []string, widths []int, cell func(text string, width int, first bool) string) string {
	var b strings.Builder
	b.WriteByte('|')
	for i, text := range row {
		b.WriteString(cell(text, widths[i], i == 0))
		b.WriteByte('|')
	}
	return b.String()
}

// center puts text after start blanks; what remains of length, less the right
// edge, is filled up.
func center(text string, n, length, start int) string {
	return blanks(start) + text + blanks(length-1-max(start, 0)-n)
}

func blanks(n int) string { return strings.Repeat(" ", max(n, 0)) }

// rule is a horizontal line with a cross at each column's end.
func rule(widths []int) string {
	var b strings.Builder
	for i, w := range widths {
		if i == 0 {
			b.WriteByte('+')
			w--
		}
		b.WriteString(strings.Repeat("-", max(w-1, 0)) + "+")
	}
	return b.String()
}

package output

import (
	"errors"
	"io"

	"parlor/internal/cli/value"
)

// writeTable prints v as a table of sections, one below another.
func writeTable(w io.Writer, v any, cfg Config) error {
	if !value.Truthy(v) {
		return nil
	}
	t := &table{}
	if err := t.build(cfg.Title, v, 0); err != nil {
		return err
	}
	width := cfg.Width
	if width == 0 {
		width = 80
	}
	p := &printer{w: w, color: cfg.Color, direct: cfg.Direct && cfg.Color}
	t.render(p, width)
	return p.err
}

// A section is a title, a row of headers and rows, at one depth of nesting.
type section struct {
	title   string
	indent  int
	headers []string
	rows    [][]string
}

// A table is a list of sections.
type table struct{ sections []*section }

func (t *table) last() *section { return t.sections[len(t.sections)-1] }

func (t *table) section(title string, indent int, headers []string) {
	t.sections = append(t.sections, &section{title: title, indent: indent, headers: headers})
}

// row adds a row, which must be as long as those before it.
func (t *table) row(cells []string) error {
	s := t.last()
	columns := len(cells)
	if s.headers != nil {
		columns = len(s.headers)
	} else if len(s.rows) > 0 {
		columns = len(s.rows[0])
	}
	if columns != len(cells) {
		return problemf("Row should have %d elements, instead it has %d", columns, len(cells))
	}
	s.rows = append(s.rows, cells)
	return nil
}

// build adds v under title.
func (t *table) build(title string, v any, indent int) error {
	if !value.Truthy(v) {
		return nil
	}
	t.section(title, indent, nil)
	switch v := v.(type) {
	case *value.Map:
		return t.record(v, indent)
	case []any:
		if _, ok := v[0].(*value.Map); ok {
			return t.records(v, indent, title)
		}
		return t.items(v)
	}
	return nil
}

// items adds a list of scalars and of lists to the current section.
func (t *table) items(list []any) error {
	for _, v := range list {
		var err error
		switch v := v.(type) {
		case []any:
			err = t.item(v)
		case *value.Map:
			err = t.mapItem(v)
		default:
			err = t.row([]string{value.Str(v)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *table) item(list []any) error {
	cells := make([]string, len(list))
	for i, v := range list {
		if !value.Scalar(v) {
			if _, ok := list[0].(*value.Map); ok {
				return t.records(list, 0, "")
			}
			return t.items(list)
		}
		cells[i] = value.Str(v)
	}
	return t.row(cells)
}

// mapItem adds a map among scalars: the reference prints its keys.
func (t *table) mapItem(m *value.Map) error { return t.row(m.Keys()) }

func (t *table) record(m *value.Map, indent int) error {
	scalars, nested := split(m)
	cells := make([]string, len(scalars))
	for i, k := range scalars {
		v, _ := m.Get(k)
		cells[i] = value.Str(v)
	}
	if len(scalars) == 1 {
		cells = []string{scalars[0], cells[0]}
	} else if len(scalars) > 1 {
		t.last().headers = scalars
	}
	if len(scalars) > 0 {
		if err := t.row(cells); err != nil {
			return err
		}
	}
	return t.nested(m, nested, indent+1)
}

// records adds a list of maps: one section for all, or one for each when they
// hold more than scalars.
func (t *table) records(list []any, indent int, title string) error {
	headers, nested := splitAll(list)
	if headers == nil {
		headers = []string{}
	}
	t.last().headers = headers
	for i, v := range list {
		m, ok := v.(*value.Map)
		if !ok {
			return errors.New("a list that mixes maps with something else has no table form")
		}
		if i > 0 && len(nested) > 0 {
			t.section(title, indent, headers)
		}
		cells := make([]string, len(headers))
		for j, k := range headers {
			if v, ok := m.Get(k); ok {
				cells[j] = value.Str(v)
			}
		}
		if err := t.row(cells); err != nil {
			return err
		}
		if err := t.nested(m, nested, indent+1); err != nil {
			return err
		}
	}
	return nil
}

// nested adds a section for each of the keys that m has.
func (t *table) nested(m *value.Map, keys []string, indent int) error {
	for _, k := range keys {
		if v, ok := m.Get(k); ok {
			if err := t.build(k, v, indent); err != nil {
				return err
			}
		}
	}
	return nil
}

package output

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"parlor/internal/cli/value"
)

// writeText prints v as lines of tab-separated fields.
func writeText(w io.Writer, v any) error {
	t := texter{w: w}
	t.value(v, "", nil)
	return t.err
}

// A texter prints one document and remembers the first thing that went wrong.
type texter struct {
	w   io.Writer
	err error
}

func (t *texter) row(fields ...string) {
	if t.err == nil {
		_, t.err = fmt.Fprintln(t.w, strings.Join(fields, "\t"))
	}
}

// value prints v. Ident is the upper-case key that v stood under; columns, if
// not nil, are the scalar keys that every map of v's list prints.
func (t *texter) value(v any, ident string, columns []string) {
	switch v := v.(type) {
	case *value.Map:
		t.record(v, ident, columns)
	case []any:
		t.list(v, ident)
	default:
		t.row(value.Str(v))
	}
}

func (t *texter) record(m *value.Map, ident string, columns []string) {
	var fields []string
	nested := []string{}
	for _, k := range columns {
		v, ok := m.Get(k)
		if !ok {
			v = ""
		}
		fields = append(fields, value.Str(v))
	}
	for _, k := range m.Sorted() {
		v, _ := m.Get(k)
		if columns != nil && contains(columns, k) {
			continue
		}
		if columns == nil && value.Scalar(v) {
			fields = append(fields, value.Str(v))
			continue
		}
		nested = append(nested, k)
	}
	if len(fields) > 0 {
		if ident != "" {
			fields = append([]string{ident}, fields...)
		}
		t.row(fields...)
	}
	for _, k := range nested {
		v, _ := m.Get(k)
		t.value(v, strings.ToUpper(k), nil)
	}
}

func (t *texter) list(list []any, ident string) {
	var scalars, lists []any
	maps := 0
	for _, v := range list {
		switch v.(type) {
		case *value.Map:
			maps++
		case []any:
			lists = append(lists, v)
		default:
			scalars = append(scalars, v)
		}
	}
	switch {
	case maps == len(list) && maps > 0:
		columns := scalarKeys(list)
		for _, v := range list {
			t.value(v, ident, columns)
		}
	case maps > 0:
		t.err = errors.New("a list that mixes maps with something else has no text form")
	case len(lists) > 0:
		if len(scalars) > 0 {
			t.scalars(scalars, ident)
		}
		for _, v := range lists {
			t.value(v, ident, nil)
		}
	case len(scalars) > 0:
		t.scalars(scalars, ident)
	}
}

// scalars prints a list of scalars: a line each below a key, else one line.
func (t *texter) scalars(list []any, ident string) {
	fields := make([]string, len(list))
	for i, v := range list {
		fields[i] = value.Str(v)
		if ident != "" {
			t.row(ident, fields[i])
		}
	}
	if ident == "" {
		t.row(fields...)
	}
}

package params

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"parlor/api"
	"parlor/internal/cli/value"
)

// Validate checks parameters against the shape: types, what must be there, and
// what is too short or too small. All that is wrong is in one error.
func Validate(shape *api.Shape, input *value.Map) error {
	c := checker{}
	c.check("", shape, input)
	if c.problems == nil {
		return nil
	}
	return &Error{"Parameter validation failed:\n" + strings.Join(c.problems, "\n")}
}

// A checker collects problems.
type checker struct{ problems []string }

func (c *checker) addf(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// check checks v, which the path leads to.
func (c *checker) check(path string, shape *api.Shape, v any) {
	switch shape.Kind {
	case api.Structure, api.Union:
		if m, ok := v.(*value.Map); ok {
			c.structure(path, shape, m)
			return
		}
		c.wrong(path, v, "dict")
	case api.Map:
		m, ok := v.(*value.Map)
		if !ok {
			c.wrong(path, v, "dict")
			return
		}
		for k, item := range m.All() {
			c.check(fmt.Sprintf("%s (key: %s)", path, k), shape.Key, k)
			c.check(path+"."+k, shape.Elem, item)
		}
	case api.List:
		list, ok := v.([]any)
		if !ok {
			c.wrong(path, v, "list", "tuple")
			return
		}
		c.length(path, shape, len(list))
		for i, item := range list {
			c.check(fmt.Sprintf("%s[%d]", path, i), shape.Elem, item)
		}
	case api.String:
		s, ok := v.(string)
		if !ok {
			c.wrong(path, v, "str")
			return
		}
		c.length(path, shape, utf8.RuneCountInString(s))
	case api.Integer:
		c.integer(path, shape, v)
	case api.Timestamps: // none is ever sent
	}
}

func (c *checker) structure(path string, shape *api.Shape, m *value.Map) {
	names := make([]string, len(shape.Members))
	for i := range shape.Members {
		names[i] = shape.Members[i].Name
	}
	if shape.Kind == api.Union && m.Len() == 0 {
		c.addf("Must set one of the following keys for tagged unionstructure %s: %s.", path, strings.Join(names, ". "))
	} else if shape.Kind == api.Union && m.Len() > 1 {
		c.addf("Invalid number of parameters set for tagged union structure %s. Can only set one of the following keys: %s.",
			path, strings.Join(names, ". "))
	}
	within := path
	if within == "" {
		within = "input"
	}
	for _, member := range shape.Members {
		if _, ok := m.Get(member.Name); member.Required && !ok {
			c.addf("Missing required parameter in %s: \"%s\"", within, member.Name)
		}
	}
	for k := range m.All() {
		if _, ok := shape.Member(k); !ok {
			c.addf("Unknown parameter in %s: \"%s\", must be one of: %s", within, k, strings.Join(names, ", "))
		}
	}
	for k, v := range m.All() {
		if member, ok := shape.Member(k); ok {
			c.check(strings.TrimPrefix(path+"."+k, "."), member.Shape, v)
		}
	}
}

func (c *checker) integer(path string, shape *api.Shape, v any) {
	n, ok := v.(value.Number)
	if b, isBool := v.(bool); isBool { // Python's False and True are 0 and 1
		n, ok = "0", true
		if b {
			n = "1"
		}
	}
	if !ok || !n.IsInt() {
		c.wrong(path, v, "int")
		return
	}
	if shape.Min > 0 && n.Big().Cmp(big.NewInt(int64(shape.Min))) < 0 {
		c.addf("Invalid value for parameter %s, value: %s, valid min value: %d", path, value.Str(v), shape.Min)
	}
}

func (c *checker) length(path string, shape *api.Shape, n int) {
	if n < shape.Min {
		c.addf("Invalid length for parameter %s, value: %d, valid min length: %d", path, n, shape.Min)
	}
}

// wrong says that v's type is none of those that are valid.
func (c *checker) wrong(path string, v any, valid ...string) {
	for i, t := range valid {
		valid[i] = "<class '" + t + "'>"
	}
	c.addf("Invalid type for parameter %s, value: %s, type: %s, valid types: %s",
		path, value.Str(v), value.Class(v), strings.Join(valid, ", "))
}

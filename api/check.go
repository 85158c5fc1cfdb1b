package api

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"parlor/chat"
)

// Check holds in, a pointer to the input of o or the input itself, against every
// constraint of the table and returns all that is wrong with it, in the model's
// order; nil if nothing is. Field names are as on the wire:
// destinationConfiguration.s3.bucketName, tagKeys.1.member, tags.key.
func (o *Operation) Check(in any) []chat.FieldError {
	c := checker{}
	c.structure("", o.Input(), reflect.Indirect(reflect.ValueOf(in)))
	return c.found
}

// A checker gathers what is wrong.
type checker struct{ found []chat.FieldError }

func (c *checker) fail(path, format string, args ...any) {
	c.found = append(c.found, chat.FieldError{
		Name:    path,
		Message: fmt.Sprintf("Value at '%s' failed to satisfy constraint: Member must ", path) + fmt.Sprintf(format, args...),
	})
}

func (c *checker) structure(path string, s *Shape, v reflect.Value) {
	if path != "" {
		path += "."
	}
	for i := range s.Members {
		m := &s.Members[i]
		field := v.Field(m.index)
		if field.IsZero() && (m.Required || field.Kind() != reflect.String) {
			if m.Required {
				c.fail(path+m.Name, "%s", missing(field))
			}
			continue
		}
		c.value(path+m.Name, m.Shape, reflect.Indirect(field))
	}
	if s.Kind == Union && c.set(s, v) != 1 {
		c.fail(strings.TrimSuffix(path, "."), "have exactly one of its members set")
	}
}

// missing says what a required member lacks. An empty text can't be told from none.
func missing(field reflect.Value) string {
	if field.Kind() == reflect.String {
		return "not be null or empty"
	}
	return "not be null"
}

// set counts the members of a union that are there.
func (c *checker) set(s *Shape, v reflect.Value) int {
	n := 0
	for i := range s.Members {
		if !v.Field(s.Members[i].index).IsZero() {
			n++
		}
	}
	return n
}

func (c *checker) value(path string, s *Shape, v reflect.Value) {
	switch s.Kind {
	case Structure, Union:
		c.structure(path, s, v)
	case String:
		c.text(path, s, v.String())
	case Integer:
		if n := int(v.Int()); n < s.Min {
			c.fail(path, "have value greater than or equal to %d", s.Min)
		} else if s.Max > 0 && n > s.Max {
			c.fail(path, "have value less than or equal to %d", s.Max)
		}
	case List:
		c.length(path, s, v.Len())
		for i := range v.Len() {
			c.value(fmt.Sprintf("%s.%d.member", path, i+1), s.Elem, v.Index(i))
		}
	case Map:
		c.entries(path, s, v)
	case Timestamps:
	}
}

func (c *checker) text(path string, s *Shape, text string) {
	if s.Enum != nil {
		if !slices.Contains(s.Enum, text) {
			c.fail(path, "satisfy enum value set: [%s]", strings.Join(s.Enum, ", "))
		}
		return
	}
	if s.Max > 0 || s.Min > 0 {
		c.length(path, s, chat.Length(text))
	}
	if !matches(s.Pattern, text) {
		c.fail(path, "satisfy regular expression pattern: %s", Expression(s.Pattern))
	}
}

func (c *checker) length(path string, s *Shape, n int) {
	switch {
	case n < s.Min:
		c.fail(path, "have length greater than or equal to %d", s.Min)
	case s.Max > 0 && n > s.Max:
		c.fail(path, "have length less than or equal to %d", s.Max)
	}
}

// entries checks a map: how many, how large in all, and each key and value.
func (c *checker) entries(path string, s *Shape, v reflect.Value) {
	c.length(path, s, v.Len())
	size, before := 0, len(c.found)
	for it := v.MapRange(); it.Next(); {
		key, value := it.Key().String(), it.Value().String()
		size += len(key) + len(value)
		c.text(path+".key", s.Key, key)
		c.text(path+".value", s.Elem, value)
	}
	// A map has no order; what is said of it has.
	slices.SortFunc(c.found[before:], func(a, b chat.FieldError) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Message, b.Message))
	})
	if s.Bytes > 0 && size > s.Bytes {
		c.fail(path, "have at most %d bytes of keys and values in all", s.Bytes)
	}
}

// Package value holds JSON documents as the command line shows them: members
// keep their order, integers are unbounded and floats keep being floats.
//
// A document is an any that is nil, a bool, a string, a [Number], []byte (what
// fileb:// reads), a [Date] (what YAML reads), []any or a *[Map].
package value

import (
	"iter"
	"slices"
)

// A Map is a JSON object whose members keep their order.
type Map struct {
	keys []string
	at   map[string]any
}

// NewMap returns a Map with the members given as key, value, key, value…
func NewMap(members ...any) *Map {
	m := &Map{at: make(map[string]any, len(members)/2)}
	for i := 0; i+1 < len(members); i += 2 {
		if key, ok := members[i].(string); ok {
			m.Set(key, members[i+1])
		}
	}
	return m
}

// Set gives key the value v; a new key goes to the end.
func (m *Map) Set(key string, v any) {
	if _, had := m.at[key]; !had {
		m.keys = append(m.keys, key)
	}
	m.at[key] = v
}

// Get returns what key holds, and whether there is such a member.
func (m *Map) Get(key string) (any, bool) {
	v, ok := m.at[key]
	return v, ok
}

// Text returns the string that key holds, or "".
func (m *Map) Text(key string) string {
	s, _ := m.at[key].(string)
	return s
}

// Len returns the number of members.
func (m *Map) Len() int { return len(m.keys) }

// Keys returns the keys in their order.
func (m *Map) Keys() []string { return slices.Clone(m.keys) }

// Sorted returns the keys in alphabetical order.
func (m *Map) Sorted() []string { return slices.Sorted(slices.Values(m.keys)) }

// All walks over the members in their order.
func (m *Map) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, k := range m.keys {
			if !yield(k, m.at[k]) {
				return
			}
		}
	}
}

// A Date is a date or a time without a zone, with a blank between the two: what
// YAML reads, which no operation takes, and what a sample answer has.
type Date struct {
	Text string
	Time bool // with a time of day
}

// Scalar says whether v is neither a list nor a map.
func Scalar(v any) bool {
	switch v.(type) {
	case []any, *Map:
		return false
	}
	return true
}

// Truthy says whether Python's bool(v) is true.
func Truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []byte:
		return len(v) > 0
	case Number:
		return v.Float() != 0
	case []any:
		return len(v) > 0
	case *Map:
		return v.Len() > 0
	}
	return true
}

// Equal says whether a and b are the same document; 1 and 1.0 are the same.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case Number:
		b, ok := b.(Number)
		return ok && (a == b || a.Float() == b.Float())
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case *Map:
		b, ok := b.(*Map)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for k, v := range a.All() {
			w, ok := b.Get(k)
			if !ok || !Equal(v, w) {
				return false
			}
		}
		return true
	case []byte:
		b, ok := b.([]byte)
		return ok && slices.Equal(a, b)
	}
	return a == b
}

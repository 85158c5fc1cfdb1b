package api

import (
	"reflect"
	"strconv"
	"strings"
)

// A Kind says what a value is.
type Kind int

// The kinds of value that the contract has.
const (
	String Kind = iota
	Integer
	Timestamps
	List
	Map
	Structure
	Union // a structure of which exactly one member is set
)

// A Shape describes a value of the contract and its constraints.
type Shape struct {
	Name    string // the model's name of it, e.g. ChatTokenCapability
	Kind    Kind
	Min     int      // characters, items, or the least number
	Max     int      // the same, or the greatest number; 0: no maximum
	Bytes   int      // of a map: UTF-8 bytes of all keys and values; 0: no maximum
	Pattern string   // the name of a pattern, see Expression; "" if any text will do
	Enum    []string // the values allowed; nil if any
	Members []Member // of a structure or union, in the model's order
	Key     *Shape   // of a map
	Elem    *Shape   // of a list or map
}

// A Location says which part of the request carries a member.
type Location int

// The locations.
const (
	InBody Location = iota
	InPath
	InQuery
)

// A Member is a named part of a structure.
type Member struct {
	Name      string // as on the wire
	Doc       string // one sentence
	Required  bool
	Sensitive bool // must not be logged
	In        Location
	Shape     *Shape

	index int // of the Go field
}

// Member finds a member by its name on the wire.
func (s *Shape) Member(name string) (*Member, bool) {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return &s.Members[i], true
		}
	}
	return nil, false
}

// shapeOf reads the shape of a Go type. A structure's rules stand in the tags of its
// fields: api for the member, elem, key and value for what is inside it.
func shapeOf(t reflect.Type, name string) *Shape {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := &Shape{Name: name}
	switch {
	case t == reflect.TypeFor[Timestamp]():
		s.Kind = Timestamps
	case t.Kind() == reflect.Struct:
		s.Kind = Structure
		if t == reflect.TypeFor[DestinationConfiguration]() {
			s.Kind = Union
		}
		for i := range t.NumField() {
			s.Members = append(s.Members, memberOf(t.Field(i), i))
		}
	case t.Kind() == reflect.Slice:
		s.Kind = List
		s.Elem = shapeOf(t.Elem(), "")
	case t.Kind() == reflect.Map:
		s.Kind = Map
		s.Key, s.Elem = shapeOf(t.Key(), ""), shapeOf(t.Elem(), "")
	case t.Kind() == reflect.Int:
		s.Kind = Integer
	}
	return s
}

// memberOf reads one field of a structure.
func memberOf(f reflect.StructField, index int) Member {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	m := Member{Name: name, Doc: f.Tag.Get("doc"), index: index, Shape: shapeOf(f.Type, shapeName(f.Type, name))}
	switch f.Tag.Get("in") {
	case "path":
		m.In = InPath
	case "query":
		m.In = InQuery
	}
	for rule := range strings.SplitSeq(f.Tag.Get("api"), ",") {
		switch rule {
		case "required":
			m.Required = true
		case "sensitive":
			m.Sensitive = true
		default:
			m.Shape.constrain(rule)
		}
	}
	m.Shape.Key.constrainAll(f.Tag.Get("key"))
	m.Shape.Elem.constrainAll(f.Tag.Get("value") + f.Tag.Get("elem"))
	return m
}

// shapeName returns the model's name of a member's shape.
func shapeName(t reflect.Type, member string) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		return t.Name()
	}
	return strings.ToUpper(member[:1]) + member[1:]
}

// constrainAll reads a name and rules: TagKey,min=1,max=128.
func (s *Shape) constrainAll(tag string) {
	if s == nil || tag == "" {
		return
	}
	name, rules, _ := strings.Cut(tag, ",")
	s.Name = name
	for rule := range strings.SplitSeq(rules, ",") {
		s.constrain(rule)
	}
}

// constrain adds one rule: min=1, pattern=room, enum=A|B.
func (s *Shape) constrain(rule string) {
	word, value, _ := strings.Cut(rule, "=")
	number, _ := strconv.Atoi(value)
	switch word {
	case "min":
		s.Min = number
	case "max":
		s.Max = number
	case "bytes":
		s.Bytes = number
	case "pattern":
		s.Pattern = value
	case "enum":
		s.Enum = strings.Split(value, "|")
	}
}

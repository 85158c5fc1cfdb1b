// Package params turns the words of a command line into the parameters of an
// operation, by the shape that the api table gives them: scalars, lists,
// shorthand, JSON, files, whole documents, and the other way round skeletons.
package params

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"parlor/api"
	"parlor/internal/cli/shorthand"
	"parlor/internal/cli/value"
)

// An Error says what is wrong with a parameter; nothing has been sent.
type Error struct{ Problem string }

// Error returns the problem.
func (e *Error) Error() string { return e.Problem }

// A NumberError says that a word is not the integer it should be.
type NumberError struct{ Word string }

// Error says so in Python's words.
func (e *NumberError) Error() string {
	return "invalid literal for int() with base 10: " + value.Repr(e.Word)
}

func parseError(option, format string, args ...any) error {
	return &Error{fmt.Sprintf("Error parsing parameter '%s': ", option) + fmt.Sprintf(format, args...)}
}

// Option returns the option of a member: roomIdentifier is --room-identifier.
func Option(member string) string {
	var b strings.Builder
	b.WriteString("--")
	for _, r := range member {
		if unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Parse returns the value that the words of an option stand for.
func (l *Loader) Parse(m *api.Member, words []string) (any, error) {
	option := Option(m.Name)
	if m.Shape.Kind == api.List && len(words) != 1 {
		list := make([]any, len(words))
		for i, w := range words {
			list[i] = w
		}
		return list, nil
	}
	word, fromFile, err := l.load(option, words[0])
	if err != nil {
		return nil, err
	}
	if b, ok := word.([]byte); ok {
		if m.Shape.Kind == api.String || m.Shape.Kind == api.List {
			return b, nil // validation refuses it, as the reference does
		}
		word = string(b)
	}
	text, _ := word.(string)
	switch m.Shape.Kind {
	case api.Integer:
		n, ok := value.ParseInt(text)
		if !ok {
			return nil, &NumberError{text}
		}
		return n, nil
	case api.List:
		return parseList(option, text, fromFile)
	case api.Map, api.Structure, api.Union:
		return l.parseMap(option, m.Shape, text)
	case api.String, api.Timestamps:
	}
	return text, nil
}

// parseList reads the one word given for a list: JSON, an element, or, from a
// file, an element a line.
func parseList(option, text string, fromFile bool) (any, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		return parseJSON(option, text)
	}
	if !fromFile {
		return []any{text}, nil
	}
	list := []any{}
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		list = append(list, strings.TrimSuffix(line, "\n"))
	}
	return list, nil
}

func (l *Loader) parseMap(option string, shape *api.Shape, text string) (any, error) {
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "{"):
		return parseJSON(option, text)
	case strings.HasPrefix(trimmed, "["):
		return nil, parseError(option, "Invalid JSON:\n%s", text)
	}
	m, err := shorthand.Parse(text, func(s string) (any, error) {
		v, _, err := l.load(option, s)
		return v, err
	})
	if _, ok := errors.AsType[*Error](err); ok {
		return nil, err
	}
	if err != nil {
		return nil, parseError(option, "%v", err)
	}
	return correct(shape, m)
}

func parseJSON(option, text string) (any, error) {
	v, err := value.Parse(text)
	if err != nil {
		return nil, parseError(option, "Invalid JSON: %v\nJSON received: %s", err, text)
	}
	return v, nil
}

// correct makes what shorthand can't know true to the shape: a scalar where a
// list belongs becomes a list of one, and numbers become numbers.
func correct(shape *api.Shape, v any) (any, error) {
	switch shape.Kind {
	case api.Structure, api.Union, api.Map:
		if m, ok := v.(*value.Map); ok {
			return m, correctMembers(shape, m)
		}
	case api.List:
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for i, item := range list {
			fixed, err := correct(shape.Elem, item)
			if err != nil {
				return nil, err
			}
			list[i] = fixed
		}
		return list, nil
	case api.Integer:
		if s, ok := v.(string); ok {
			n, ok := value.ParseInt(s)
			if !ok {
				return nil, &NumberError{s}
			}
			return n, nil
		}
	case api.String, api.Timestamps:
	}
	return v, nil
}

func correctMembers(shape *api.Shape, m *value.Map) error {
	for k, item := range m.All() {
		inner := shape.Elem
		if member, ok := shape.Member(k); ok {
			inner = member.Shape
		}
		if inner == nil {
			continue
		}
		fixed, err := correct(inner, item)
		if err != nil {
			return err
		}
		m.Set(k, fixed)
	}
	return nil
}

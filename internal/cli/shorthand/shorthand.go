// Package shorthand reads the AWS CLI's shorthand syntax for maps, as in
// --attributes team=blue,role='the host'.
package shorthand

import (
	"fmt"
	"strings"
	"unicode"

	"parlor/internal/cli/value"
)

// An Error says what stood where something else was expected.
type Error struct {
	Problem string // Expected: 'X', received: 'Y'
	Hint    string // a line to add, or ""
	input   []rune
	at      int
}

// Error returns the problem, the input and a caret under the culprit. Where the
// input has several lines the caret stands below its own.
func (e *Error) Error() string {
	line := e.at
	for i := e.at - 1; i >= 0; i-- {
		if e.input[i] == '\n' {
			line = e.at - i - 1
			break
		}
	}
	before, after := e.input, []rune(nil)
	for i := e.at; i < len(e.input); i++ {
		if e.input[i] == '\n' {
			before, after = e.input[:i], e.input[i:]
			break
		}
	}
	text := fmt.Sprintf("%s for input:\n%s\n%s^%s", e.Problem, string(before), strings.Repeat(" ", line), string(after))
	if e.Hint != "" {
		text += "\n" + e.Hint
	}
	return text
}

// Parse reads text. It calls load for each string given as key@=value, and puts
// what load returns in its place.
func Parse(text string, load func(string) (any, error)) (*value.Map, error) {
	p := &parser{in: []rune(text), load: load}
	params := value.NewMap()
	end := 0
	for {
		key, v, err := p.pair(p.values)
		if err != nil {
			return nil, err
		}
		if _, twice := params.Get(key); twice {
			return nil, &Error{
				Problem: fmt.Sprintf(`Second instance of key "%s" encountered`, key),
				Hint:    `This is often because there is a preceding "," instead of a space.`,
				input:   p.in, at: end + 1,
			}
		}
		params.Set(key, v)
		if p.at >= len(p.in) {
			return params, nil
		}
		end = p.at
		if err := p.expect(',', true); err != nil {
			return nil, err
		}
	}
}

// A parser is at one place of its input.
type parser struct {
	in   []rune
	at   int
	load func(string) (any, error)
}

// eof is what current returns at the end: no character that input can hold.
const eof = -1

func (p *parser) current() rune {
	if p.at < len(p.in) {
		return p.in[p.at]
	}
	return eof
}

func (p *parser) blanks() {
	for p.at < len(p.in) && strings.ContainsRune(" \t\n\r\v\f", p.in[p.at]) {
		p.at++
	}
}

func (p *parser) expect(want rune, blanks bool) error {
	if blanks {
		p.blanks()
	}
	if c := p.current(); c != want {
		got := "EOF"
		if c != eof {
			got = string(c)
		}
		return &Error{Problem: fmt.Sprintf("Expected: '%c', received: '%s'", want, got), input: p.in, at: p.at}
	}
	p.at++
	if blanks {
		p.blanks()
	}
	return nil
}

// missing is the error when a pattern does not match here.
func (p *parser) missing(pattern string) error {
	return &Error{Problem: fmt.Sprintf("Expected: '<%s>', received: '<none>'", pattern), input: p.in, at: p.at}
}

// pair reads key = value, or key @= value, which is loaded.
func (p *parser) pair(values func() (any, error)) (string, any, error) {
	key := p.key()
	loaded := p.expect('@', true) == nil
	if err := p.expect('=', true); err != nil {
		return "", nil, err
	}
	v, err := values()
	if err == nil && loaded {
		v, err = p.loadAll(v)
	}
	return key, v, err
}

func (p *parser) loadAll(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return p.load(v)
	case []any:
		for i, item := range v {
			loaded, err := p.loadAll(item)
			if err != nil {
				return nil, err
			}
			v[i] = loaded
		}
	}
	return v, nil
}

func (p *parser) key() string {
	from := p.at
	for p.at < len(p.in) {
		c := p.in[p.at]
		if c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("-_.#/:", c) {
			break
		}
		p.at++
	}
	return string(p.in[from:p.at])
}

func (p *parser) values() (any, error) {
	switch p.current() {
	case eof:
		return "", nil
	case '[', '{':
		return p.item()
	}
	return p.csv()
}

// csv reads one value, or several with commas between. Whether "c" in a=b,c=d
// is a value shows only at its "=": then it goes back to the comma before.
func (p *parser) csv() (any, error) {
	first, err := p.firstValue()
	if err != nil {
		return nil, err
	}
	if p.blanks(); p.current() != ',' {
		return first, nil
	}
	list := []any{first}
	for p.current() == ',' {
		comma := p.at
		p.at++
		p.blanks()
		next, err := p.secondValue()
		if err == nil {
			if p.blanks(); p.current() == eof {
				list = append(list, next)
				break
			}
			err = p.expect(',', false)
		}
		if err != nil {
			if p.current() == eof {
				return nil, err
			}
			p.backTo(comma)
			break
		}
		list = append(list, next)
		p.at-- // the loop looks at the comma again
	}
	if len(list) == 1 {
		return first, nil
	}
	return list, nil
}

// backTo goes back to the last comma before here: comma, unless blanks or an
// empty value let a later one stand between.
func (p *parser) backTo(comma int) {
	for p.at > comma && p.in[p.at] != ',' {
		p.at--
	}
}

// item reads a list, a hash literal or a value inside one of them.
func (p *parser) item() (any, error) {
	switch p.current() {
	case '[':
		return p.list()
	case '{':
		return p.hash()
	}
	return p.firstValue()
}

func (p *parser) list() (any, error) {
	if err := p.expect('[', true); err != nil {
		return nil, err
	}
	list := []any{}
	for p.current() != ']' {
		v, err := p.item()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if err := p.separator(']'); err != nil {
			return nil, err
		}
	}
	return list, p.expect(']', false)
}

func (p *parser) hash() (any, error) {
	if err := p.expect('{', true); err != nil {
		return nil, err
	}
	m := value.NewMap()
	for p.current() != '}' {
		key, v, err := p.pair(p.item)
		if err != nil {
			return nil, err
		}
		m.Set(key, v)
		if err := p.separator('}'); err != nil {
			return nil, err
		}
	}
	return m, p.expect('}', false)
}

// separator reads the comma after an item, unless closing ends the items.
func (p *parser) separator(closing rune) error {
	p.blanks()
	if p.current() == closing {
		return nil
	}
	err := p.expect(',', false)
	p.blanks()
	return err
}

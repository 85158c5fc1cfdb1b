package iam

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// partKind is what a piece of a pattern stands for.
type partKind int8

const (
	literal  partKind = iota // itself
	many                     // *
	one                      // ?
	variable                 // ${key} or ${key, 'default'}
)

// part is a piece of a pattern.
type part struct {
	kind     partKind
	text     string // of a literal; the key of a variable
	fallback string // of a variable
	defaults bool   // whether there is a fallback
	within   bool   // of a wildcard in a resource: stays between the colons
}

// pattern is a string of a policy, read.
type pattern struct {
	parts   []part
	dynamic bool // has variables
}

var errVariable = errors.New("policy variable without an end, or a malformed one")

// dialect is what a string of a policy may hold besides plain text.
type dialect struct{ wildcards, variables, resource bool }

// parsePattern reads a string of a policy.
func parsePattern(s string, d dialect) (pattern, error) {
	var p pattern
	plain := 0 // where the plain text before i begins
	flush := func(end int) {
		p.text(s[plain:end])
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case d.wildcards && (c == '*' || c == '?'):
			flush(i)
			end := i+1 == len(s) || s[i+1] == ':' // of a part of an ARN
			p.wildcard(c, d.resource && (c == '?' || !end))
			i++
			plain = i
		case d.variables && c == '$' && strings.HasPrefix(s[i:], "${"):
			flush(i)
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return pattern{}, errVariable
			}
			if err := p.variable(s[i+2 : i+end]); err != nil {
				return pattern{}, err
			}
			i += end + 1
			plain = i
		default:
			i++
		}
	}
	flush(len(s))
	return p, nil
}

// text adds plain text.
func (p *pattern) text(s string) {
	if s == "" {
		return
	}
	if n := len(p.parts); n > 0 && p.parts[n-1].kind == literal {
		p.parts[n-1].text += s
		return
	}
	p.parts = append(p.parts, part{kind: literal, text: s})
}

// wildcard adds * or ?.
func (p *pattern) wildcard(c byte, within bool) {
	kind := many
	if c == '?' {
		kind = one
	}
	p.parts = append(p.parts, part{kind: kind, within: within})
}

// variable adds what stands between ${ and }.
func (p *pattern) variable(body string) error {
	if body == "*" || body == "?" || body == "$" {
		p.text(body)
		return nil
	}
	key, fallback, defaults := strings.Cut(body, ",")
	v := part{kind: variable, defaults: defaults}
	if defaults {
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return errVariable
		}
		v.fallback = fallback[1 : len(fallback)-1]
	}
	var err error
	if v.text, err = parseKey(strings.TrimSpace(key)); err != nil {
		return err
	}
	p.parts = append(p.parts, v)
	p.dynamic = true
	return nil
}

// resolve gives the pattern with the values of its variables in their places, as
// plain text: a star in somebody's name is no wildcard. It is false if one has
// no value.
func (p pattern) resolve(e *environment) ([]part, bool) {
	if !p.dynamic {
		return p.parts, true
	}
	parts := slices.Clone(p.parts)
	for i, v := range parts {
		if v.kind != variable {
			continue
		}
		a := e.attribute(v.text)
		switch {
		case a.state == present && a.list == nil:
			parts[i] = part{kind: literal, text: a.text}
		case v.defaults && a.state == absent:
			parts[i] = part{kind: literal, text: v.fallback}
		default:
			return nil, false
		}
	}
	return parts, true
}

// matches says whether s is as the pattern says.
func (p pattern) matches(e *environment, s string) verdict {
	parts, ok := p.resolve(e)
	if !ok {
		return unknown
	}
	return truth(match(parts, s))
}

// match says whether s is made of the parts. It keeps the set of places in s that
// the parts so far can reach, so no pattern makes it slow.
func match(parts []part, s string) bool {
	switch {
	case len(parts) == 1 && parts[0].kind == literal:
		return parts[0].text == s
	case len(parts) == 1 && parts[0].kind == many && !parts[0].within:
		return true
	case len(parts) > 0 && parts[0].kind == literal && !strings.HasPrefix(s, parts[0].text):
		return false
	}
	reached := make([]bool, len(s)+1)
	reached[0] = true
	for _, p := range parts {
		if !p.advance(reached, s) {
			return false
		}
	}
	return reached[len(s)]
}

// advance moves the places reached past p, and says whether there are any left.
func (p part) advance(reached []bool, s string) bool {
	if p.kind == many {
		return p.spread(reached, s)
	}
	left := false
	for i := len(s); i >= 0; i-- {
		if !reached[i] {
			continue
		}
		reached[i] = false
		if n := p.width(s[i:]); n >= 0 {
			reached[i+n] = true
			left = true
		}
	}
	return left
}

// spread reaches all that a star can from where it stands.
func (p part) spread(reached []bool, s string) bool {
	running := false
	for i := range reached {
		running = running || reached[i]
		reached[i] = running
		if p.within && i < len(s) && s[i] == ':' {
			running = false
		}
	}
	return true
}

// width is how much of the front of s a literal or a question mark takes, or -1.
func (p part) width(s string) int {
	if p.kind == literal {
		if strings.HasPrefix(s, p.text) {
			return len(p.text)
		}
		return -1
	}
	if s == "" || p.within && (s[0] == ':' || s[0] == '*') { // room/* stands for all rooms, not for one
		return -1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// Package argv splits a command line into options and words by the rules of
// Python's argparse, which the AWS CLI reads its arguments with: options anywhere,
// unique prefixes, the last occurrence wins.
package argv

import (
	"fmt"
	"slices"
	"strings"
)

// An Arity says how many words an option takes.
type Arity int

// The arities.
const (
	One   Arity = iota
	None        // a switch
	Many        // any number, also none
	Maybe       // one, or none which means Const
)

// An Option is one --name that a parser knows.
type Option struct {
	Name    string // with its dashes
	Arity   Arity
	Const   string
	Choices []string // nil: any word
	Last    bool     // nothing after it is read
}

// A Parser knows some options and may want one word before the rest.
type Parser struct {
	Options []Option
	Word    string // what the first free word is called; "" if none is wanted
	Choices []string
	Maybe   bool // the word may be missing
}

// Parsed is what a Parser made of a command line.
type Parsed struct {
	Word   string
	Values map[string][]string // by name; a switch has an empty list
	Rest   []string            // what the parser does not know, in order
}

// Has says whether an option was given.
func (p *Parsed) Has(name string) bool { _, ok := p.Values[name]; return ok }

// Get returns an option's single value, or "".
func (p *Parsed) Get(name string) string {
	if v := p.Values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// A UsageError says what is wrong with a command line.
type UsageError struct{ Problem string }

// Error returns the problem.
func (e *UsageError) Error() string { return e.Problem }

func usagef(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
}

// A found is a word that is an option: a known one, or nil for one the parser
// does not know.
type found struct {
	option *Option
	joined bool // --name=value
	value  string
}

// Parse reads args.
func (p *Parser) Parse(args []string) (*Parsed, error) {
	options, err := p.classify(args)
	if err != nil {
		return nil, err
	}
	out := &Parsed{Values: map[string][]string{}}
	wanted := p.Word != ""
	for i := 0; i < len(args); {
		o := options[i]
		if o == nil {
			n := words(options, i)
			group := args[i : i+n]
			if wanted {
				wanted = false
				if group, err = p.word(out, group); err != nil {
					return nil, err
				}
			}
			out.Rest = append(out.Rest, group...)
			i += n
			continue
		}
		if o.option == nil {
			out.Rest = append(out.Rest, args[i])
			i++
			continue
		}
		n, err := o.take(out, args[i+1:], options[i+1:])
		if err != nil || o.option.Last {
			return out, err
		}
		i += 1 + n
	}
	if wanted {
		return out, p.missing()
	}
	return out, nil
}

// classify finds the options among args. What follows a bare -- is none.
func (p *Parser) classify(args []string) ([]*found, error) {
	options := make([]*found, len(args))
	for i, a := range args {
		if a == "--" {
			break
		}
		f, err := p.option(a)
		if err != nil {
			return nil, err
		}
		options[i] = f
	}
	return options, nil
}

// words counts the words from i on that are no options.
func words(options []*found, i int) int {
	n := 0
	for i+n < len(options) && options[i+n] == nil {
		n++
	}
	return n
}

// word takes the wanted word from a group of free words, and with it the -- that
// stands before or behind it.
func (p *Parser) word(out *Parsed, group []string) ([]string, error) {
	ended := group[0] == "--"
	if ended {
		group = group[1:]
	}
	if len(group) == 0 {
		return nil, p.missing()
	}
	out.Word = group[0]
	if p.Choices != nil && !slices.Contains(p.Choices, out.Word) {
		return nil, choiceError(p.Word, out.Word, p.Choices)
	}
	if group = group[1:]; !ended && len(group) > 0 && group[0] == "--" {
		group = group[1:]
	}
	return group, nil
}

// missing says that the wanted word is not there, if it must be.
func (p *Parser) missing() error {
	if p.Maybe {
		return nil
	}
	return usagef("the following arguments are required: %s", p.Word)
}

// option says whether a is an option. A word that begins with a dash is one,
// unless it is a lone dash, a negative number, or has a blank in it.
func (p *Parser) option(a string) (*found, error) {
	if a == "" || a[0] != '-' || a == "-" {
		return nil, nil
	}
	name, value, joined := strings.Cut(a, "=")
	var matches []*Option
	for i := range p.Options {
		o := &p.Options[i]
		if o.Name == a {
			return &found{option: o}, nil
		}
		if o.Name == name {
			return &found{o, joined, value}, nil
		}
		if strings.HasPrefix(a, "--") && strings.HasPrefix(o.Name, name) {
			matches = append(matches, o)
		}
	}
	switch {
	case len(matches) > 1:
		names := make([]string, len(matches))
		for i, o := range matches {
			names[i] = o.Name
		}
		return nil, usagef("ambiguous option: %s could match %s", a, strings.Join(names, ", "))
	case len(matches) == 1:
		return &found{matches[0], joined, value}, nil
	case strings.Contains(a, " ") || negative(a):
		return nil, nil
	}
	return &found{}, nil
}

func negative(a string) bool {
	whole, fraction, point := strings.Cut(a[1:], ".")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return digits(whole) && digits(fraction) && (point && fraction != "" || !point && whole != "")
}

// take gives o the words it wants of those that follow, and says how many.
func (f *found) take(out *Parsed, args []string, options []*found) (int, error) {
	o := f.option
	n := 0
	for n < len(args) && options[n] == nil && args[n] != "--" {
		n++
	}
	values := []string{}
	switch {
	case f.joined && o.Arity == None:
		return 0, usagef("argument %s: ignored explicit argument '%s'", o.Name, f.value)
	case f.joined:
		values, n = append(values, f.value), 0
	case o.Arity == None:
		n = 0
	case o.Arity == Many:
		values = append(values, args[:n]...)
	case n > 0:
		values, n = append(values, args[0]), 1
	case o.Arity == Maybe:
		values = append(values, o.Const)
	default:
		return 0, usagef("argument %s: expected one argument", o.Name)
	}
	for _, v := range values {
		if o.Choices != nil && !slices.Contains(o.Choices, v) {
			return 0, choiceError(o.Name, v, o.Choices)
		}
	}
	out.Values[o.Name] = values
	return n, nil
}

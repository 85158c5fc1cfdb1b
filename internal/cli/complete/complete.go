// Package complete knows what may stand at a place of a command line: commands,
// options, and the values of options. Shell completion and the prompt ask it.
package complete

import (
	"slices"
	"strings"

	"parlor/api"
	"parlor/internal/cli/argv"
	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/params"
)

// A Choice is a word that may stand at the cursor.
type Choice struct{ Text, Doc string }

// A Completer completes lines. Fetch asks the server for the ARNs of a pattern of
// the api table, or for "names"; it may be nil.
type Completer struct {
	Commands map[string]string // what is no operation, with its description
	Command  func(op *api.Operation) string
	Globals  []argv.Option
	Docs     map[string]string // of the globals
	Values   func(option string) []string
	Fetch    func(what string) []string
}

// Complete returns the choices for the last word of line, best first, and where
// that word begins. The line has no program name.
func (c *Completer) Complete(line string) (start int, choices []Choice) {
	start = strings.LastIndexAny(line, " \t") + 1
	word := line[start:]
	before, err := awsconf.Words(line[:start])
	if err != nil { // inside quotes
		return start, nil
	}
	op := c.operation(before)
	if option := c.open(op, before); option != "" && !strings.HasPrefix(word, "--") {
		list := c.values(op, option, word)
		if _, ok := c.arity(op, option); len(list) > 0 || !ok {
			return start, Match(word, list)
		}
	}
	switch {
	case strings.HasPrefix(word, "-") || op != nil:
		return start, Match(word, c.options(op, before))
	case c.iamWords(before) != nil:
		return start, Match(word, c.iamWords(before))
	default:
		return start, Match(word, c.commands())
	}
}

// operation finds the operation that the words name, or nil.
func (c *Completer) operation(words []string) *api.Operation {
	for i, w := range words {
		if i > 0 && strings.HasPrefix(words[i-1], "--") {
			if arity, known := c.arity(nil, words[i-1]); known && arity == argv.One {
				continue // it is a value
			}
		}
		for _, op := range api.Operations() {
			if c.Command(op) == w {
				return op
			}
		}
		if op := c.iamOperation(words[i:]); op != nil {
			return op
		}
	}
	return nil
}

// arity returns how many words an option takes, and whether there is such one.
func (c *Completer) arity(op *api.Operation, option string) (argv.Arity, bool) {
	for _, g := range c.Globals {
		if g.Name == option {
			return g.Arity, true
		}
	}
	if m := member(op, option); m != nil {
		if m.Shape.Kind == api.List {
			return argv.Many, true
		}
		return argv.One, true
	}
	switch option {
	case params.InputJSON, params.InputYAML:
		return argv.One, true
	case skeleton:
		return argv.Maybe, true
	}
	return argv.None, false
}

const skeleton = "--generate-cli-skeleton"

func member(op *api.Operation, option string) *api.Member {
	if op == nil {
		return nil
	}
	for i := range op.Input().Members {
		if m := &op.Input().Members[i]; params.Option(m.Name) == option {
			return m
		}
	}
	return nil
}

// open returns the option whose value comes next, or "".
func (c *Completer) open(op *api.Operation, words []string) string {
	for i, word := range slices.Backward(words) {
		if !strings.HasPrefix(word, "--") {
			continue
		}
		arity, _ := c.arity(op, word)
		if given := len(words) - 1 - i; arity == argv.Many || (arity == argv.One || arity == argv.Maybe) && given == 0 {
			return word
		}
		return ""
	}
	return ""
}

func (c *Completer) commands() []Choice {
	var list []Choice
	for _, op := range api.Operations() {
		list = append(list, Choice{c.Command(op), op.Doc})
	}
	for word, doc := range c.Commands {
		list = append(list, Choice{word, doc})
	}
	return list
}

// options lists the options that are not there yet: the required ones first, then
// the others of the operation, then those of every command.
func (c *Completer) options(op *api.Operation, before []string) []Choice {
	var required, optional []Choice
	there := map[string]bool{}
	for _, w := range before {
		there[w] = true
	}
	if op != nil {
		for _, m := range op.Input().Members {
			choice := Choice{params.Option(m.Name), m.Doc}
			switch {
			case there[choice.Text]:
			case m.Required:
				choice.Doc = "[required] " + choice.Doc
				required = append(required, choice)
			default:
				optional = append(optional, choice)
			}
		}
		optional = append(optional,
			Choice{params.InputJSON, "Parameters from a JSON document."}, Choice{params.InputYAML, "Parameters from a YAML document."},
			Choice{skeleton, "Print a document to fill in."})
	}
	for _, g := range c.Globals {
		if !there[g.Name] {
			optional = append(optional, Choice{g.Name, c.Docs[g.Name]})
		}
	}
	return append(required, optional...)
}

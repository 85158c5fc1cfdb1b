// Package help writes the pages of parlor help: what the api table says about an
// operation, laid out for a terminal, with its limits in a table and examples.
package help

import (
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"parlor/api"
	"parlor/internal/cli/params"
)

// A Global is an option that every command has.
type Global struct {
	Name    string
	Metavar string // "" for a switch
	Doc     string
}

// Service writes the page about all commands; own are those that Parlor adds.
func Service(w io.Writer, width int, commands map[string]*api.Operation, own map[string]string) error {
	p := newPage(width)
	p.head("NAME")
	p.text(1, "ivschat - chat rooms that speak Amazon IVS Chat")
	p.head("DESCRIPTION")
	p.text(1, "The operations of the control plane as commands. They take the options of the AWS CLI and print what it prints; "+
		"with nothing configured they talk to the server that runs on this machine.")
	p.head("AVAILABLE COMMANDS")
	all := map[string]string{"help": "This page."}
	for word, op := range commands {
		all[word] = op.Doc
	}
	maps.Copy(all, own)
	for _, word := range sorted(all) {
		p.text(1, "o "+word)
		p.text(3, all[word])
	}
	p.head("EXAMPLES")
	p.verbatim(1, "parlor create-room --name lobby\n"+
		"parlor create-chat-token --room-identifier ARN --user-id ada --capabilities SEND_MESSAGE\n"+
		"parlor chat --room-identifier ARN --user-id ada\nparlor create-chat-token help")
	return p.flush(w)
}

// Operation writes the page of one operation.
func Operation(w io.Writer, width int, command string, op *api.Operation, globals []Global) error {
	p := newPage(width)
	p.head("NAME")
	p.text(1, command+" - "+op.Doc)
	p.head("DESCRIPTION")
	p.text(1, op.Doc)
	p.synopsis(command, op, globals)
	p.head("OPTIONS")
	for _, m := range op.Input().Members {
		p.option(&m)
	}
	p.input()
	p.limits(op.Input())
	p.head("GLOBAL OPTIONS")
	for _, g := range globals {
		kind := "string"
		switch {
		case g.Metavar == "" || g.Name == "--version":
			kind = "boolean"
		case strings.HasSuffix(g.Name, "timeout"):
			kind = "int"
		}
		p.text(1, fmt.Sprintf("%s (%s)", g.Name, kind))
		p.text(2, g.Doc)
	}
	p.head("EXAMPLES")
	for _, e := range examples(op.Name) {
		p.text(1, e.what)
		p.verbatim(2, e.command)
	}
	p.head("OUTPUT")
	if len(op.Output().Members) == 0 {
		p.text(1, "None")
	}
	p.members(1, op.Output())
	return p.flush(w)
}

func (p *page) synopsis(command string, op *api.Operation, globals []Global) {
	p.head("SYNOPSIS")
	lines := []string{command}
	for _, m := range op.Input().Members {
		option := params.Option(m.Name) + " <value>"
		if !m.Required {
			option = "[" + option + "]"
		}
		lines = append(lines, option)
	}
	lines = append(lines, "[--cli-input-json | --cli-input-yaml]", "[--generate-cli-skeleton <value>]")
	for _, g := range globals {
		lines = append(lines, "["+strings.TrimSpace(g.Name+" "+g.Metavar)+"]")
	}
	p.verbatim(1, strings.Join(lines, "\n  "))
}

// option describes one parameter and the ways to write it.
func (p *page) option(m *api.Member) {
	p.out.WriteByte('\n')
	p.text(1, fmt.Sprintf("%s (%s)", params.Option(m.Name), kindName(m.Shape)))
	p.text(2, m.Doc)
	if m.Shape.Kind == api.Union {
		p.text(2, "Exactly one of these may be set: "+strings.Join(memberNames(m.Shape), ", ")+".")
	}
	p.inside(2, m.Shape)
	if len(m.Shape.Enum) > 0 {
		p.values(m.Shape)
	}
	switch m.Shape.Kind {
	case api.List:
		p.text(1, "Syntax:")
		p.verbatim(2, `"string" "string" ...`)
		if len(m.Shape.Elem.Enum) > 0 {
			p.text(2, "Where valid values are:")
			p.verbatim(3, strings.Join(m.Shape.Elem.Enum, "\n"))
		}
	case api.Map, api.Structure, api.Union:
		p.text(1, "Shorthand Syntax:")
		p.verbatim(2, shorthand(m.Shape))
		p.text(1, "JSON Syntax:")
		p.verbatim(2, jsonSyntax(m.Shape, ""))
	case api.String, api.Integer, api.Timestamps:
	}
}

func (p *page) values(s *api.Shape) {
	p.text(2, "Possible values:")
	p.verbatim(3, "o "+strings.Join(s.Enum, "\no "))
}

// inside describes what a list, a map or a structure holds.
func (p *page) inside(depth int, s *api.Shape) {
	switch s.Kind {
	case api.Structure, api.Union:
		p.members(depth, s)
	case api.List:
		p.text(depth, "("+kindName(s.Elem)+")")
		p.inside(depth+1, s.Elem)
	case api.Map:
		p.text(depth, "key -> ("+kindName(s.Key)+")")
		p.text(depth, "value -> ("+kindName(s.Elem)+")")
	case api.String, api.Integer, api.Timestamps:
	}
}

func (p *page) members(depth int, s *api.Shape) {
	for _, m := range s.Members {
		p.text(depth, fmt.Sprintf("%s -> (%s)", m.Name, kindName(m.Shape)))
		p.text(depth+1, m.Doc)
		p.inside(depth+1, m.Shape)
	}
}

// input describes the options that every operation has for its parameters.
func (p *page) input() {
	p.text(1, "--cli-input-json | --cli-input-yaml (string)")
	p.text(2, "Reads the parameters from a JSON or YAML document: the text itself, file://path, or - for the standard input. "+
		"What is given on the command line beside it wins.")
	p.text(1, "--generate-cli-skeleton (string)")
	p.text(2, "Sends nothing; prints a document to fill in: JSON with no value or input, YAML with yaml-input. "+
		"With output it checks the parameters and prints a sample answer.")
}

// limits draws the table of what the service will take.
func (p *page) limits(s *api.Shape) {
	rows := [][]string{{"Parameter", "Required", "Limits"}}
	for _, m := range s.Members {
		required := "no"
		if m.Required {
			required = "yes"
		}
		rows = append(rows, []string{params.Option(m.Name), required, strings.Join(limits(m.Shape), "; ")})
	}
	if len(rows) > 1 {
		p.head("LIMITS")
		p.table(rows)
	}
}

// prefixed returns the limits of s, if there is such a shape, in other words.
func prefixed(prefix string, s *api.Shape) []string {
	if s == nil {
		return nil
	}
	list := limits(s)
	for i := range list {
		list[i] = prefix + list[i]
	}
	return list
}

// limits says what a value must be like.
func limits(s *api.Shape) []string {
	var list []string
	unit := ""
	switch s.Kind {
	case api.String:
		unit = " characters"
	case api.List:
		unit = " items"
	case api.Map:
		unit = " pairs"
	case api.Integer, api.Structure, api.Union, api.Timestamps:
	}
	switch {
	case s.Max > 0 && s.Kind == api.Integer:
		list = append(list, fmt.Sprintf("%d to %d", s.Min, s.Max))
	case s.Max > 0 && s.Min == s.Max:
		list = append(list, strconv.Itoa(s.Max)+unit)
	case s.Max > 0:
		list = append(list, fmt.Sprintf("%d to %d%s", s.Min, s.Max, unit))
	case s.Min > 0:
		list = append(list, fmt.Sprintf("at least %d%s", s.Min, unit))
	}
	if s.Bytes > 0 {
		list = append(list, fmt.Sprintf("at most %d bytes together", s.Bytes))
	}
	if s.Pattern != "" {
		list = append(list, "like "+api.Expression(s.Pattern))
	}
	if len(s.Enum) > 0 {
		list = append(list, "one of "+strings.Join(s.Enum, ", "))
	}
	list = append(list, prefixed("keys ", s.Key)...)
	list = append(list, prefixed("each ", s.Elem)...)
	for _, m := range s.Members {
		list = append(list, prefixed(m.Name+" ", m.Shape)...)
	}
	return list
}

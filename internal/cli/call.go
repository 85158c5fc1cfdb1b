package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"parlor/api"
	"parlor/internal/cli/argv"
	"parlor/internal/cli/client"
	"parlor/internal/cli/output"
	"parlor/internal/cli/params"
	"parlor/internal/cli/value"
)

const skeletonOption = "--generate-cli-skeleton"

// operation runs one operation from its words to its answer.
func (a *app) operation(inv *invocation, op *api.Operation, words []string) error {
	if len(words) == 1 && words[0] == "help" {
		return a.operationHelp(op)
	}
	given, err := parseOperation(op, words)
	if err != nil {
		return err
	}
	if given.Word == "help" {
		return a.operationHelp(op)
	}
	if rest := given.Rest; len(rest) > 0 || given.Word != "" {
		if given.Word != "" {
			rest = append(rest, given.Word)
		}
		return &fault{exitUsage, "ParamValidation", "Unknown options: " + strings.Join(rest, ", "), true}
	}
	input, err := a.input(op, given)
	if err != nil {
		return err
	}
	switch given.Get(skeletonOption) {
	case "input":
		_, err := fmt.Fprintln(a.stdout, value.JSON(params.Skeleton(op.Input()), value.Style{Indent: true, ASCII: true}))
		return err
	case "yaml-input":
		_, err := io.WriteString(a.stdout, params.SkeletonYAML(op.Input()))
		return err
	}
	c, err := client.New(a.settings(inv))
	if err != nil {
		return err
	}
	if check, _ := inv.config.Get("parameter_validation"); check != "false" {
		if err := params.Validate(op.Input(), input); err != nil {
			return err
		}
	}
	if given.Has(skeletonOption) {
		return a.show(inv, op, params.Sample(op.Output()))
	}
	answer, err := c.Call(a.ctx, op, input)
	if err != nil {
		return err
	}
	return a.show(inv, op, answer)
}

// parseOperation reads the options of op.
func parseOperation(op *api.Operation, words []string) (*argv.Parsed, error) {
	p := &argv.Parser{Word: "help", Maybe: true}
	for _, m := range op.Input().Members {
		o := argv.Option{Name: params.Option(m.Name)}
		if m.Shape.Kind == api.List {
			o.Arity = argv.Many
		}
		p.Options = append(p.Options, o)
	}
	p.Options = append(p.Options,
		argv.Option{Name: params.InputJSON}, argv.Option{Name: params.InputYAML},
		argv.Option{Name: skeletonOption, Arity: argv.Maybe, Const: "input", Choices: []string{"input", "output", "yaml-input"}})
	given, err := p.Parse(words)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, m := range op.Input().Members {
		if option := params.Option(m.Name); m.Required && !given.Has(option) {
			missing = append(missing, option)
		}
	}
	if missing != nil && !lifted(words, given) {
		return nil, &argv.UsageError{Problem: "the following arguments are required: " + strings.Join(missing, ", ")}
	}
	return given, nil
}

// lifted says whether no option is required: a document brings them, or only a
// skeleton is wanted. The reference looks for the very words; joined with = or
// abbreviated they mean the same here, where that is no error.
func lifted(words []string, given *argv.Parsed) bool {
	if given.Has(params.InputJSON) || given.Has(params.InputYAML) {
		return true
	}
	return given.Has(skeletonOption) && given.Get(skeletonOption) != "output" && len(words) > 0
}

// input returns the parameters: what the options say, and what else a document
// brings.
func (a *app) input(op *api.Operation, given *argv.Parsed) (*value.Map, error) {
	l := &params.Loader{Expand: a.env.Expand, Stdin: a.stdin, Encoding: a.env.Get("AWS_CLI_FILE_ENCODING")}
	input := value.NewMap()
	for _, m := range op.Input().Members {
		option := params.Option(m.Name)
		if !given.Has(option) {
			continue
		}
		v, err := l.Parse(&m, given.Values[option])
		if err != nil {
			return nil, err
		}
		input.Set(m.Name, v)
	}
	if given.Has(params.InputJSON) && given.Has(params.InputYAML) {
		return nil, faultf(exitUsage, "ParamValidation", "Only one --cli-input- parameter may be specified.")
	}
	for _, option := range []string{params.InputJSON, params.InputYAML} {
		if !given.Has(option) {
			continue
		}
		doc, err := l.Document(option, given.Get(option))
		if err != nil {
			return nil, err
		}
		for k, v := range doc.All() {
			if _, has := input.Get(k); !has {
				input.Set(k, v)
			}
		}
	}
	return input, nil
}

// settings returns how the client is to call.
func (a *app) settings(inv *invocation) *client.Settings {
	s := &client.Settings{
		Config:      inv.config,
		Endpoint:    inv.given.Get("--endpoint-url"),
		Unsigned:    inv.given.Has("--no-sign-request"),
		Insecure:    inv.given.Has("--no-verify-ssl"),
		CABundle:    inv.given.Get("--ca-bundle"),
		ReadTimeout: inv.read,
		Connect:     inv.dial,
		Ask:         a.ask,
	}
	if region := inv.given.Get("--region"); inv.given.Has("--region") {
		s.Region = &region
	}
	if inv.given.Has("--debug") {
		s.Debug = a.debug
		s.Debug("main", "%s", version())
		s.Debug("main", "global options: %s", strings.Join(optionNames(inv.given), " "))
	}
	a.findLocal(inv, s)
	return s
}

// ask asks the user for one word, beside the output.
func (a *app) ask(question string) (word string, err error) {
	if _, err := io.WriteString(a.stderr, question); err != nil {
		return "", err
	}
	_, err = fmt.Fscanln(a.stdin, &word)
	return word, err
}

func optionNames(given *argv.Parsed) []string {
	var names []string
	for name := range given.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// debug writes one line of --debug. Nobody passes it a secret.
func (a *app) debug(logger, format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, "%s - MainThread - parlor.%s - DEBUG - %s\n",
		strings.Replace(time.Now().Format("2006-01-02 15:04:05.000"), ".", ",", 1), logger, fmt.Sprintf(format, args...))
}

// show prints an answer, through the query, the format and the pager.
func (a *app) show(inv *invocation, op *api.Operation, v any) error {
	if inv.query != nil {
		var err error
		if v, err = inv.query.Search(v); err != nil {
			return err
		}
	}
	p, err := a.pager(inv)
	if err != nil {
		return err
	}
	color := inv.given.Get("--color")
	if color == "" {
		color = "auto"
	}
	_, terminal := a.terminal()
	cfg := output.Config{
		Format: inv.format,
		Title:  op.Name,
		Color:  color == "on" || color == "auto" && terminal,
		Direct: p.command == nil,
		Width:  a.columns(),
	}
	err = output.Write(p, v, cfg)
	if closing := p.Close(); err == nil {
		err = closing
	}
	if terminal && cfg.Color && inv.format == "table" {
		if _, reset := io.WriteString(a.stdout, "\x1b[0m"); err == nil {
			err = reset
		}
	}
	return err
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"parlor/internal/cli/argv"
	"parlor/internal/cli/client"
	"parlor/internal/cli/output"
	"parlor/internal/cli/params"
	"parlor/internal/cli/value"
)

// Exit statuses, as the AWS CLI has them.
const (
	exitOK            = 0
	exitInterrupted   = 130
	exitUsage         = 252
	exitConfiguration = 253
	exitService       = 254
	exitOther         = 255
)

// A fault is an error that knows the exit status it ends with.
type fault struct {
	code  int
	kind  string // as the reference labels it, or ""
	text  string
	usage bool // show how the command is used
}

func (f *fault) Error() string { return f.text }

func faultf(code int, kind, format string, args ...any) error {
	return &fault{code: code, kind: kind, text: fmt.Sprintf(format, args...)}
}

// errInterrupted ends the prompt without a word.
var errInterrupted = errors.New("interrupted")

// explain makes a fault of any error.
func explain(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*argv.UsageError](err); ok {
		return &fault{exitUsage, "ParamValidation", e.Error(), true}
	}
	if e, ok := errors.AsType[*params.Error](err); ok {
		return &fault{exitUsage, "ParamValidation", e.Error(), false}
	}
	if e, ok := errors.AsType[*client.Missing](err); ok {
		return &fault{exitConfiguration, e.What, e.Error(), false}
	}
	if e, ok := errors.AsType[*client.ServiceError](err); ok {
		return &fault{exitService, "", e.Error(), false}
	}
	return &fault{exitOther, "", err.Error(), false}
}

// usage is what follows a usage error.
const usage = `
usage: parlor [options] <command> [parameters]
To see help text, you can run:

  parlor help
  parlor <command> help
`

// report prints err on standard error and returns the exit status.
func (a *app) report(err error, format string) int {
	if a.ctx.Err() != nil || errors.Is(err, context.Canceled) {
		_, _ = io.WriteString(a.stdout, "\n")
		return exitInterrupted
	}
	if errors.Is(err, errInterrupted) {
		return exitInterrupted
	}
	f := explain(err)
	refused, isRefusal := errors.AsType[*client.ServiceError](err)
	switch format {
	case "json", "yaml", "text", "table":
		if a.reportAs(format, f, refused) == nil {
			return f.code
		}
	}
	text := f.text
	if f.kind != "" && format != "legacy" {
		text = fmt.Sprintf("An error occurred (%s): %s", f.kind, text)
	}
	_, _ = fmt.Fprintf(a.stderr, "\nparlor: [ERROR]: %s\n", text)
	if isRefusal && format != "legacy" {
		a.details(refused)
	}
	if f.usage {
		_, _ = io.WriteString(a.stderr, usage)
	}
	return f.code
}

// reportAs prints an error as a document.
func (a *app) reportAs(format string, f *fault, refused *client.ServiceError) error {
	doc := value.NewMap("Code", f.kind, "Message", f.text)
	if refused != nil {
		doc.Set("Code", refused.Code)
		doc.Set("Message", refused.Message)
		for k, v := range refused.Body.All() {
			doc.Set(k, v)
		}
	}
	return output.Write(a.stderr, doc, output.Config{Format: format, Title: "error", Width: a.columns()})
}

// details prints what an error answer says beside its message.
func (a *app) details(e *client.ServiceError) {
	var lines []string
	complete := true
	for k, v := range e.Body.All() {
		if slices.Contains([]string{"message", "Message", "code", "Code", "__type"}, k) {
			continue
		}
		text := "<complex value>"
		if plain(v) {
			text = value.Str(v)
		} else {
			complete = false
		}
		lines = append(lines, k+": "+text)
	}
	if lines == nil {
		return
	}
	_, _ = fmt.Fprintf(a.stderr, "\nAdditional error details:\n%s\n", strings.Join(lines, "\n"))
	if !complete {
		_, _ = io.WriteString(a.stderr, "Use \"--cli-error-format json\" or another error format to see the full details.\n")
	}
}

// plain says whether v fits on a line: a scalar, or a few of them.
func plain(v any) bool {
	const few = 5
	var items []any
	switch v := v.(type) {
	case []any:
		items = v
	case *value.Map:
		for _, item := range v.All() {
			items = append(items, item)
		}
	}
	return len(items) < few && !slices.ContainsFunc(items, func(item any) bool { return !value.Scalar(item) })
}

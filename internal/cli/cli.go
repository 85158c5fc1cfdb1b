// Package cli is the command line: the operations of the api table as commands
// that behave as those of the AWS CLI do, and what Parlor adds to them: chat in
// the terminal, a prompt with completion, and finding the server on this machine.
//
// Read it from the top: Run dispatches, call is one operation from words to exit
// status; the packages below it know one thing each.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"parlor/chat"
	"parlor/internal/cli/argv"
	"parlor/internal/cli/awsconf"
)

// fewCollections lets the heap grow to five times what is in use.
const fewCollections = 400

// An app is one run of the command line.
type app struct {
	ctx    context.Context //nolint:containedctx // one run is one context
	env    awsconf.Env
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	aliases     map[string]bool // expanded so far
	errorFormat string          // how an error is to be shown
}

// Run does what args, without the program's name, ask for and returns the exit
// status. Env looks up a variable as os.LookupEnv does. An interrupt ends what
// goes on, as a cancelled context does.
func Run(ctx context.Context, args []string, env func(string) (string, bool), stdin io.Reader, stdout, stderr io.Writer) int {
	// Most runs are over in milliseconds: collecting garbage once would cost a fourth
	// of the time and touch all of the program's data.
	debug.SetGCPercent(fewCollections)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	a := &app{ctx: ctx, env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	code, handled := a.own(args)
	if handled {
		return code
	}
	return a.main(args)
}

// own runs the commands that the AWS CLI does not have.
func (a *app) own(args []string) (code int, handled bool) {
	if len(args) == 0 {
		return 0, false
	}
	switch args[0] {
	case "completion":
		return a.completion(args[1:]), true
	case "complete":
		return a.complete(), true
	case "chat":
		return a.chat(args[1:]), true
	case "logs":
		return a.logs(args[1:]), true
	case "version":
		_, _ = fmt.Fprintln(a.stdout, version())
		return exitOK, true
	}
	return 0, false
}

// main runs an operation, with the prompt where it is wanted.
func (a *app) main(args []string) int {
	mode, err := a.promptMode(args)
	if err == nil && mode == promptOn {
		args, err = a.prompt(args)
	}
	if err != nil {
		return a.report(err, "")
	}
	err = a.execute(args)
	if err != nil && explain(err).code == exitUsage && mode == promptPartial {
		if args, err = a.prompt(args); err == nil {
			err = a.execute(args)
		}
	}
	if err == nil {
		return exitOK
	}
	if exit, ok := errors.AsType[exitStatus](err); ok {
		return int(exit)
	}
	return a.report(err, a.errorFormat)
}

// execute runs one command line.
func (a *app) execute(args []string) error {
	a.errorFormat = a.env.Get("AWS_CLI_ERROR_FORMAT")
	given, err := globalParser().Parse(args)
	if err != nil {
		return err
	}
	if given.Has("--version") {
		_, err = fmt.Fprintln(a.stdout, version())
		return err
	}
	inv, err := a.invocation(given)
	if err != nil {
		return err
	}
	a.errorFormat = inv.setting("--cli-error-format", "cli_error_format", "AWS_CLI_ERROR_FORMAT", "")
	if len(given.Rest) == 0 {
		return a.service(inv)
	}
	expanded, code, done, err := a.alias(given.Rest)
	switch {
	case err != nil:
		return err
	case done:
		return exitStatus(code)
	case expanded != nil:
		return a.expanded(given, expanded)
	}
	return a.service(inv)
}

// service reads the operation and its options, and runs it.
func (a *app) service(inv *invocation) error {
	if rest := inv.given.Rest; len(rest) > 0 && rest[0] == "iam" {
		return a.iam(inv, rest[1:])
	}
	words := argv.Parser{Word: "operation", Choices: commands()}
	parsed, err := words.Parse(inv.given.Rest)
	if err != nil {
		return err
	}
	if parsed.Word == "help" {
		return a.serviceHelp()
	}
	op, _ := operation(parsed.Word)
	return a.operation(inv, op, parsed.Rest)
}

// An exitStatus is the status of a command that an alias ran; it has said itself
// what there was to say.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// version names this program as the AWS CLI names itself.
func version() string {
	return fmt.Sprintf("parlor/%s Go/%s %s/%s", chat.Version, strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH)
}

// helpWanted says whether args ask for help or the version, which never prompt.
func helpWanted(args []string) bool {
	return slices.Contains(args, "help") || slices.Contains(args, "--version")
}

// Package cli is the command line: the operations of the api table as commands
// that behave as those of the AWS CLI do, and what Parlor adds to them: chat in
// the terminal, a prompt with completion, and finding the server on this machine.
//
// Read it from the top: Run dispatches, call is one operation from words to exit
// status; the packages below it know one thing each.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"

	"parlor/internal/cli/argv"
	"parlor/internal/cli/awsconf"
)

// An app is one run of the command line.
type app struct {
	ctx    context.Context //nolint:containedctx // one run is one context
	env    awsconf.Env
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	aliases map[string]bool // expanded so far
}

// Run does what args, without the program's name, ask for and returns the exit
// status. Env looks up a variable as os.LookupEnv does. An interrupt ends what
// goes on, as a cancelled context does.
func Run(ctx context.Context, args []string, env func(string) (string, bool), stdin io.Reader, stdout, stderr io.Writer) int {
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
	err, format := a.execute(args)
	if err == nil {
		return exitOK
	}
	if explain(err).code == exitUsage && mode == promptPartial {
		if args, err = a.prompt(args); err == nil {
			err, format = a.execute(args)
		}
		if err == nil {
			return exitOK
		}
	}
	if exit, ok := err.(exitStatus); ok { //nolint:errorlint // it is never wrapped
		return int(exit)
	}
	return a.report(err, format)
}

// execute runs one command line. Format is how an error is to be shown.
func (a *app) execute(args []string) (err error, format string) { //nolint:revive,staticcheck // the format goes with the error
	format, _ = a.env("AWS_CLI_ERROR_FORMAT")
	given, err := globalParser().Parse(args)
	if err != nil {
		return err, format
	}
	if given.Has("--version") {
		_, err = fmt.Fprintln(a.stdout, version())
		return err, format
	}
	inv, err := a.invocation(given)
	if err != nil {
		return err, format
	}
	if f := inv.setting("--cli-error-format", "cli_error_format", "AWS_CLI_ERROR_FORMAT", ""); f != "" {
		format = f
	}
	if len(given.Rest) > 0 {
		expanded, code, done, err := a.alias(given.Rest)
		switch {
		case err != nil:
			return err, format
		case done:
			return exitStatus(code), format
		case expanded != nil:
			return a.expanded(given, expanded), format
		}
	}
	return a.service(inv), format
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

// release is what the server calls this build; a test holds the two together.
const release = "0.1.0"

// version names this program as the AWS CLI names itself.
func version() string {
	return fmt.Sprintf("parlor/%s Go/%s %s/%s", release, strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH)
}

// helpWanted says whether args ask for help or the version, which never prompt.
func helpWanted(args []string) bool {
	return slices.Contains(args, "help") || slices.Contains(args, "--version")
}

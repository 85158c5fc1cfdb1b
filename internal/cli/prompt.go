package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/output"
	"parlor/internal/cli/params"
	"parlor/internal/cli/prompt"
)

// A promptKind says when the prompt is shown.
type promptKind int

const (
	promptOff     promptKind = iota
	promptOn                 // before the command runs
	promptPartial            // when the command was not complete
)

// The two options of the prompt.
const (
	autoPrompt   = "--cli-auto-prompt"
	noAutoPrompt = "--no-cli-auto-prompt"
)

// promptMode says whether to prompt. Scripts are never asked anything: without a
// terminal there is no prompt.
func (a *app) promptMode(args []string) (promptKind, error) {
	on, off := slices.Contains(args, autoPrompt), slices.Contains(args, noAutoPrompt)
	if on && off {
		return promptOff, faultf(exitUsage, "ParamValidation", "Both --cli-auto-prompt and --no-cli-auto-prompt cannot be specified at the same time.")
	}
	if off || helpWanted(args) || !a.interactive() {
		return promptOff, nil
	}
	if on {
		return promptOn, nil
	}
	switch strings.ToLower(a.promptSetting(args)) {
	case "on":
		return promptOn, nil
	case "on-partial":
		return promptPartial, nil
	}
	return promptOff, nil
}

// promptSetting returns what the environment or the profile says about the prompt.
// What is wrong with either the run itself will say.
func (a *app) promptSetting(args []string) string {
	if mode, ok := a.env("AWS_CLI_AUTO_PROMPT"); ok {
		return mode
	}
	mode := ""
	if given, err := globalParser().Parse(args); err == nil {
		if config, err := awsconf.Load(a.env, given.Get("--profile")); err == nil {
			mode, _ = config.Get("cli_auto_prompt")
		}
	}
	return mode
}

// interactive says whether somebody sits at a terminal.
func (a *app) interactive() bool {
	f, ok := a.stdin.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	_, terminal := a.terminal()
	return err == nil && terminal
}

// prompt lets the user edit the command line, shows what it came to, and returns it.
func (a *app) prompt(args []string) ([]string, error) {
	var words []string
	for _, w := range args {
		if w != autoPrompt && w != noAutoPrompt {
			words = append(words, awsconf.Quote(w))
		}
	}
	line := strings.Join(words, " ")
	if line != "" {
		line += " "
	}
	completer := a.completer(args)
	history := a.history()
	keyboard, ok := a.stdin.(*os.File)
	if !ok {
		return args, nil
	}
	line, err := prompt.Ask(a.ctx, keyboard, a.stdout, prompt.Config{
		Line:     line,
		Complete: completer.Complete,
		Docs:     a.promptDocs,
		Sample:   a.promptSample,
		History:  history,
	})
	if errors.Is(err, prompt.ErrLeft) {
		_, _ = fmt.Fprintf(a.stderr, "> parlor %s\n", strings.Join(words, " "))
		return nil, errInterrupted
	}
	if err != nil {
		return nil, err
	}
	a.remember(history, line)
	if _, err := fmt.Fprintf(a.stdout, "> parlor %s\n", line); err != nil {
		return nil, err
	}
	return awsconf.Words(line)
}

// promptDocs returns the help page of the operation in line, or of all.
func (a *app) promptDocs(line string) string {
	var page strings.Builder
	b := &app{ctx: a.ctx, env: a.env, stdout: &page, stderr: &page}
	for w := range strings.FieldsSeq(line) {
		if op, ok := operation(w); ok {
			_ = b.operationHelp(op)
			return page.String()
		}
	}
	_ = b.serviceHelp()
	return page.String()
}

// promptSample returns what the operation in line would print, from made-up values.
func (a *app) promptSample(line string) string {
	words, err := awsconf.Words(line)
	if err != nil {
		return ""
	}
	given, err := globalParser().Parse(words)
	if err != nil {
		return err.Error()
	}
	inv, err := a.invocation(given)
	if err != nil {
		return err.Error()
	}
	for _, w := range words {
		op, ok := operation(w)
		if !ok {
			continue
		}
		v := params.Sample(op.Output())
		if inv.query != nil {
			if v, err = inv.query.Search(v); err != nil {
				return err.Error()
			}
		}
		var text strings.Builder
		if err := output.Write(&text, v, output.Config{Format: inv.format, Title: op.Name}); err != nil {
			return err.Error()
		}
		return text.String()
	}
	return ""
}

package cli

import (
	"errors"
	"os/exec"
	"strings"

	"parlor/internal/cli/argv"
	"parlor/internal/cli/awsconf"
)

// alias looks up the first of the words among the user's aliases. An alias for a
// shell command is run, and done; another one becomes the words it stands for.
func (a *app) alias(words []string) (expanded []string, code int, done bool, err error) {
	aliases, err := awsconf.Aliases(a.env)
	if err != nil {
		return nil, 0, false, err
	}
	name := words[0]
	text, ok := aliases[name]
	if !ok || a.aliases[name] { // inside itself an alias means the command of its name
		return nil, 0, false, nil
	}
	if a.aliases == nil {
		a.aliases = map[string]bool{}
	}
	a.aliases[name] = true
	text = strings.TrimSpace(text)
	if command, ok := strings.CutPrefix(text, "!"); ok {
		code, err := a.shell(command, words[1:])
		return nil, code, true, err
	}
	meant, err := awsconf.Words(text)
	if err != nil {
		return nil, 0, false, faultf(exitOther, "", "Value of alias \"%s\" could not be parsed. Received error: %v when parsing:\n%s", name, err, text)
	}
	for _, option := range []string{"--debug", "--profile"} { // by now they have done what they do
		if given, err := globalParser().Parse(meant); err == nil && given.Has(option) {
			return nil, 0, false, faultf(exitOther, "", "Global parameter \"%s\" detected in alias \"%s\" which is not supported in aliases.", option, name)
		}
	}
	return append(meant, words[1:]...), 0, false, nil
}

// shell runs an alias for a shell command with the words quoted behind it.
func (a *app) shell(command string, words []string) (int, error) {
	for _, w := range words {
		command += " " + awsconf.Quote(w)
	}
	c := awsconf.Command(a.ctx, []string{"sh", "-c", command})
	c.Stdin, c.Stdout, c.Stderr = a.stdin, a.stdout, a.stderr
	err := c.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// expanded runs what an alias stands for, with the global options that stood
// beside it; those of the alias win.
func (a *app) expanded(given *argv.Parsed, words []string) error {
	var all []string
	for _, g := range globals() {
		if given.Has(g.Name) {
			all = append(all, g.Name)
			all = append(all, given.Values[g.Name]...)
		}
	}
	return a.execute(append(all, words...))
}

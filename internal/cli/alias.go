package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
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
	text, ok := aliases[strings.ToLower(words[0])]
	if !ok {
		return nil, 0, false, nil
	}
	text = strings.TrimSpace(text)
	if command, ok := strings.CutPrefix(text, "!"); ok {
		code, err := a.shell(command, words[1:])
		return nil, code, true, err
	}
	meant, err := awsconf.Words(text)
	if err != nil {
		return nil, 0, false, faultf(exitOther, "", "Value of alias \"%s\" could not be parsed. Received error: %v when parsing:\n%s", words[0], err, text)
	}
	if len(meant) > 0 && meant[0] == words[0] { // an alias may bring options to a command of its own name
		return nil, 0, false, nil
	}
	return append(meant, words[1:]...), 0, false, nil
}

// shell runs an alias for a shell command with the words quoted behind it.
func (a *app) shell(command string, words []string) (int, error) {
	for _, w := range words {
		command += " " + awsconf.Quote(w)
	}
	c := exec.CommandContext(a.ctx, "sh", "-c", command) //nolint:gosec // the user's own alias file says so
	c.Stdin, c.Stdout, c.Stderr = a.stdin, a.stdout, a.stderr
	err := c.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// maxAliases bounds how long a chain of aliases may be.
const maxAliases = 20

// expanded runs what an alias stands for, with the global options that stood
// beside it; those given by hand come last and win.
func (a *app) expanded(args []string, given *argv.Parsed, words []string) error {
	if a.aliases++; a.aliases > maxAliases {
		return faultf(exitOther, "", "The aliases go round in a circle: %s", words[0])
	}
	for _, g := range globals() {
		if !given.Has(g.Name) {
			continue
		}
		words = append(words, g.Name)
		words = append(words, given.Values[g.Name]...)
	}
	if slices.Equal(args, words) {
		return faultf(exitOther, "", "%s", fmt.Sprintf("The alias %q stands for itself", words[0]))
	}
	err, _ := a.execute(words)
	return err
}

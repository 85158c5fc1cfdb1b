package cli

import (
	"parlor/api"
	"parlor/internal/cli/help"
)

// own commands and what they do, for the page of all commands.
func ownCommands() map[string]string {
	return map[string]string{
		"chat":       "Join a room in the terminal, or as JSON lines in a pipe.",
		"completion": "Print the completion script for bash, zsh or fish.",
		"config":     "Show the server's configuration.",
		"iam":        "Manage users, keys and policies.",
		"logs":       "Read back what chat logging recorded.",
		"serve":      "Run the server.",
		"version":    "Show the version.",
	}
}

// serviceHelp shows the page of all commands.
func (a *app) serviceHelp() error {
	operations := map[string]*api.Operation{}
	for _, op := range api.Operations() {
		operations[command(op)] = op
	}
	p, err := a.helpPager()
	if err != nil {
		return err
	}
	if err := help.Service(p, a.columns(), operations, ownCommands()); err != nil {
		return err
	}
	return p.Close()
}

// operationHelp shows the page of one operation.
func (a *app) operationHelp(op *api.Operation) error {
	p, err := a.helpPager()
	if err != nil {
		return err
	}
	var list []help.Global
	for _, g := range globals() {
		list = append(list, help.Global{Name: g.Name, Metavar: g.metavar, Doc: g.doc})
	}
	if err := help.Operation(p, a.columns(), command(op), op, list); err != nil {
		return err
	}
	return p.Close()
}

// helpPager pages help in a terminal; in a pipe it would only be in the way.
func (a *app) helpPager() (*pager, error) {
	p := &pager{out: a.stdout}
	if _, ok := a.terminal(); !ok {
		return p, nil
	}
	command, ok := a.env.First("MANPAGER", "PAGER")
	if !ok {
		command = "less -R"
	}
	return p, a.page(p, command)
}

package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"parlor/api"
	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/client"
	"parlor/internal/cli/complete"
	"parlor/internal/cli/value"
)

// fetchTimeout bounds how long a completion waits for the server.
const fetchTimeout = 2 * time.Second

// completion prints the script that a shell completes with.
func (a *app) completion(args []string) int {
	if len(args) == 1 {
		if script := complete.Script(args[0]); script != "" {
			_, _ = io.WriteString(a.stdout, script)
			return exitOK
		}
	}
	return a.report(&fault{exitUsage, "ParamValidation", "completion takes the name of a shell: bash, zsh or fish", false}, "")
}

// complete prints what may come next in the line that the shell is at, one choice
// a line, as bash's complete -C wants it.
func (a *app) complete() int {
	line := a.env.Get("COMP_LINE")
	characters := []rune(line) // what the shells count
	if at, err := strconv.Atoi(a.env.Get("COMP_POINT")); err == nil && at >= 0 && at < len(characters) {
		line = string(characters[:at])
	}
	_, line, _ = strings.Cut(line, " ") // the program itself
	line = strings.TrimLeft(line, " ")
	words, _ := awsconf.Words(line)
	start, choices := a.completer(words).Complete(line)
	for _, c := range choices {
		if strings.HasPrefix(c.Text, line[start:]) {
			_, _ = fmt.Fprintln(a.stdout, c.Text)
		}
	}
	return exitOK
}

// completer returns what completes lines; the global options among args say which
// server to ask.
func (a *app) completer(args []string) *complete.Completer {
	c := &complete.Completer{Commands: ownCommands(), Command: command, Docs: map[string]string{}}
	for _, g := range globals() {
		c.Globals = append(c.Globals, g.Option)
		c.Docs[g.Name] = g.doc
	}
	c.Values = func(option string) []string {
		switch option {
		case "--profile":
			return awsconf.Profiles(a.env)
		case "--region":
			return regions()
		}
		return nil
	}
	var mu sync.Mutex // guards known: the prompt asks in the background
	known := map[string][]string{}
	c.Fetch = func(what string) []string {
		mu.Lock()
		defer mu.Unlock()
		if _, ok := known[what]; !ok {
			known[what] = a.fetch(args, what)
		}
		return known[what]
	}
	return c
}

// regions lists those in which Amazon IVS Chat is.
func regions() []string {
	return []string{"ap-northeast-1", "ap-northeast-2", "ap-south-1", "eu-central-1", "eu-west-1", "us-east-1", "us-west-2"}
}

// fetch asks the server for ARNs or names. When it can't, there are none.
func (a *app) fetch(args []string, what string) []string {
	var found []string
	ask := func(op *api.Operation, list, member string) {
		found = append(found, a.list(args, op, list, member)...)
	}
	switch what {
	case "room":
		ask(api.ListRooms.Operation, "rooms", "arn")
	case "logging":
		ask(api.ListLoggingConfigurations.Operation, "loggingConfigurations", "arn")
	case "resource":
		ask(api.ListRooms.Operation, "rooms", "arn")
		ask(api.ListLoggingConfigurations.Operation, "loggingConfigurations", "arn")
	case "names":
		ask(api.ListRooms.Operation, "rooms", "name")
	}
	return found
}

// list calls a list operation and returns one member of each item.
func (a *app) list(args []string, op *api.Operation, list, member string) []string {
	ctx, cancel := context.WithTimeout(a.ctx, fetchTimeout)
	defer cancel()
	given, err := globalParser().Parse(args)
	if err != nil {
		return nil
	}
	inv, err := a.invocation(given)
	if err != nil {
		return nil
	}
	c, err := client.New(a.settings(inv))
	if err != nil {
		return nil
	}
	answer, err := c.Call(ctx, op, value.NewMap())
	if err != nil {
		return nil
	}
	items, _ := answer.Get(list)
	all, _ := items.([]any)
	var found []string
	for _, item := range all {
		if m, ok := item.(*value.Map); ok && m.Text(member) != "" {
			found = append(found, m.Text(member))
		}
	}
	return found
}

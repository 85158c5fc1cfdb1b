package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"parlor/api"
	"parlor/internal/cli/argv"
	"parlor/internal/cli/client"
	"parlor/internal/cli/params"
	"parlor/internal/cli/prompt"
	"parlor/internal/cli/talk"
	"parlor/internal/cli/value"
)

const chatUsage = `Join a room in the terminal.

  parlor chat --room-identifier ARN [--user-id ID] [--capabilities …] [--attributes …]
              [--session-duration-in-minutes N] [--url URL] [--json] [global options]
  parlor chat --token TOKEN [--url URL] [--json]

Type a message, or /delete ID [reason], /kick USER [reason], /quit. A line that
begins with // says what follows the first slash. Without --token each connection
gets a new token by create-chat-token, which takes the options of that name; the
user is yourself and may do everything unless you say otherwise. A lost connection
or an expired session is followed by a new one; when the server closes, it is over.

--url   the messaging endpoint, ws:// or wss://; else that of the control plane
--json  for pipes: prints each frame as it came, one a line, and takes lines that
        are JSON: a string to say, or an action such as
        {"Action":"DELETE_MESSAGE","Id":"AbCdEfGhIjKl"}
        At the end of the input it waits for the answers and ends; without any
        input it listens on.
`

// chat joins a room.
func (a *app) chat(args []string) int {
	if len(args) == 1 && args[0] == "help" || len(args) == 0 {
		_, _ = io.WriteString(a.stdout, chatUsage)
		return exitOK
	}
	err := a.join(args)
	if err == nil || errors.Is(err, prompt.ErrLeft) {
		return exitOK
	}
	return a.report(err, "")
}

// join reads the options and talks.
func (a *app) join(args []string) error {
	given, err := globalParser().Parse(args)
	if err != nil {
		return err
	}
	inv, err := a.invocation(given)
	if err != nil {
		return err
	}
	op := api.CreateChatToken.Operation
	p := &argv.Parser{Options: []argv.Option{{Name: "--token"}, {Name: "--url"}, {Name: "--json", Arity: argv.None}}}
	for _, m := range op.Input().Members {
		o := argv.Option{Name: params.Option(m.Name)}
		if m.Shape.Kind == api.List {
			o.Arity = argv.Many
		}
		p.Options = append(p.Options, o)
	}
	options, err := p.Parse(given.Rest)
	if err != nil {
		return err
	}
	if len(options.Rest) > 0 {
		return &argv.UsageError{Problem: "Unknown options: " + strings.Join(options.Rest, ", ")}
	}
	if !options.Has("--token") && !options.Has("--room-identifier") {
		return &argv.UsageError{Problem: "the following arguments are required: --room-identifier"}
	}
	cfg, err := a.talkConfig(inv, options)
	if err != nil {
		return err
	}
	if cfg.JSON || !a.interactive() {
		return a.talkInPipe(cfg)
	}
	return a.talkInTerminal(cfg)
}

// talkConfig returns where to talk, and as whom.
func (a *app) talkConfig(inv *invocation, options *argv.Parsed) (talk.Config, error) {
	settings := a.settings(inv)
	api, err := client.New(settings)
	if err != nil {
		return talk.Config{}, err
	}
	patient := *settings
	patient.ReadTimeout = 0 // a room may be silent for long
	wire, err := client.New(&patient)
	if err != nil {
		return talk.Config{}, err
	}
	cfg := talk.Config{URL: options.Get("--url"), HTTP: wire.HTTP(), JSON: options.Has("--json"), Once: options.Has("--token")}
	if cfg.URL == "" {
		cfg.URL = wire.MessagingURL()
	}
	if cfg.Once {
		cfg.Mint = func(context.Context) (string, error) { return options.Get("--token"), nil }
		return cfg, nil
	}
	input, err := a.tokenInput(options)
	if err != nil {
		return talk.Config{}, err
	}
	cfg.Mint = func(ctx context.Context) (string, error) { return mint(ctx, api, input) }
	return cfg, nil
}

func mint(ctx context.Context, c *client.Client, input *value.Map) (string, error) {
	answer, err := c.Call(ctx, api.CreateChatToken.Operation, input)
	if err != nil {
		return "", err
	}
	return answer.Text("token"), nil
}

// tokenInput returns the parameters of create-chat-token, with a user and all
// capabilities where nothing is said about them.
func (a *app) tokenInput(options *argv.Parsed) (*value.Map, error) {
	shape := api.CreateChatToken.Input()
	if user := a.env.Get("USER"); !options.Has("--user-id") {
		if user == "" {
			user = "me"
		}
		options.Values["--user-id"] = []string{user}
	}
	if m, ok := shape.Member("capabilities"); ok && !options.Has("--capabilities") {
		options.Values["--capabilities"] = m.Shape.Elem.Enum
	}
	input, err := a.input(api.CreateChatToken.Operation, options)
	if err != nil {
		return nil, err
	}
	return input, params.Validate(shape, input)
}

// talkInPipe talks between standard input and output, line by line.
func (a *app) talkInPipe(cfg talk.Config) error {
	ctx, cancel := context.WithCancel(a.ctx)
	lines := make(chan string)
	var feeder sync.WaitGroup
	defer feeder.Wait()
	defer cancel()
	feeder.Go(func() { feed(ctx, a.stdin, lines) })
	cfg.Lines = lines
	cfg.Show = func(line string) { _, _ = fmt.Fprintln(a.stdout, line) }
	return talk.Run(ctx, cfg)
}

// talkInTerminal talks with the keyboard and the screen.
func (a *app) talkInTerminal(cfg talk.Config) error {
	keyboard, ok := a.stdin.(*os.File)
	if !ok {
		return a.talkInPipe(cfg)
	}
	ctx, cancel := context.WithCancelCause(a.ctx)
	defer cancel(nil)
	lines, shown := make(chan string), make(chan string)
	cfg.Lines = lines
	cfg.Show = func(line string) {
		select {
		case shown <- line:
		case <-ctx.Done():
		}
	}
	cfg.Ready = func() { cfg.Show("-- connected; /quit leaves") }
	var screen sync.WaitGroup
	screen.Go(func() {
		err := prompt.Converse(ctx, keyboard, a.stdout, "> ", shown, lines)
		cancel(err)
	})
	err := talk.Run(ctx, cfg)
	left := errors.Is(context.Cause(ctx), prompt.ErrLeft)
	cancel(nil)
	screen.Wait()
	if left {
		return nil
	}
	return err
}

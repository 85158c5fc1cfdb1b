package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"parlor/chat"
	"parlor/internal/chatlog"
	"parlor/internal/cli/argv"
	"parlor/internal/cloud"
)

const logsUsage = `usage: parlor logs (--directory DIR | --bucket NAME) [options]

Reads back what chat logging recorded: the records of a room in order of time, each
once, however often it was delivered.

  --directory DIR          a directory that takes a bucket's place
  --bucket NAME            a bucket of S3, or of a server that speaks it at --endpoint-url
  --endpoint-url URL       of that server
  --region REGION          of the bucket
  --room-identifier ARN    only this room; its id will do
  --start-time TIME        not before: RFC 3339, or how long ago, such as 90m
  --end-time TIME          only before
  --type TYPE              MESSAGE or EVENT
  --output FORMAT          jsonl (each record as it was written) or table
  --follow                 go on with what comes, until interrupted
`

// followEvery is how often --follow looks for new files.
const followEvery = 2 * time.Second

// A logsCommand is one run of `parlor logs`.
type logsCommand struct {
	archive *chatlog.Archive
	query   chatlog.Query
	table   bool
	follow  bool
}

// logs runs `parlor logs`.
func (a *app) logs(args []string) int {
	if len(args) == 1 && (args[0] == "help" || args[0] == "--help") {
		_, _ = io.WriteString(a.stdout, logsUsage)
		return exitOK
	}
	c, err := parseLogs(args, time.Now())
	if err == nil {
		err = c.run(a.ctx, a.stdout)
	}
	if err != nil {
		return a.report(err, "")
	}
	return exitOK
}

func parseLogs(args []string, now time.Time) (*logsCommand, error) {
	p := argv.Parser{Options: []argv.Option{
		{Name: "--directory"},
		{Name: "--bucket"},
		{Name: "--endpoint-url"},
		{Name: "--region"},
		{Name: "--room-identifier"},
		{Name: "--start-time"},
		{Name: "--end-time"},
		{Name: "--type", Choices: []string{chatlog.TypeMessage, chatlog.TypeEvent}},
		{Name: "--output", Choices: []string{"jsonl", "table"}},
		{Name: "--follow", Arity: argv.None},
	}}
	given, err := p.Parse(args)
	if err != nil {
		return nil, err
	}
	if len(given.Rest) > 0 {
		return nil, &argv.UsageError{Problem: "Unknown options: " + strings.Join(given.Rest, ", ")}
	}
	if given.Has("--directory") == given.Has("--bucket") {
		return nil, &argv.UsageError{Problem: "one of --directory and --bucket is required"}
	}
	c := &logsCommand{table: given.Get("--output") == "table", follow: given.Has("--follow")}
	c.query.Type = given.Get("--type")
	if err := c.room(given.Get("--room-identifier")); err != nil {
		return nil, err
	}
	var errFrom, errTo error
	c.query.From, errFrom = moment(given.Get("--start-time"), now)
	c.query.To, errTo = moment(given.Get("--end-time"), now)
	if err := errors.Join(errFrom, errTo); err != nil {
		return nil, err
	}
	if given.Has("--directory") {
		c.archive = chatlog.OpenDirectory(given.Get("--directory"))
		return c, nil
	}
	return c, c.openBucket(given)
}

func (c *logsCommand) openBucket(given *argv.Parsed) error {
	account := cloud.Account{Endpoint: given.Get("--endpoint-url")}
	if err := account.Check(); err != nil {
		return &argv.UsageError{Problem: "argument --endpoint-url: " + err.Error()}
	}
	region := given.Get("--region")
	if region == "" {
		region = c.query.Region
	}
	if region == "" {
		return &argv.UsageError{Problem: "argument --region: the bucket's region is not known; say it, or a room's ARN"}
	}
	c.archive = chatlog.OpenBucket(chatlog.Config{S3: account}, region, given.Get("--bucket"))
	return nil
}

// room narrows the query to a room, by ARN or bare id.
func (c *logsCommand) room(s string) error {
	if !strings.HasPrefix(s, "arn:") {
		c.query.Room = s
		return nil
	}
	arn, err := chat.ParseARN(s)
	if err != nil || arn.Kind != chat.KindRoom {
		return &argv.UsageError{Problem: fmt.Sprintf("argument --room-identifier: %q is not the ARN of a room", s)}
	}
	c.query.Account, c.query.Region, c.query.Room = arn.Account, arn.Region, arn.ID
	return nil
}

// moment reads a time, or how long ago it was.
func moment(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &argv.UsageError{Problem: fmt.Sprintf("%q is neither a time such as 2026-01-31T15:04:05Z nor a duration such as 90m", s)}
}

// run writes what the query finds, and with --follow what comes.
func (c *logsCommand) run(ctx context.Context, w io.Writer) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		for line, err := range c.archive.Read(ctx, c.query) {
			if err == nil {
				err = c.write(w, line)
			}
			if err != nil {
				return err
			}
		}
		if !c.follow {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Command parlor is a chat server that speaks Amazon IVS Chat, and its command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"parlor/internal/cli"
	"parlor/internal/config"
	"parlor/internal/local"
	"parlor/internal/server"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run does what args ask for and returns the exit status. Words that are not the
// server's belong to the command line.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] != "serve" && args[0] != "config" {
		return cli.Run(context.Background(), args, os.LookupEnv, stdin, stdout, stderr)
	}
	if err := serve(args[0], args[1:], stdout, stderr); err != nil && !errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintf(stderr, "parlor: %v\n", err) // nowhere is left to tell that stderr is gone
		return 1
	}
	return 0
}

// serve runs the server until it is told to stop, or shows what it would run with.
func serve(word string, args []string, stdout, stderr io.Writer) error {
	if len(args) == 1 && (args[0] == "help" || args[0] == "--help") {
		return config.Usage(stdout)
	}
	cfg, err := config.Load(args, os.Environ())
	if err != nil {
		return err
	}
	if word == "config" {
		return cfg.Print(stdout)
	}
	cfg.Program = os.Args[0]
	if cfg.State == "" {
		cfg.State = local.Path(os.Getenv)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	defer stop()
	return server.Run(ctx, cfg.Config, stdout, stderr)
}

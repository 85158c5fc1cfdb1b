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
	"parlor/internal/server"
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run does what args ask for and returns the exit status. Words that are not the
// server's belong to the command line.
func run(args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	word := ""
	if len(args) > 0 {
		word = args[0]
	}
	var err error
	switch word {
	case "serve":
		err = serve(args[1:], environ, stdout, stderr)
	case "config":
		err = show(args[1:], environ, stdout)
	default:
		return cli.Run(context.Background(), args, environ, stdin, stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "parlor: %v\n", err) // nowhere is left to tell that stderr is gone
		return 1
	}
	return 0
}

// serve runs the server until it is told to stop.
func serve(args, environ []string, stdout, stderr io.Writer) error {
	if len(args) == 1 && (args[0] == "help" || args[0] == "--help") {
		return config.Usage(stdout)
	}
	cfg, err := config.Load(args, environ)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	defer stop()
	if err := server.Run(ctx, cfg.Config, stdout, stderr); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// show prints the configuration in force.
func show(args, environ []string, stdout io.Writer) error {
	cfg, err := config.Load(args, environ)
	if err != nil {
		return err
	}
	return cfg.Print(stdout)
}

package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"parlor/internal/cli/awsconf"
)

// terminal returns the width of the terminal that standard output is, if it is one.
func (a *app) terminal() (columns int, ok bool) {
	f, isFile := a.stdout.(*os.File)
	if !isFile {
		return 0, false
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return int(size.Col), true
}

// columns returns the terminal's width, or 0.
func (a *app) columns() int {
	columns, _ := a.terminal()
	return columns
}

// A pager shows what is written to it, page by page when there is a terminal and
// a command for it. The command starts at the first byte.
type pager struct {
	out     io.Writer
	command *exec.Cmd // nil: no paging
	pipe    io.WriteCloser
}

// pager returns the pager that the configuration asks for.
func (a *app) pager(inv *invocation) (*pager, error) {
	p := &pager{out: a.stdout}
	if _, ok := a.terminal(); !ok || inv.given.Has("--no-cli-pager") {
		return p, nil
	}
	command, ok := a.env("AWS_PAGER")
	if !ok {
		command, ok = inv.config.Get("cli_pager")
	}
	if !ok {
		command, ok = a.env("PAGER")
	}
	if !ok {
		command = "less"
	}
	return p, a.page(p, command)
}

// page sets the command of p; an empty one means none.
func (a *app) page(p *pager, command string) error {
	words, err := awsconf.Words(command)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return nil
	}
	// An interrupt is the pager's matter, not ours.
	p.command = awsconf.Command(context.WithoutCancel(a.ctx), words)
	p.command.Stdout, p.command.Stderr = a.stdout, a.stderr
	if _, set := a.env("LESS"); !set {
		p.command.Env = append(os.Environ(), "LESS=FRX")
	}
	return nil
}

// Write shows b. A pager that was left early wants no more; that is no error.
func (p *pager) Write(b []byte) (int, error) {
	if p.command == nil {
		return p.out.Write(b)
	}
	if p.pipe == nil {
		if err := p.start(); err != nil {
			return 0, err
		}
	}
	if n, err := p.pipe.Write(b); err != nil && !errors.Is(err, syscall.EPIPE) {
		return n, err
	}
	return len(b), nil
}

func (p *pager) start() error {
	pipe, err := p.command.StdinPipe()
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		reason := err.Error()
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			reason = "[Errno 2] No such file or directory: '" + p.command.Args[0] + "'"
		}
		return faultf(exitConfiguration, "Pager", "Unable to redirect output to pager. Received the following error when opening pager:\n%s\n\n"+
			"Learn more about configuring the output pager by running \"aws help config-vars\".", reason)
	}
	p.pipe = pipe
	return nil
}

// Close waits until the reader is done.
func (p *pager) Close() error {
	if p.pipe == nil {
		return nil
	}
	_ = p.pipe.Close()
	if err := p.command.Wait(); err != nil {
		if _, exited := errors.AsType[*exec.ExitError](err); !exited {
			return err
		}
	}
	return nil
}

package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"parlor/chat"
	"parlor/internal/config"
	"parlor/internal/metric"
)

// Run serves until ctx ends, and returns when all that it started is gone. What a
// person should read goes to stdout, the log to stderr.
func Run(ctx context.Context, cfg config.Config, stdout, stderr io.Writer) error {
	s := &server{cfg: cfg, program: cmp.Or(cfg.Program, "parlor"), clock: chat.Clock{Offset: cfg.ClockOffset}, log: newLog(&cfg, stderr), metrics: metric.New()}

	listener, scheme, err := listen(ctx, &cfg)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // the HTTP server has closed it already, unless it never came to be
	adminListener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.AdminListen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.AdminListen, err)
	}
	defer func() { _ = adminListener.Close() }()

	if s.node, err = openNode(ctx, &cfg, s.log); err != nil {
		return err
	}
	defer s.node.Close()
	if err := s.credentials(ctx, stdout); err != nil {
		return err
	}
	if err := s.compose(); err != nil {
		return err
	}
	return s.serve(ctx, listener, adminListener, scheme, stdout)
}

// serve runs the parts until ctx ends or one of them fails, then stops them in the
// order of shutdown: first who comes in, then who is in, last what they stand on.
func (s *server) serve(ctx context.Context, l, adminListener net.Listener, scheme string, stdout io.Writer) error {
	// The parts outlive ctx: draining needs them.
	parts, stopParts := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stopParts(nil)
	var running sync.WaitGroup
	run := func(what string, f func(context.Context) error) {
		running.Go(func() {
			if err := f(parts); err != nil && !errors.Is(err, context.Canceled) {
				stopParts(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	run("cluster", s.node.Run)
	run("quotas", s.quotas.Run)
	run("connections", s.driver.Run)
	// Chat logging ends before what it stands on, and after the last who could speak.
	recording, stopRecording := context.WithCancel(parts)
	defer stopRecording()
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		if err := s.logs.Run(recording); err != nil {
			s.log.ErrorContext(recording, "chat logging ended early", "err", err)
		}
	}()

	url := localURL(scheme, l)
	front := httpServer(s.route(s.pages(url)), s.log)
	back := httpServer(admin(s.ready, s.metrics), s.log)
	back.WriteTimeout = 0 // profiles take as long as they are asked to
	run("service", func(context.Context) error { return served(front.Serve(l)) })
	run("admin", func(context.Context) error { return served(back.Serve(adminListener)) })

	forget, err := s.announce(ctx, url, "http://"+adminListener.Addr().String(), stdout)
	if err == nil {
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-parts.Done():
			err = context.Cause(parts)
		}
	}
	forget()
	s.stop(front)
	stopRecording()
	<-recorded
	stopParts(nil)
	_ = back.Close() // nobody waits for a metric of a server that is gone
	running.Wait()
	s.hub.Close()
	return err
}

// served hides the error that only says that Shutdown was called.
func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdownPatience is how long requests under way may take once the server stops.
const shutdownPatience = 5 * time.Second

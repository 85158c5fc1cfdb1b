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
	ctx, shut := s.admin(ctx, adminListener)
	defer shut()

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
	if s.cfg.Dev {
		if err := s.makeDevRoom(ctx); err != nil { // before anybody is told that the server is ready
			return err
		}
	}
	s.up.Store(true)
	return s.serve(ctx, listener, adminListener, scheme, stdout)
}

// admin serves health and metrics from the start on, so that a node that waits for the
// others can say so. The context that it returns ends when it fails.
func (s *server) admin(ctx context.Context, l net.Listener) (_ context.Context, shut func()) {
	ctx, stop := context.WithCancelCause(ctx)
	back := httpServer(admin(s.ready, s.metrics), s.log)
	back.WriteTimeout = 0 // a profile takes as long as somebody wants
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := served(back.Serve(l)); err != nil {
			stop(fmt.Errorf("admin: %w", err))
		}
	})
	return ctx, func() {
		_ = back.Close() // nobody waits for a metric of a server that is gone
		serving.Wait()
		stop(nil)
	}
}

// A crew is the parts that run side by side. When one of them fails, all stop.
type crew struct {
	ctx     context.Context //nolint:containedctx // the life of all its members, which outlives the caller's
	stop    context.CancelCauseFunc
	running sync.WaitGroup
}

// run starts a part. It is to return when the crew's context ends.
func (c *crew) run(what string, part func(context.Context) error) {
	c.running.Go(func() {
		if err := part(c.ctx); err != nil && !errors.Is(err, context.Canceled) {
			c.stop(fmt.Errorf("%s: %w", what, err))
		}
	})
}

// serve runs the parts until ctx ends or one of them fails, then stops them in the
// order of shutdown: first who comes in, then who is in, then the recording of what
// they said, last what all of it stands on.
func (s *server) serve(ctx context.Context, l, adminListener net.Listener, scheme string, stdout io.Writer) error {
	parts := &crew{}
	parts.ctx, parts.stop = context.WithCancelCause(context.WithoutCancel(ctx)) // draining needs them after ctx
	defer parts.stop(nil)
	parts.run("cluster", s.node.Run)
	parts.run("quotas", s.quotas.Run)
	parts.run("connections", s.driver.Run)
	recorders := &crew{}
	recorders.ctx, recorders.stop = context.WithCancelCause(parts.ctx)
	recorders.run("chat logging", func(ctx context.Context) error {
		if err := s.logs.Run(ctx); err != nil {
			s.log.ErrorContext(ctx, "chat goes on, but is not recorded any more", "err", err)
		}
		return nil
	})

	url := localURL(scheme, l)
	front := httpServer(behind(prefixes(s.cfg.TrustedProxy), s.route(s.pages(url))), s.log)
	parts.run("service", func(context.Context) error { return served(front.Serve(l)) })

	forget, err := s.announce(ctx, url, "http://"+adminListener.Addr().String(), stdout)
	if err == nil {
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-parts.ctx.Done():
			err = context.Cause(parts.ctx)
		}
	}
	forget()
	s.leave(front)
	recorders.stop(nil)
	recorders.running.Wait()
	parts.stop(nil)
	parts.running.Wait()
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

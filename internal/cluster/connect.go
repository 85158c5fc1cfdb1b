package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connect opens the two connections of a node: one to talk (ask, write records) and one
// for the bus, so that neither waits behind the other.
func (n *Node) connect(ctx context.Context) error {
	talk, err := n.dial(ctx, "talk")
	if err != nil {
		return err
	}
	n.talk = talk
	l, err := n.dialBus(ctx)
	if err != nil {
		return err
	}
	n.bus = newBus(n, l)
	n.js, err = jetstream.New(talk, jetstream.WithDefaultTimeout(writeTimeout))
	return err
}

func (n *Node) dialBus(ctx context.Context) (line, error) {
	if n.server != nil {
		return newNearLine(n)
	}
	hear, err := n.dial(ctx, "hear")
	if err != nil {
		return nil, err
	}
	return newFarLine(n, hear), nil
}

func (n *Node) dial(ctx context.Context, role string) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("parlor " + n.id + " " + role),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 250*time.Millisecond),
		// What can't be sent now is refused, not sent minutes later: an old message must
		// never appear as a new one.
		nats.ReconnectBufSize(-1),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.Timeout(2 * time.Second),
		nats.FlusherTimeout(0),
		nats.SkipSubjectValidation(),
		nats.ReconnectHandler(func(*nats.Conn) { n.reconnected(role) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { n.disconnected(role, err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { n.trouble(role, err) }),
	}
	if n.server != nil {
		return nats.Connect("", append(opts,
			nats.InProcessServer(n.server.nats), nats.UserInfo(n.server.user, n.server.password))...)
	}
	if n.cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(n.cfg.Credentials))
	}
	if n.cfg.NKey != "" {
		key, err := nats.NkeyOptionFromSeed(n.cfg.NKey)
		if err != nil {
			return nil, fmt.Errorf("nkey: %w", err)
		}
		opts = append(opts, key)
	}
	if n.cfg.TLS != nil {
		opts = append(opts, nats.Secure(n.cfg.TLS))
	}
	return n.dialURLs(ctx, opts)
}

// dialURLs tries until a server answers or ctx ends, so that Parlor and NATS may start
// in any order.
func (n *Node) dialURLs(ctx context.Context, opts []nats.Option) (*nats.Conn, error) {
	for {
		nc, err := nats.Connect(strings.Join(n.cfg.URLs, ","), opts...)
		if err == nil {
			return nc, nil
		}
		n.log.WarnContext(ctx, "nats does not answer yet", "err", err)
		if !pause(ctx, time.Second) {
			return nil, fmt.Errorf("connect to NATS: %w", err)
		}
	}
}

func (n *Node) disconnected(role string, err error) {
	if err != nil {
		n.log.Warn("nats connection lost", "role", role, "err", err)
	}
}

// reconnected catches up with the records that changed while the connection was away.
func (n *Node) reconnected(role string) {
	n.log.Info("nats connection is back", "role", role)
	if role == "talk" {
		n.store.rewatch()
	}
}

// trouble hears of what nats.go could not return from a call.
func (n *Node) trouble(role string, err error) {
	n.log.Warn("nats", "role", role, "err", err)
	if errors.Is(err, nats.ErrSlowConsumer) && role == "hear" {
		n.stall.missed() // the inbox was full
	}
}

// pause waits for d and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

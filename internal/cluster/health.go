package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// health remembers why records can't be written, if they can't.
type health struct {
	mu    sync.Mutex // guards the following
	cause error
}

// wrote takes the outcome of a write.
func (h *health) wrote(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cause = err
}

func (h *health) failing() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cause
}

const mindEvery = 2 * time.Second

// Ready says why this node can't do all of its work, or nil. Chat and reading may well
// go on while it is not nil.
func (n *Node) Ready() error {
	switch {
	case n.stall.catchingUp():
		return errStalled
	case !n.talk.IsConnected():
		return errors.New("not connected to NATS")
	case n.off():
		return errors.New("records can't be written: the disk of the data directory is full or failing")
	case len(n.cfg.Join) > 0 && !n.majority():
		// Heartbeats tell long before a write fails, or a leader gives up.
		return fmt.Errorf("records can't be written: %d of %d servers are in sight, which is no majority",
			len(n.Members()), len(n.cfg.Join))
	}
	if err := n.health.failing(); err != nil {
		return fmt.Errorf("records can't be written: %w", err)
	}
	return nil
}

// off reports whether the embedded server has switched JetStream off.
func (n *Node) off() bool { return n.server != nil && n.server.off() }

// majority reports whether the servers of a cluster can choose a leader, as far as this
// node can see. A server alone leads itself or does not.
func (n *Node) majority() bool {
	if n.server == nil {
		return n.talk.IsConnected()
	}
	return len(n.cfg.Join) > 0 && len(n.Members()) > len(n.cfg.Join)/2
}

// mind looks after JetStream until ctx ends: it finds out that writing fails before
// anybody tries, switches on what a full disk switched off, and makes copies when
// servers come.
func (n *Node) mind(ctx context.Context) {
	for turn := 0; pause(ctx, mindEvery); turn++ {
		was := n.health.failing()
		err := n.revive()
		if err == nil {
			err = n.probe(ctx, was != nil)
		}
		if ctx.Err() != nil {
			return
		}
		n.health.wrote(err)
		if err == nil {
			n.store.answered(time.Now())
		}
		switch {
		case err != nil && was == nil:
			n.log.ErrorContext(ctx, "records can't be written; chat goes on", "err", err)
		case err == nil && was != nil:
			n.log.InfoContext(ctx, "records can be written again")
			n.store.rewatch()
		case err == nil && turn%5 == 4:
			n.replicate(ctx)
			owns := func(key string) bool { return n.Owner(key) == n.id }
			err := errors.Join(n.expireLog(ctx, time.Now()), n.logging.restore(ctx, owns, time.Now()))
			if err != nil {
				n.log.WarnContext(ctx, "mind the logs", "err", err)
			}
		}
	}
}

func (n *Node) revive() error {
	if n.server == nil {
		return nil
	}
	return n.server.revive()
}

// probe asks the stream for its leader, and writes a little when writing failed before.
func (n *Node) probe(ctx context.Context, write bool) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if write {
		_, err := n.store.kv.Put(ctx, "probe."+n.id, []byte(time.Now().UTC().Format(time.RFC3339)))
		return err
	}
	stream, err := n.js.Stream(ctx, bucketStream(n.cfg.Name))
	if err != nil {
		return err
	}
	if c := stream.CachedInfo().Cluster; c != nil && c.Leader == "" {
		return errors.New("the records have no leader: too few servers are up")
	}
	return nil
}

// replicate raises streams to as many copies as there are servers for, three at most.
func (n *Node) replicate(ctx context.Context) {
	if n.replicas() < 2 || n.Owner("replicas") != n.id {
		return
	}
	for _, name := range []string{bucketStream(n.cfg.Name), n.logName()} {
		ctx, cancel := context.WithTimeout(ctx, writeTimeout)
		n.raise(ctx, name)
		cancel()
	}
}

func (n *Node) raise(ctx context.Context, name string) {
	stream, err := n.js.Stream(ctx, name)
	if err != nil {
		return
	}
	cfg := stream.CachedInfo().Config
	if cfg.Replicas >= 3 {
		return
	}
	cfg.Replicas = 3
	if _, err := n.js.UpdateStream(ctx, cfg); err != nil {
		if api, ok := errors.AsType[*jetstream.APIError](err); !ok || api.Code != 400 {
			n.log.DebugContext(ctx, "raise replicas", "stream", name, "err", err)
		}
		return
	}
	n.log.InfoContext(ctx, "replicas raised", "stream", name, "replicas", cfg.Replicas)
}

// membersChanged reads the records anew from where the watch stood: the server that fed
// it may be the one that went.
func (n *Node) membersChanged() {
	n.store.rewatch()
}

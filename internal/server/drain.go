package server

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"parlor/chat"
	"parlor/internal/token"
)

var (
	errStarting = errors.New("starting: this node waits for the records: at a cluster's first start for all its servers, later for a majority")
	errDraining = errors.New("draining: this node is about to stop")
)

// A drain remembers that the node is on its way out. Until then it mints tokens;
// from then on a caller has to ask another node, as an SDK does by itself on 503.
type drain struct {
	mint *token.Mint
	on   atomic.Bool
}

// Mint mints, unless the node is on its way out: it could not answer for the token.
func (d *drain) Mint(claims chat.Claims) (string, error) {
	if d.on.Load() {
		return "", &chat.Error{Code: chat.ServiceUnavailable, Message: "This node is about to stop. Try again."}
	}
	return d.mint.Mint(claims)
}

// ready says why this node should get no traffic, or nil.
func (s *server) ready() error {
	switch {
	case !s.up.Load():
		return errStarting
	case s.drain.on.Load():
		return errDraining
	}
	return s.node.Ready()
}

// leave takes the node out of service: no new tokens, the connections dropped without
// a close frame over the drain window, since client SDKs come back on that and on
// nothing else (behaviour.md §0 item 4), and redemption answered until the last token
// has expired, if there is anybody left to redeem it.
func (s *server) leave(front *http.Server) {
	s.drain.on.Store(true)
	s.node.Drain()
	front.SetKeepAlivesEnabled(false) // whoever calls again finds another node
	begun := time.Now()

	draining, cancel := context.WithTimeout(context.Background(), s.cfg.DrainWindow+shutdownPatience)
	defer cancel()
	if err := s.talk.Drain(draining, s.cfg.DrainWindow); err != nil {
		s.log.Warn("connections were left when the drain window ended", "err", err)
	}
	if len(s.node.Members()) > 1 {
		rest := chat.TokenLifetime - time.Since(begun)
		s.log.Info("answering for tokens until the last one has expired", "dur", rest)
		<-time.After(rest)
	}
	closing, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	if err := front.Shutdown(closing); err != nil {
		_ = front.Close()
	}
}

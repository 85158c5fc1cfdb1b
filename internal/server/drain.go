package server

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"parlor/chat"
)

var errDraining = errors.New("draining: this node is about to stop")

// A drain remembers that the node is on its way out.
type drain struct{ on atomic.Bool }

// ready says why this node should get no traffic, or nil.
func (s *server) ready() error {
	if s.drain.on.Load() {
		return errDraining
	}
	return s.node.Ready()
}

// stop takes the node out of service: no new tokens, the connections dropped without
// a close frame over the drain window, since client SDKs come back on that and on
// nothing else (behaviour.md §0 item 4), and redemption answered until the last token
// has expired, if there is anybody left to redeem it.
func (s *server) stop(front *http.Server) {
	s.drain.on.Store(true)
	s.node.Drain()
	begun := time.Now()

	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainWindow+shutdownPatience)
	defer cancel()
	if err := s.talk.Drain(ctx, s.cfg.DrainWindow); err != nil {
		s.log.Warn("connections were left when the drain window ended", "err", err)
	}

	if others := len(s.node.Members()) - 1; others > 0 {
		rest := chat.TokenLifetime - time.Since(begun)
		s.log.Info("answering for tokens until the last one has expired", "dur", rest)
		<-time.After(rest)
	}
	if err := front.Shutdown(ctx); err != nil {
		_ = front.Close()
	}
}

package messaging

import (
	"context"
	"errors"
	"time"
)

// errDrained is the end of those who were there when the server went away.
var errDrained = errors.New("the server is draining")

// drainPause is how long Drain waits for those whose handshake was under way.
const drainPause = 10 * time.Millisecond

// Drain refuses new connections and drops those there are, spread over window:
// without a close frame, as clients come back on that and on nothing else, and
// not all at once (behaviour.md §0 item 4). It returns when everybody has gone
// and the last action is done, or with ctx.
func (s *Server) Drain(ctx context.Context, window time.Duration) error {
	s.draining.Store(true)
	until := time.Now().Add(window)
	for {
		_, n := s.deps.Hub.Count()
		if n == 0 {
			break
		}
		if err := s.dropAll(ctx, n, time.Until(until)); err != nil {
			return err
		}
		if err := pause(ctx, drainPause); err != nil {
			return err
		}
	}
	s.jobs.Wait()
	return nil
}

// dropAll drops n members at an even pace.
func (s *Server) dropAll(ctx context.Context, n int, window time.Duration) error {
	began, i := time.Now(), 0
	for m := range s.deps.Hub.Members() {
		due := began.Add(time.Duration(float64(window) * float64(i) / float64(n)))
		if wait := time.Until(due); wait > drainPause {
			if err := pause(ctx, wait); err != nil {
				return err
			}
		}
		m.Drop(errDrained)
		i++
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

package messaging

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parlor/chat"
	"parlor/internal/loop"
)

// virtually plays f on a stage of pipes, in virtual time.
func virtually(t *testing.T, f func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, end := newStage(t, loop.Config{Goroutines: true}, net.Pipe)
		defer end()
		s.virtual = true
		f(s)
		s.leave()
	})
}

// TestActionsUnderWay: a session has so many of them and no more, and room again when
// they are done.
func TestActionsUnderWay(t *testing.T) {
	virtually(t, func(s *stage) {
		s.srv.deps.Quotas = nil
		if err := s.rooms.change([]string{"reviewed"}); err != nil {
			s.t.Fatal(err)
		}
		s.join("alice", chat.SendMessage)
		for range 2 {
			s.play([]byte(strings.Repeat("alice > slow 100ms\n", maxWaiting) +
				"alice > one too many\nalice <! error 429 rate limit exceeded\nwait 100ms\n" +
				strings.Repeat("alice <! alice: slow 100ms\n", maxWaiting)))
		}
	})
}

// TestClockOfItsOwn: a node whose clock is wrong ends its sessions when their time has
// passed all the same.
func TestClockOfItsOwn(t *testing.T) {
	for _, offset := range []time.Duration{-90 * time.Second, 90 * time.Second} {
		virtually(t, func(s *stage) {
			s.srv.deps.Clock = chat.Clock{Offset: offset}
			s.join("alice")
			s.play([]byte("wait 59m59s\nalice < nothing\nwait 1s\nalice <! error 401 The connection has expired\nalice <! close 1000"))
		})
	}
}

// TestDrainWaits: a server that drains sees the actions under way to their end.
func TestDrainWaits(t *testing.T) {
	virtually(t, func(s *stage) {
		if err := s.rooms.change([]string{"reviewed"}); err != nil {
			s.t.Fatal(err)
		}
		s.join("alice", chat.SendMessage)
		s.play([]byte("alice > slow 200ms\nalice < nothing"))
		began := time.Now()
		if err := s.srv.Drain(s.t.Context(), 0); err != nil || time.Since(began) < 200*time.Millisecond {
			s.t.Errorf("Drain = %v after %v, want it to wait for the action", err, time.Since(began))
		}
	})
}

// TestSentAwayEarly: who is disconnected or dropped while the handshake is being answered
// is so as soon as there is a connection.
func TestSentAwayEarly(t *testing.T) {
	for script, seated := range map[string]func(*session){
		"alice <! close 1000 why\nalice close\nalice <! drop": func(s *session) { s.Disconnect("why") },
		"alice <! drop": func(s *session) { s.Drop(errDrained) },
	} {
		virtually(t, func(s *stage) {
			s.seated = seated
			s.join("alice", chat.SendMessage)
			s.play([]byte(script))
		})
	}
}

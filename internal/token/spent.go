package token

import (
	"sync"
	"time"

	"parlor/chat"
)

// spent remembers the ids of spent tokens for as long as one could come back. It
// holds two generations, so that forgetting costs nothing: at the end of a token's
// life the young generation becomes the old one. Only tokens of this node get here,
// and only before they expire, so that its size is what was minted in two minutes.
type spent struct {
	mu     sync.Mutex // guards the following
	young  map[id]struct{}
	old    map[id]struct{}
	turned time.Duration // when young began
}

// add remembers a token. It says no if the token is known.
func (s *spent) add(token id, now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := now - s.turned; s.young == nil || age >= chat.TokenLifetime {
		s.old = s.young
		if age >= 2*chat.TokenLifetime {
			s.old = nil
		}
		s.young, s.turned = map[id]struct{}{}, now
	}
	if _, ok := s.young[token]; ok {
		return false
	}
	if _, ok := s.old[token]; ok {
		return false
	}
	s.young[token] = struct{}{}
	return true
}

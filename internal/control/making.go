package control

import (
	"sync"

	"parlor/chat"
	"parlor/internal/quota"
)

// making counts the resources that are about to exist, so that two requests at once
// don't both take the last place under a quota.
type making struct {
	mu      sync.Mutex // guards the following
	pending map[quota.Key]int
}

// make takes a place for one more resource of a kind, of which count tells how many
// there are, until the caller says that it is done. Past the quota it is refused
// (behaviour.md §6).
func (s *Server) make(n quota.Name, scope chat.Scope, count func(chat.Scope) int) (done func(), err error) {
	k := quota.Of(n, scope)
	limit := s.Quotas.Limit(k.Account, k.Name)
	m := &s.making
	m.mu.Lock()
	defer m.mu.Unlock()
	if limit != quota.Unlimited && count(scope)+m.pending[k] >= limit {
		return nil, quota.Exceeded(k, limit)
	}
	m.pending[k]++
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.pending[k]--; m.pending[k] == 0 {
			delete(m.pending, k)
		}
	}, nil
}

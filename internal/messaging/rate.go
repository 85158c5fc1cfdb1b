package messaging

import "time"

// A rate is a connection's own token bucket: as many requests a second as it
// is given, and as many at once (behaviour.md §6). It is kept as the time when
// the bucket will be full again, since the connection began: a wall clock that is
// set back must not silence anybody until it has caught up.
type rate struct{ full time.Duration }

// allow spends one of limit requests a second. A negative limit is none.
func (r *rate) allow(now time.Duration, limit int) bool {
	if limit < 0 {
		return true
	}
	if limit == 0 {
		return false
	}
	gap := time.Second / time.Duration(limit)
	full := max(r.full, now)
	if full-now > time.Second-gap {
		return false
	}
	r.full = full + gap
	return true
}

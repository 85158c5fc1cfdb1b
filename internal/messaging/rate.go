package messaging

import "time"

// A rate is a connection's own token bucket: as many requests a second as it
// is given, and as many at once (behaviour.md §6). It is kept as the time when
// the bucket will be full again.
type rate struct{ full int64 }

// allow spends one of limit requests a second. A negative limit is none.
func (r *rate) allow(now time.Time, limit int) bool {
	if limit < 0 {
		return true
	}
	if limit == 0 {
		return false
	}
	gap, t := int64(time.Second)/int64(limit), now.UnixNano()
	full := max(r.full, t)
	if full-t > int64(time.Second)-gap {
		return false
	}
	r.full = full + gap
	return true
}

package chat

import "time"

// A Clock tells the time. The zero Clock is the real one; Offset shifts it, so that
// a test can let a node live in the future or the past.
type Clock struct {
	Offset time.Duration
}

// Now returns the current time with its monotonic reading.
func (c Clock) Now() time.Time { return time.Now().Add(c.Offset) }

// AppendTime appends t as the wire has it: UTC, RFC 3339, up to nine fractional
// digits, Z, and never a whole second, which one client SDK cannot read
// (behaviour.md §2.2). A time without a fraction is moved by one nanosecond.
func AppendTime(dst []byte, t time.Time) []byte {
	if t.Nanosecond() == 0 {
		t = t.Add(time.Nanosecond)
	}
	return t.UTC().AppendFormat(dst, time.RFC3339Nano)
}

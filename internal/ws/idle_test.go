package ws

import "testing"

// A connection between two messages holds no memory but the Decoder itself,
// however the last one came.
func TestIdleHoldsNothing(t *testing.T) {
	for name, pieces := range map[string][]string{
		"a split message": {"\x81\x82\x00\x00\x00\x00h", "i"},
		"fragments":       {"\x01\x81\x00\x00\x00\x00h", "\x80\x81\x00\x00\x00\x00i"},
		"a split ping":    {"\x89\x82\x00\x00\x00\x00h", "i"},
		"a split header":  {"\x81", "\x82\x00\x00", "\x00\x00hi"},
	} {
		var d Decoder
		var last Message
		for _, p := range pieces {
			m, rest, err := d.Next([]byte(p))
			if err != nil || len(rest) > 0 {
				t.Fatalf("%s: Next(%q) = %v, %q, %v", name, p, m, rest, err)
			}
			last = m
		}
		if string(last.Payload) != "hi" || d.buf != nil || d.have != 0 || d.op != 0 {
			t.Errorf("%s: after %q the Decoder holds %d bytes", name, last.Payload, cap(d.buf))
		}
	}
}

package cluster

import (
	"fmt"
	"strings"
	"testing"
)

// said feeds what a server says to a wire, cut in two at a place, and returns what was
// delivered to subscription 7.
func said(t *testing.T, text string, cut int) (string, error) {
	t.Helper()
	w := &wire{kick: make(chan struct{}, 1), subs: make(map[uint64]func([]byte))}
	var got strings.Builder
	w.subs[7] = func(r []byte) { fmt.Fprintf(&got, "[%s]", r) }
	used, _, err := w.parse([]byte(text[:cut]))
	if err == nil {
		_, _, err = w.parse([]byte(text[used:]))
	}
	return got.String(), err
}

func TestWireUnderstands(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"MSG parlor.room.a.b.c 7 5\r\nhello\r\n", "[hello]"},
		{"MSG a 7 reply.to 2\r\nhi\r\nMSG a 7 0\r\n\r\n", "[hi][]"},
		{"INFO {\"x\":1}\r\nPING\r\n+OK\r\nMSG a 7 2\r\n\r\n\r\n", "[\r\n]"},
		{"MSG a 8 2\r\nno\r\nPONG\r\nMSG a 7 3\r\nyes\r\n", "[yes]"},
	} {
		for cut := range len(c.text) {
			if got, err := said(t, c.text, cut); got != c.want || err != nil {
				t.Errorf("parse(%q) cut at %d delivers %q, %v, want %q", c.text, cut, got, err, c.want)
			}
		}
	}
}

func TestWireRefuses(t *testing.T) {
	for _, text := range []string{
		"-ERR 'Authorization Violation'\r\n", "HELLO\r\n", "MSG a\r\n", "MSG a x 5\r\n", "MSG a 7 -1\r\n",
		"MSG a 7 99999999999999999999\r\n", "MSG a 7 \r\n", strings.Repeat("x", wireRead),
	} {
		if _, err := said(t, text, len(text)); err == nil {
			t.Errorf("parse(%.30q): no error", text)
		}
	}
}

func FuzzWire(f *testing.F) {
	f.Add("MSG a 7 5\r\nhello\r\nPING\r\n", 12)
	f.Add("INFO {}\r\n-ERR x\r\n", 3)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		whole, err1 := said(t, text, len(text))
		cut = max(0, min(cut, len(text)))
		parts, err2 := said(t, text, cut)
		if whole != parts || (err1 == nil) != (err2 == nil) {
			t.Errorf("parse(%q) = %q, %v; cut at %d = %q, %v", text, whole, err1, cut, parts, err2)
		}
	})
}

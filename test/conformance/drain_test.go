package conformance

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A server that is told to stop lets everybody go within its drain window, one
// after the other and without a close frame (behaviour.md §0 item 4), and
// takes nobody in meanwhile.
func TestDrain(t *testing.T) {
	t.Parallel()
	const window = 6 * time.Second // a test that is held up for a while still sees them spread
	s := start(t, "--dev", "--listen", "127.0.0.1:0", "--drain-window", window.String(), "--ping-interval", "1h")
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200} {
		if r := do(t, get(t, s.admin+path)); r.status != want {
			t.Errorf("%s of a serving server: %d %s, want %d", path, r.status, r.body, want)
		}
	}
	room := s.room(t, nil)
	type end struct {
		after time.Duration
		said  string
	}
	ends := make(chan end)
	const members = 40
	told := make(chan time.Time, members)
	for range members {
		l := s.open(t, room, "u")
		go func() {
			rest, err := io.ReadAll(l.in)
			if err != nil && !strings.Contains(err.Error(), "reset") {
				rest = append(rest, err.Error()...)
			}
			ends <- end{time.Since(<-told), string(rest)}
		}()
	}
	began := time.Now()
	for range members {
		told <- began
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	var first, last time.Duration
	for i := range members {
		e := <-ends
		if e.said != "" {
			t.Errorf("a drained connection heard %q, want nothing", e.said)
		}
		if i == 0 {
			first = e.after
		}
		last = e.after
	}
	if last-first < window/4 {
		t.Errorf("all %d went between %v and %v, want them spread over %v", members, first, last, window)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	r, err := http.Get(s.endpoint)
	if err == nil {
		_ = r.Body.Close()
		err = errors.New(r.Status)
	}
	if !strings.Contains(err.Error(), "refused") {
		t.Errorf("a stopped server answers %v", err)
	}
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

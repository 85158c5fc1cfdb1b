package bench

import (
	"net/http"
	"testing"
	"time"
)

// BenchmarkDisconnectCrowd has one DisconnectUser close ten thousand
// connections, while somebody in another room pings all the time: the longest
// wait for a pong is the longest stall of the loop, and of the machine.
func BenchmarkDisconnectCrowd(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		s := serve(b)
		room := s.room(b)
		all := make([]*listener, n)
		gone := make(chan struct{}, n)
		for i := range all {
			all[i] = s.connect(b, s.token(b, room))
			go func() {
				all[i].listen()
				all[i].conn.Close()
				gone <- struct{}{}
			}()
		}
		other := s.connect(b, s.token(b, s.room(b)))
		quiet := other.longestPong(b, nil)
		began := time.Now()
		if r := s.api.Post(b, "DisconnectUser", `{"roomIdentifier":"`+room+`","userId":"u"}`); r.Status != http.StatusOK {
			b.Fatal(r.Body)
		}
		over := make(chan struct{})
		var took time.Duration
		go func() {
			for range n {
				<-gone
			}
			took = time.Since(began)
			close(over)
		}()
		stall := other.longestPong(b, over)
		b.ReportMetric(stall.Seconds()*1e3, "stall-ms")
		b.ReportMetric(quiet.Seconds()*1e3, "quiet-ms")
		b.ReportMetric(took.Seconds()*1e3, "all-gone-ms")
	}
}

// longestPong pings until over, or for a second, and returns the longest time
// it took to be answered.
func (l *listener) longestPong(b *testing.B, over <-chan struct{}) (longest time.Duration) {
	b.Helper()
	end := time.After(time.Second)
	if over != nil {
		end = nil
	}
	for in := make([]byte, 256); ; time.Sleep(500 * time.Microsecond) {
		select {
		case <-over:
			return longest
		case <-end:
			return longest
		default:
		}
		began := time.Now()
		l.conn.Write([]byte{0x89, 0x80, 0, 0, 0, 0})
		if _, err := l.conn.Read(in); err != nil {
			b.Fatal(err)
		}
		longest = max(longest, time.Since(began))
	}
}

package bench

import (
	"bufio"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parlor/internal/chattest"
)

// BenchmarkStall has ten thousand connections come and then go at once, in each way there
// is, while somebody in another room pings all the time. It reports the turns of the
// server's loop (parlor_loop_turn_seconds): how many took more than 10 ms, and a bound that
// all of them kept. The longest wait for a pong has in it, besides, what this process is
// late itself, which reads ten thousand ends meanwhile.
func BenchmarkStall(b *testing.B) {
	for _, c := range []struct {
		name    string
		minutes int // of the sessions
		args    []string
		end     func(b *testing.B, s *server, room string)
	}{
		{"DisconnectUser", 60, nil, func(b *testing.B, s *server, room string) {
			b.Helper()
			s.must(b, "DisconnectUser", `{"roomIdentifier":"`+room+`","userId":"u"}`)
		}},
		{"DeleteRoom", 60, []string{"--close-deleted-rooms"}, func(b *testing.B, s *server, room string) {
			b.Helper()
			s.must(b, "DeleteRoom", `{"identifier":"`+room+`"}`)
		}},
		{"SessionEnd", 1, nil, func(*testing.B, *server, string) {}},
		{"Drain", 60, []string{"--drain-window", "2s"}, func(b *testing.B, s *server, _ string) {
			b.Helper()
			if err := syscall.Kill(s.pid, syscall.SIGTERM); err != nil {
				b.Fatal(err)
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				comeAndGo(b, c.minutes, c.args, c.end)
			}
		})
	}
}

func comeAndGo(b *testing.B, minutes int, args []string, end func(b *testing.B, s *server, room string)) {
	b.Helper()
	const n = 10_000
	admin := fmt.Sprint("127.0.0.1:", chattest.FreePort(b))
	s := serve(b, append([]string{"--admin-listen", admin}, args...)...)
	room := s.room(b)
	var here sync.WaitGroup
	for range n {
		token := s.must(b, "CreateChatToken", fmt.Sprintf(`{"roomIdentifier":%q,"userId":"u","sessionDurationInMinutes":%d}`, room, minutes))
		l := s.connect(b, token.Text("token"))
		here.Go(func() {
			l.listen()
			l.conn.Close()
		})
	}
	other := s.connect(b, s.token(b, s.room(b)))
	came, ok := turnsOf(admin)
	if !ok {
		b.Fatal("no metrics")
	}
	end(b, s, room)
	over := make(chan struct{})
	went := came
	go func() { // the server may go with them
		defer close(over)
		gone := make(chan struct{})
		go func() { here.Wait(); close(gone) }()
		for {
			if t, ok := turnsOf(admin); ok {
				went = t
			}
			select {
			case <-gone:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	pong := other.longestPong(over)
	<-over
	b.ReportMetric(float64(came.long), "come-turns>10ms")
	b.ReportMetric(came.bound*1e3, "come-turns<ms")
	b.ReportMetric(float64(went.long-came.long), "go-turns>10ms")
	b.ReportMetric(went.bound*1e3, "turns<ms")
	b.ReportMetric(float64(went.all-came.all), "go-turns")
	b.ReportMetric(pong.Seconds()*1e3, "pong-ms")
}

// turns are what a server's loops have told of theirs.
type turns struct {
	all, long int     // long: more than 10 ms
	bound     float64 // seconds, that none exceeded
}

func turnsOf(admin string) (t turns, ok bool) {
	resp, err := http.Get("http://" + admin + "/metrics")
	if err != nil {
		return t, false
	}
	defer resp.Body.Close()
	counts := map[float64]int{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		rest, found := strings.CutPrefix(lines.Text(), `parlor_loop_turn_seconds_bucket{le="`)
		le, count, _ := strings.Cut(rest, `"} `)
		bound, err := strconv.ParseFloat(le, 64)
		if n, bad := strconv.Atoi(count); found && err == nil && bad == nil {
			counts[bound] = n
			t.all = max(t.all, n)
		}
	}
	t.bound = math.Inf(1)
	for bound, n := range counts {
		if n == t.all {
			t.bound = min(t.bound, bound)
		}
	}
	t.long = t.all - counts[0.01]
	return t, len(counts) > 0
}

// longestPong pings until over, or until the connection ends, and returns the longest time
// it took to be answered.
func (l *listener) longestPong(over <-chan struct{}) (longest time.Duration) {
	for in := make([]byte, 256); ; time.Sleep(500 * time.Microsecond) {
		select {
		case <-over:
			return longest
		default:
		}
		began := time.Now()
		l.conn.Write([]byte{0x89, 0x80, 0, 0, 0, 0})
		if _, err := l.conn.Read(in); err != nil {
			return longest
		}
		longest = max(longest, time.Since(began))
	}
}

package cluster

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// A sample is what a node weighs at a time, with the connections it then has.
type sample struct {
	at          time.Duration
	rss         float64 // bytes
	goroutines  float64
	connections float64
}

// TestSoak is load with churn, and a kill every five minutes, for as long as SOAK says
// (make soak: an hour), or for a moment. The nodes that are not killed must not grow: RSS
// by less than 1 MiB an hour after warm-up, and goroutines only with connections.
func TestSoak(t *testing.T) {
	length := 20 * time.Second
	if soaking() {
		var err error
		if length, err = time.ParseDuration(os.Getenv("SOAK")); err != nil {
			t.Fatal(err)
		}
	}
	f := form(t, 3)
	m := f.talk(50 * time.Millisecond)
	begun, stop := time.Now(), make(chan struct{})
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() { churn(t, f.nodes[i%2], m.room, fmt.Sprint("guest", i), stop) })
	}
	all.Go(func() { killing(f.nodes[2], min(5*time.Minute, length/4), stop) })
	weights := make([][]sample, 2)
	for every := max(length/240, time.Second); time.Since(begun) < length; {
		pause(t, every)
		for i := range weights {
			s := f.nodes[i].weigh(t)
			s.at = time.Since(begun)
			weights[i] = append(weights[i], s)
		}
	}
	close(stop)
	all.Wait()
	m.end()
	for i, w := range weights {
		grown(t, f.nodes[i], w, length)
		judge(t, m.speakers[i], m.speakers[:2], nil)
	}
}

// churn comes and goes.
func churn(t *testing.T, n *node, room, user string, stop <-chan struct{}) {
	t.Helper()
	for {
		guest, err := enter(t, room, user, n, n)
		if err != nil {
			t.Errorf("%s can't enter at %s: %v", user, n.id, err)
			return
		}
		stay := time.After(time.Duration(1000+rand.IntN(9000)) * time.Millisecond)
		if err := guest.say(); err != nil {
			t.Errorf("%s can't speak at %s: %v", user, n.id, err)
		}
		select {
		case <-stay:
		case <-stop:
		}
		_ = guest.conn.CloseNow()
		<-guest.gone
		select {
		case <-stop:
			return
		default:
		}
	}
}

func killing(n *node, every time.Duration, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(every):
		}
		n.kill()
		n.start()
	}
}

// weigh reads the node's own metrics.
func (n *node) weigh(t *testing.T) (s sample) {
	t.Helper()
	resp, err := http.Get("http://" + n.addr(1) + "/metrics")
	if err != nil {
		t.Errorf("metrics of %s: %v", n.id, err)
		return s
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		name, _, _ = strings.Cut(name, "{")
		var v float64
		if _, err := fmt.Sscan(value, &v); err != nil {
			continue
		}
		switch {
		case name == "process_resident_memory_bytes":
			s.rss = v
		case name == "go_goroutines":
			s.goroutines = v
		case strings.HasSuffix(name, "connections"):
			s.connections += v
		}
	}
	return s
}

// grown fits a line through what the node weighed after the first fifth.
func grown(t *testing.T, n *node, w []sample, length time.Duration) {
	t.Helper()
	w = w[len(w)/5:]
	first, last := w[0], w[len(w)-1]
	var sx, sy, sxx, sxy float64
	for _, s := range w {
		x := s.at.Hours()
		sx, sy, sxx, sxy = sx+x, sy+s.rss, sxx+x*x, sxy+x*s.rss
	}
	count := float64(len(w))
	slope := (count*sxy - sx*sy) / (count*sxx - sx*sx) / (1 << 20)
	t.Logf("%s: RSS %.1f → %.1f MiB, slope %.2f MiB/h, goroutines %.0f → %.0f with %.0f → %.0f connections, over %v",
		n.id, first.rss/(1<<20), last.rss/(1<<20), slope, first.goroutines, last.goroutines, first.connections, last.connections, length)
	if length >= time.Hour && slope > 1 {
		t.Errorf("%s grows by %.2f MiB an hour, want less than 1", n.id, slope)
	}
	if grew := (last.goroutines - first.goroutines) - 2*(last.connections-first.connections); grew > 50 {
		t.Errorf("%s has %.0f goroutines more than its connections explain:\n%s", n.id, grew, n.goroutines(t))
	}
}

// goroutines tells what the node's goroutines do, the most frequent first.
func (n *node) goroutines(t *testing.T) string {
	t.Helper()
	resp, err := http.Get("http://" + n.addr(1) + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text[:min(len(text), 6000)])
}

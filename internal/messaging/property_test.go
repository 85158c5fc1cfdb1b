package messaging

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/loop"
	"parlor/internal/ws"
)

// TestDriversAgree plays the same random traffic on both drivers and compares
// what everybody heard. Frames are cut anywhere on their way.
func TestDriversAgree(t *testing.T) {
	const linger = 5 * time.Millisecond // nobody here hangs up by himself
	for seed := range uint64(6) {
		epoll := playRandom(t, loop.Config{Loops: 2, Linger: linger}, seed)
		threads := playRandom(t, loop.Config{Goroutines: true, Linger: linger}, seed)
		for who, want := range threads {
			got := epoll[who]
			if !slices.Equal(got.all, want.all) || !slices.Equal(got.own, want.own) {
				t.Errorf("seed %d: %s heard\n%q and %q with epoll,\n%q and %q with goroutines",
					seed, who, got.all, got.own, want.all, want.own)
			}
		}
		if len(epoll) != len(threads) {
			t.Errorf("seed %d: %d clients and %d", seed, len(epoll), len(threads))
		}
	}
}

// heard is what came to everybody and what came to one client alone. Within
// each there is an order; between them only time decides.
type heard struct{ all, own []string }

// playRandom plays one script and returns what everybody heard.
func playRandom(t *testing.T, cfg loop.Config, seed uint64) map[string]*heard {
	t.Helper()
	s, end := newStage(t, cfg, tcpPair(t))
	defer end()
	s.srv.deps.Quotas, s.pongs = nil, true
	rnd := rand.New(rand.NewPCG(seed, 1))
	all := map[string]*heard{}
	for step := range 60 {
		if len(s.clients) < 2 || rnd.IntN(8) == 0 {
			name := fmt.Sprintf("user%d", 10*step+rnd.IntN(3)) // stripped of digits: one user
			if step%2 == 0 {
				name = string(rune('a'+step/2)) + "lone"
			}
			s.join(name, capabilities[:rnd.IntN(4)]...)
			all[name] = &heard{}
		} else {
			names := sortedNames(s)
			s.act(rnd, names[rnd.IntN(len(names))])
		}
		s.barrier(all, step)
	}
	s.leave()
	return all
}

func sortedNames(s *stage) []string {
	var names []string
	for name := range s.clients {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// act has a client say something, in pieces. What may end a connection comes
// alone, as it races with what the room says meanwhile.
func (s *stage) act(rnd *rand.Rand, who string) {
	var out []byte
	if rnd.IntN(10) == 0 {
		endings := [][]byte{
			masked(ws.Close, []byte("\x03\xe8bye")),
			masked(ws.Text, []byte("\xff")), // not text
			[]byte("\x81\x05hello"),         // not masked
			masked(ws.Text, []byte(`{"Action":"DISCONNECT_USER","UserId":"user","Reason":"enough"}`)),
		}
		out = endings[rnd.IntN(len(endings))]
	} else {
		for range 1 + rnd.IntN(3) {
			out = append(out, randomFrame(rnd)...)
		}
	}
	c := s.clients[who]
	for len(out) > 0 {
		n := 1 + rnd.IntN(min(len(out), 400))
		c.conn.Write(out[:n])
		out = out[n:]
	}
}

func randomFrame(rnd *rand.Rand) []byte {
	texts := []string{
		message("hello"), message(strings.Repeat("long ", 99)), message(strings.Repeat("é", 501)), "nonsense", "[]",
		`{"Action":"SEND_MESSAGE","Content":"with attributes","Attributes":{"a":"b","c":"d"},"RequestId":"r"}`,
		`{"Action":"SEND_MESSAGE","Content":"big","Attributes":{"a":"` + strings.Repeat("x", 1024) + `"}}`,
		`{"Action":"DELETE_MESSAGE","Id":"AbCdEfGhIjKl"}`, `{"Action":"DELETE_MESSAGE","Id":"no"}`,
	}
	switch n := rnd.IntN(24); n {
	case 0:
		return masked(ws.Binary, []byte("bin"))
	case 1:
		return masked(ws.Ping, []byte("ping"))
	default:
		return masked(ws.Text, []byte(texts[n%len(texts)]))
	}
}

// barrier waits until everybody has heard what was said, and forgets those who
// have gone.
func (s *stage) barrier(all map[string]*heard, step int) {
	s.t.Helper()
	for range 2 { // what one client said is on the bus when it has heard something that came later
		for _, name := range sortedNames(s) {
			s.clients[name].conn.Write(masked(ws.Ping, []byte("barrier")))
		}
		for _, name := range sortedNames(s) {
			if !s.drain(name, all[name], func(f frame) bool { return f.op == ws.Pong && f.text == "barrier" }) {
				delete(s.clients, name)
			}
		}
		mark := fmt.Sprintf("app:%d", step)
		e := chat.Event{ID: chat.NewID(), EventName: mark, SendTime: time.Now()}
		if err := s.srv.deps.Hub.SendEvent(s.t.Context(), testRoom, e); err != nil {
			s.t.Fatal(err)
		}
		for _, name := range sortedNames(s) {
			if !s.drain(name, all[name], func(f frame) bool { return strings.Contains(f.text, `"`+mark+`"`) }) {
				delete(s.clients, name)
			}
		}
	}
}

// drain reads a client's frames until one is the last. It reports false when
// the connection ended first.
func (s *stage) drain(name string, h *heard, last func(frame) bool) bool {
	s.t.Helper()
	c := s.clients[name]
	for {
		select {
		case f := <-c.frames:
			switch text, _ := words(f); {
			case last(f):
				return true
			case f.op == 0:
				h.own = append(h.own, "drop")
				c.conn.Close()
				return false
			case f.op == ws.Pong && f.text == "barrier":
			case strings.HasPrefix(text, "event app:"):
			case f.op == ws.Pong, f.op == ws.Close, strings.HasPrefix(text, "error"):
				h.own = append(h.own, text)
			default:
				h.all = append(h.all, text)
			}
		case <-time.After(10 * time.Second):
			s.t.Fatalf("%s hears nothing any more", name)
		}
	}
}

package cluster

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A slowLink is a TCP proxy: what goes in at one end comes out at the other one later,
// and not at all while it is held.
type slowLink struct {
	addr  string
	to    string
	delay time.Duration // one way

	mu   sync.Mutex
	held chan struct{} // closed when traffic may go on; nil: it may
}

func slow(t *testing.T, to string, delay time.Duration) *slowLink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &slowLink{addr: l.Addr().String(), to: to, delay: delay}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", s.to)
			if err != nil {
				near.Close()
				continue
			}
			t.Cleanup(func() { near.Close(); far.Close() })
			go s.carry(far, near)
			go s.carry(near, far)
		}
	}()
	return s
}

// A parcel is some bytes and when they are due at the other end.
type parcel struct {
	data []byte
	due  time.Time
}

// carry brings bytes from one end to the other, each after the same time.
func (s *slowLink) carry(to, from net.Conn) {
	under := make(chan parcel, 4096)
	go func() {
		defer to.Close()
		for p := range under {
			time.Sleep(time.Until(p.due))
			s.mu.Lock()
			held := s.held
			s.mu.Unlock()
			if held != nil {
				<-held
			}
			if _, err := to.Write(p.data); err != nil {
				from.Close()
				for range under { // the reader must not hang
				}
				return
			}
		}
	}()
	defer close(under)
	for buf := make([]byte, 16<<10); ; {
		n, err := from.Read(buf)
		if n > 0 {
			under <- parcel{append([]byte(nil), buf[:n]...), time.Now().Add(s.delay)}
		}
		if err != nil {
			return
		}
	}
}

// hold lets nothing through for a while.
func (s *slowLink) hold(t *testing.T, d time.Duration) {
	t.Helper()
	free := make(chan struct{})
	s.mu.Lock()
	s.held = free
	s.mu.Unlock()
	pause(t, d)
	s.mu.Lock()
	s.held = nil
	s.mu.Unlock()
	close(free)
}

// A node whose link to NATS is slow, and now and then stands still for some seconds, is
// late and nothing else: every message arrives, once, in its sender's order; its tokens
// are good elsewhere, and those of others with it; the node with the fast link does not
// wait for it.
func TestSlowLink(t *testing.T) {
	const oneWay = 150 * time.Millisecond
	_, urls := natsCluster(t, 1)
	link := slow(t, strings.TrimPrefix(urls, "nats://"), oneWay)
	f := plan(t, 2)
	near, far := f.nodes[0], f.nodes[1]
	near.nats, far.nats = urls, "nats://"+link.addr
	f.start()
	m := f.talk(20 * time.Millisecond)
	pause(t, 2*time.Second)
	must(t)(enter(t, m.room, "a", far, near))
	must(t)(enter(t, m.room, "b", near, far))
	link.hold(t, 4*time.Second)
	pause(t, 3*time.Second)
	m.end()
	quick, distant := m.speakers[0], m.speakers[1]
	for _, l := range m.speakers {
		judge(t, l, m.speakers, nil)
		complete(t, l, m.speakers, latest(l))
		answered(t, l, func(*member, int, time.Time) bool { return false })
	}
	if first, _ := wait(quick); first > time.Second {
		t.Errorf("%s heard itself after up to %v: it waits for a slow link that is not its own", quick.user, first)
	}
	if longest, shortest := wait(distant); shortest < 2*oneWay || longest < 3*time.Second {
		t.Errorf("%s heard itself after %v to %v: its link is not slow", distant.user, shortest, longest)
	}
}

// wait returns the longest and the shortest time that a member waited for its own words.
func wait(m *member) (longest, shortest time.Duration) {
	said, heard := m.saidAt(), m.sure()
	shortest = time.Hour
	for n, at := range heard {
		took := at.Sub(said[n])
		longest, shortest = max(longest, took), min(shortest, took)
	}
	return longest, shortest
}

package cluster

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const redeemers = 1000

// A thousand redeemers at once, on three nodes, race for each of two hundred tokens of
// the three nodes (of sixty where something fails, unless soaking): exactly one gets in with each, also while a node is stopped, cut off
// or killed. Nobody gets in with a token whose node could not be asked, or could not
// tell what it had answered: then, and only then, a token may let in nobody.
func TestDoubleSpend(t *testing.T) {
	f := plan(t, 3)
	apart(t, f)
	f.start()
	room := f.nodes[0].room("spend")
	f.everywhere(room, f.nodes...)
	some := 60
	if soaking() {
		some = 200
	}
	for _, c := range []struct {
		name   string
		tokens int
		fault  func()
		lost   *node // whose tokens are lost with its memory
	}{
		{"all well", 200, nil, nil},
		{"one stopped", some, func() {
			f.nodes[2].signal(syscall.SIGSTOP)
			pause(t, 3*time.Second)
			f.nodes[2].signal(syscall.SIGCONT)
		}, nil},
		{"one cut off", some, func() {
			f.cut(f.nodes[0])
			pause(t, 3*time.Second)
			f.heal(f.nodes[0])
		}, nil},
		{"one killed", some, func() { f.nodes[1].kill(); f.nodes[1].start() }, f.nodes[1]},
	} {
		t.Run(c.name, func(t *testing.T) {
			exactlyOnce(t, f, spend(t, f, room, c.tokens, c.fault), c.lost)
			for _, n := range f.nodes {
				eventually(t, time.Minute, n.id+" is well", func() bool { return n.ready() == nil })
			}
		})
	}
}

// A race is what became of one token.
type race struct {
	in    atomic.Int64 // redeemers who got in
	vague atomic.Int64 // who got no answer, or 503: the node that minted it can't be asked
}

func exactlyOnce(t *testing.T, f *fleet, races []race, lost *node) {
	t.Helper()
	in, vague := 0, 0
	for i := range races {
		r, minter := &races[i], f.nodes[i%3]
		got, excused := r.in.Load(), r.vague.Load() > 0 || minter == lost
		in += int(got)
		vague += int(r.vague.Load())
		if got > 1 || got == 0 && !excused {
			t.Errorf("token %d of %s let %d in, want 1", i, minter.id, got)
		}
	}
	t.Logf("%d tokens let %d in; %d of %d tries got no verdict", len(races), in, vague, len(races)*redeemers)
	if in < len(races)/3 {
		t.Errorf("%d of %d tokens let somebody in: this proves little", in, len(races))
	}
}

// spend mints tokens in turn at all nodes, has redeemers race for them at all nodes, and
// lets fault happen meanwhile.
func spend(t *testing.T, f *fleet, room string, tokens int, fault func()) []race {
	t.Helper()
	minted := make([]string, tokens)
	for i := range minted {
		token, err := f.nodes[i%3].token(room, "u")
		if err != nil {
			t.Fatal(err)
		}
		minted[i] = token
	}
	races := make([]race, tokens)
	var all sync.WaitGroup
	var once sync.Once
	for r := range redeemers {
		all.Go(func() {
			seats := make([]redeemer, len(f.nodes))
			for i, token := range minted {
				if fault != nil && i > tokens/4 {
					once.Do(func() { all.Go(fault) })
				}
				at := (i + r) % 3
				switch seats[at].offer(f.nodes[at], token) {
				case http.StatusSwitchingProtocols:
					races[i].in.Add(1)
				case 0, http.StatusServiceUnavailable:
					races[i].vague.Add(1)
				}
			}
			for i := range seats {
				seats[i].leave()
			}
		})
	}
	all.Wait()
	return races
}

// A redeemer offers tokens in the barest handshakes there are, on one connection as long
// as they are refused.
type redeemer struct {
	conn net.Conn
	in   *bufio.Reader
}

// offer returns the status of the answer, or 0 if there is none.
func (r *redeemer) offer(n *node, token string) int {
	if r.conn == nil {
		conn, err := net.DialTimeout("tcp", n.addr(0), 3*time.Second)
		if err != nil {
			return 0
		}
		r.conn, r.in = conn, bufio.NewReaderSize(conn, 1024)
	}
	r.conn.SetDeadline(time.Now().Add(4 * time.Second))
	fmt.Fprintf(r.conn, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", token)
	resp, err := http.ReadResponse(r.in, nil)
	if err != nil {
		r.leave()
		return 0
	}
	if resp.StatusCode == http.StatusSwitchingProtocols || resp.Close {
		r.leave()
	} else if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		r.leave()
	}
	return resp.StatusCode
}

func (r *redeemer) leave() {
	if r.conn != nil {
		r.conn.Close()
		r.conn = nil
	}
}

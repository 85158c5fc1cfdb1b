package cluster

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Every token lets exactly one redeemer in, however many try at once and wherever, also
// while a node is killed or stopped: then those of that node may let nobody in.
func TestDoubleSpend(t *testing.T) {
	f := form(t, 3)
	room := f.nodes[0].room("spend")
	f.everywhere(room, f.nodes...)
	const redeemers = 1000
	t.Run("all well", func(t *testing.T) {
		for i, in := range spend(t, f, room, 100, redeemers, nil) {
			if in != 1 {
				t.Errorf("token %d of %s let %d in, want 1", i, f.nodes[i%3].id, in)
			}
		}
	})
	t.Run("one stopped", func(t *testing.T) {
		counts := spend(t, f, room, 50, redeemers, func() {
			f.nodes[2].signal(syscall.SIGSTOP)
			pause(t, 3*time.Second)
			f.nodes[2].signal(syscall.SIGCONT)
		})
		atMostOnce(t, f, counts)
	})
	t.Run("one killed", func(t *testing.T) {
		counts := spend(t, f, room, 50, redeemers, func() { f.nodes[1].kill(); f.nodes[1].start() })
		atMostOnce(t, f, counts)
	})
}

func atMostOnce(t *testing.T, f *fleet, counts []int) {
	t.Helper()
	well := 0
	for i, in := range counts {
		if in > 1 {
			t.Errorf("token %d of %s let %d in, want 1 at most", i, f.nodes[i%3].id, in)
		}
		well += in
	}
	if well == 0 {
		t.Error("no token let anybody in")
	}
}

// spend mints tokens in turn at all nodes, has redeemers race for each of them at all
// nodes, lets fault happen meanwhile, and returns how many each token let in.
func spend(t *testing.T, f *fleet, room string, tokens, redeemers int, fault func()) []int {
	t.Helper()
	minted := make([]string, tokens)
	for i := range minted {
		token, err := f.nodes[i%3].token(room, "u")
		if err != nil {
			t.Fatal(err)
		}
		minted[i] = token
	}
	counts := make([]atomic.Int64, tokens)
	work := make(chan func(), 64)
	var all sync.WaitGroup
	for range 48 {
		all.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	begun := make(chan struct{})
	var once sync.Once
	if fault != nil {
		all.Go(func() { <-begun; fault() })
	}
	for r := range redeemers {
		for i, token := range minted {
			work <- func() {
				if r == 0 && i > tokens/4 {
					once.Do(func() { close(begun) })
				}
				if admitted(f.nodes[(i+r)%3], token) {
					counts[i].Add(1)
				}
			}
		}
	}
	close(work)
	all.Wait()
	out := make([]int, tokens)
	for i := range counts {
		out[i] = int(counts[i].Load())
	}
	return out
}

// admitted offers a token in the barest handshake there is.
func admitted(n *node, token string) bool {
	conn, err := net.DialTimeout("tcp", n.addr(0), 3*time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(4 * time.Second))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", token)
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "HTTP/1.1 101")
}

package cluster

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"sync/atomic"
	"testing"
	"time"
)

// A balancer is a load balancer as docs/operate.md asks for: it sends each request to
// the next node that says it is ready, and passes WebSockets.
type balancer struct {
	*node // to call as any node
	ready []atomic.Bool
}

func balance(t *testing.T, f *fleet) *balancer {
	t.Helper()
	b := &balancer{ready: make([]atomic.Bool, len(f.nodes))}
	for i, n := range f.nodes {
		b.ready[i].Store(true)
		go func() {
			for t.Context().Err() == nil {
				b.ready[i].Store(n.ready() == nil)
				pause(t, 100*time.Millisecond)
			}
		}()
	}
	var turn atomic.Int64
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			next := f.nodes[b.next(&turn)]
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", next.addr(0), r.In.Host
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 16},
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	b.node = &node{t: t, id: "balancer", host: "127.0.0.1", http: &http.Client{}}
	if _, err := fmt.Sscanf(s.URL, "http://127.0.0.1:%d", &b.ports[0]); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *balancer) next(turn *atomic.Int64) int {
	for range b.ready {
		if i := int(turn.Add(1)) % len(b.ready); b.ready[i].Load() {
			return i
		}
	}
	return 0
}

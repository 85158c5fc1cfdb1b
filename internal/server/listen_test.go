package server

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parlor/internal/sigv4"
)

// A pipe is a listener of one connection that exists in memory.
type pipe struct{ conns chan net.Conn }

func (p pipe) Accept() (net.Conn, error) {
	if c, ok := <-p.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipe) Close() error { return nil }

func (pipe) Addr() net.Addr { return &net.TCPAddr{} }

// TestStuckClients has clients that stop at each point of a request: none of them holds
// a connection for good.
func TestStuckClients(t *testing.T) {
	for _, tt := range []struct {
		name, sent string
		patience   time.Duration
	}{
		{"in the header", "POST / HTTP/1.1\r\nHost: x\r\nContent-Le", headerTimeout},
		{"in the body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", bodyTimeout},
		{"before the answer", "POST / HTTP/1.1\r\nHost: x\r\n\r\n", replyTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				l := pipe{make(chan net.Conn, 1)}
				l.conns <- far
				answer := make([]byte, 64<<10)
				s := httpServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, err := io.Copy(io.Discard, r.Body); err == nil {
						_, _ = w.Write(answer)
					}
				}), slog.New(slog.DiscardHandler))
				ended := make(chan error)
				go func() { ended <- s.Serve(l) }()

				_, _ = io.WriteString(near, tt.sent)
				time.Sleep(tt.patience + time.Second)
				synctest.Wait()
				if n, _ := io.Copy(io.Discard, near); n >= int64(len(answer)) {
					t.Errorf("after %v the client was still waited for", tt.patience)
				}
				close(l.conns)
				<-ended
			})
		})
	}
}

// TestLongestQuery is the longest request that the contract allows: fifty tag keys of
// 128 letters, each of twelve characters once it is escaped.
func TestLongestQuery(t *testing.T) {
	r := run(t)
	room := "arn:aws:ivschat:us-west-2:000000000000:room/" + devRoom
	keys := url.Values{}
	for i := range 50 {
		keys.Add("tagKeys", strings.Repeat("\U00020000", 126)+fmt.Sprint(10+i))
	}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, r.url+"/tags/"+url.PathEscape(room)+"?"+keys.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sigv4.Sign(q, nil, devCred(), "us-west-2", "ivschat", time.Now()); err != nil {
		t.Fatal(err)
	}
	if status, text := answered(t, q); status != http.StatusOK {
		t.Errorf("UntagResource of 50 keys = %d %.200s, want 200", status, text)
	}
}

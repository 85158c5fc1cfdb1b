package messaging

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/loop"
	"parlor/internal/quota"
	"parlor/internal/ws"
)

// serve puts a stage's server behind HTTP.
func serve(t *testing.T, cfg loop.Config) (*stage, *httptest.Server) {
	t.Helper()
	s, end := newStage(t, cfg, nil)
	web := httptest.NewServer(s.srv)
	t.Cleanup(func() {
		web.Close()
		end()
	})
	return s, web
}

// shake sends an opening handshake, and bytes behind it.
func shake(t *testing.T, web *httptest.Server, path, token, more string) (net.Conn, *bufio.Reader, *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	header := ""
	if token != "" {
		header = "Sec-WebSocket-Protocol: " + token + "\r\n"
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nOrigin: http://elsewhere\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n%s", path, header, more)
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, r, res
}

func TestHandshake(t *testing.T) {
	for _, goroutines := range []bool{false, true} {
		_, web := serve(t, loop.Config{Goroutines: goroutines})
		// A frame right behind the handshake is not lost.
		_, r, res := shake(t, web, "/any/path?x=.amazonaws.com", "good", string(masked(ws.Ping, []byte("early"))))
		if got := res.Header.Get("Sec-WebSocket-Protocol"); res.StatusCode != 101 || got != "good" {
			t.Fatalf("%d with protocol %q, want 101 with the token", res.StatusCode, got)
		}
		pong := make([]byte, 7)
		if _, err := io.ReadFull(r, pong); err != nil || string(pong) != "\x8a\x05early" {
			t.Errorf("heard %q, %v, want a pong", pong, err)
		}
	}
}

func TestHandshakeDenied(t *testing.T) {
	s, web := serve(t, loop.Config{})
	for _, c := range []struct {
		name, token string
		before      func()
		want        int
	}{
		{"no token", "", nil, 401},
		{"garbage", "garbage", nil, 403},
		{"expired", "expired", nil, 401},
		{"used", "used", nil, 401},
		{"its node is away", "orphan", nil, 503},
		{"too many connections", "good", func() { s.srv.deps.Quotas = full{} }, 429},
		{"room deleted", "good", func() { s.rooms.change([]string{"gone"}) }, 404},
		{"draining", "good", func() { s.srv.draining.Store(true) }, 503},
	} {
		if c.before != nil {
			c.before()
		}
		_, _, res := shake(t, web, "/", c.token, "")
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != c.want || !strings.HasPrefix(string(body), `{"message":"`) {
			t.Errorf("%s: %d %s, want %d with a JSON message", c.name, res.StatusCode, body, c.want)
		}
	}
	s.srv.draining.Store(false)
	res, err := http.Get(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusUpgradeRequired || res.Header.Get("Upgrade") != "websocket" {
		t.Errorf("a plain GET: %d %v", res.StatusCode, res.Header)
	}
}

// full is quotas without a connection left.
type full struct{ *quota.Quotas }

func (full) Acquire(context.Context, quota.Key) error { return quota.Exceeded(quota.Key{}, 0) }

// tallied is quotas that count the connections held.
type tallied struct {
	*quota.Quotas
	held atomic.Int32
}

func (q *tallied) Acquire(context.Context, quota.Key) error { q.held.Add(1); return nil }
func (q *tallied) Release(quota.Key)                        { q.held.Add(-1) }

// TestNothingIsHeld ends handshakes at each point: neither a seat nor a part of the
// account's connections stays taken.
func TestNothingIsHeld(t *testing.T) {
	s, web := serve(t, loop.Config{})
	held := &tallied{Quotas: quota.New(quota.Config{})}
	s.srv.deps.Quotas = held
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "good",
	} {
		request.Header.Set(name, value)
	}
	for _, c := range []struct {
		name string
		end  func()
	}{
		{"the connection can't be taken over", func() { s.srv.ServeHTTP(httptest.NewRecorder(), request) }},
		{"the room can't be joined", func() {
			leave, err := s.bus.Subscribe(testRoom, func([]byte) {}) // its one place on the bus
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
			if _, _, res := shake(t, web, "/", "good", ""); res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("a room that can't be joined: %d, want 503", res.StatusCode)
			}
		}},
		{"the client hangs up", func() {
			conn, _, res := shake(t, web, "/", "good", "")
			if _, n := s.srv.deps.Hub.Count(); res.StatusCode != 101 || n != 1 || held.held.Load() != 1 {
				t.Errorf("%s: %d connections, %d held, want 1", res.Status, n, held.held.Load())
			}
			conn.Close()
		}},
		{"the driver has stopped", func() {
			driver, err := loop.New(loop.Config{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_ = driver.Run(ctx)
			s.srv.deps.Driver = driver
			conn, _, _ := shake(t, web, "/", "good", "")
			_, _ = io.ReadAll(conn)
		}},
	} {
		c.end()
		for until := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			rooms, n := s.srv.deps.Hub.Count()
			if rooms == 0 && n == 0 && held.held.Load() == 0 {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("%s: %d seats and %d connections are still held", c.name, n, held.held.Load())
			}
		}
	}
}

func TestDrain(t *testing.T) {
	for _, goroutines := range []bool{false, true} {
		s, web := serve(t, loop.Config{Goroutines: goroutines})
		const n = 20
		var readers []*bufio.Reader
		for range n {
			_, r, res := shake(t, web, "/", "good", "")
			if res.StatusCode != 101 {
				t.Fatal(res.Status)
			}
			readers = append(readers, r)
		}
		began := time.Now()
		const window = 200 * time.Millisecond
		if err := s.srv.Drain(t.Context(), window); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < window/2 {
			t.Errorf("drained in %v, want it spread over %v", took, window)
		}
		for _, r := range readers {
			left, err := io.ReadAll(r)
			left = bytes.ReplaceAll(left, []byte("\x89\x00"), nil) // but for a ping
			if len(left) > 0 || err != nil && !errors.Is(err, net.ErrClosed) {
				t.Errorf("heard %q, %v, want a drop without a close frame", left, err)
			}
		}
	}
}

// TestNothingAfterTheEnd has somebody talk without a pause until the session is over:
// nothing is taken after its deadline, and the refusals name the requests.
func TestNothingAfterTheEnd(t *testing.T) {
	for _, goroutines := range []bool{false, true} {
		s, web := serve(t, loop.Config{Goroutines: goroutines})
		s.srv.deps.Quotas = nil
		conn, r, res := shake(t, web, "/", "brief", "")
		if res.StatusCode != 101 {
			t.Fatal(res.Status)
		}
		end := time.Now().Add(briefly) // or a little before
		go func() {
			for err := error(nil); err == nil; time.Sleep(2 * time.Millisecond) {
				_, err = conn.Write(masked(ws.Text, []byte(`{"Action":"SEND_MESSAGE","Content":"x","RequestId":"r"}`)))
			}
		}()
		c := &client{conn: bufferedConn{conn, r}, frames: make(chan frame, 10_000)}
		go c.listen()
		said, refused := 0, 0
		for f := range c.frames {
			var e struct {
				Type      string
				SendTime  time.Time
				ErrorCode int
			}
			if f.op != ws.Text || json.Unmarshal([]byte(f.text), &e) != nil {
				continue
			}
			if said++; e.ErrorCode == 401 {
				refused++
			}
			if e.Type == "MESSAGE" && e.SendTime.After(end) {
				t.Fatalf("a message was taken %v after the session's end", e.SendTime.Sub(end))
			}
		}
		if said < 2 || refused == 0 {
			t.Errorf("%d frames, %d of them 401; want messages, and then 401", said, refused)
		}
	}
}

// TestLiftedQuotas has somebody say much at once where nothing is limited, on one node
// of several: there is nobody to ask, and nothing is refused.
func TestLiftedQuotas(t *testing.T) {
	off, err := quota.Profile(quota.ProfileOff)
	if err != nil {
		t.Fatal(err)
	}
	s, web := serve(t, loop.Config{})
	s.srv.deps.Quotas, s.srv.deps.Alone = quota.New(quota.Config{Limits: off}), func() bool { return false }
	conn, r, res := shake(t, web, "/", "talker", "")
	if res.StatusCode != 101 {
		t.Fatal(res.Status)
	}
	const many = 300
	if _, err := conn.Write(bytes.Repeat(masked(ws.Text, []byte(message("x"))), many)); err != nil {
		t.Fatal(err)
	}
	c := &client{conn: bufferedConn{conn, r}, frames: make(chan frame, 2*many)}
	go c.listen()
	for i := range many {
		if err := s.hear(c, "alice: x", false); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
}

// A bufferedConn reads what a handshake's reader has read too far first.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (b bufferedConn) Read(p []byte) (int, error) { return b.r.Read(p) }

func TestClaimsBindTheSession(t *testing.T) {
	c := chat.Claims{UserID: "u", Capabilities: []chat.Capability{chat.DeleteMessage, chat.DeleteMessage}}
	s := newSession(&Server{}, &c, netip.Addr{}, time.Now())
	for _, known := range capabilities {
		if got, want := s.can(known), known == chat.DeleteMessage; got != want {
			t.Errorf("can(%s) = %v, want %v", known, got, want)
		}
	}
	if got := s.Info().Capabilities; len(got) != 1 || got[0] != chat.DeleteMessage {
		t.Errorf("capabilities = %v", got)
	}
}

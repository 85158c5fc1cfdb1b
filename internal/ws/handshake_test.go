package ws_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parlor/internal/ws"
)

// request is the sample handshake of RFC 6455 §1.3, changed by edit.
func request(edit func(r *http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/chat?x=1", nil)
	r.Header.Set("Connection", "keep-alive, Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-Websocket-Version", "13")
	r.Header.Set("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	if edit != nil {
		edit(r)
	}
	return r
}

func set(key string, values ...string) func(r *http.Request) {
	return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(key)] = values }
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		edit   func(r *http.Request)
		status int // 0: accepted
		header string
	}{
		{"the sample", nil, 0, ""},
		{"connection over two lines", set("Connection", "keep-alive", "UPGRADE"), 0, ""},
		{"upgrade among others", set("Upgrade", "h2c , WebSocket"), 0, ""},
		{"POST", func(r *http.Request) { r.Method = http.MethodPost }, 405, "Allow"},
		{"HTTP/1.0", func(r *http.Request) { r.ProtoMinor = 0 }, 400, ""},
		{"HTTP/2", func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, 400, ""},
		{"no connection", set("Connection"), 426, "Upgrade"},
		{"connection alike", set("Connection", "upgrades"), 426, "Upgrade"},
		{"other upgrade", set("Upgrade", "h2c"), 426, "Upgrade"},
		{"version 8", set("Sec-WebSocket-Version", "8"), 426, "Sec-WebSocket-Version"},
		{"no version", set("Sec-WebSocket-Version"), 426, "Sec-WebSocket-Version"},
		{"two versions", set("Sec-WebSocket-Version", "13", "13"), 426, "Sec-WebSocket-Version"},
		{"no key", set("Sec-WebSocket-Key"), 400, ""},
		{"two keys", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="), 400, ""},
		{"key of 15 bytes", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j"), 400, ""},
		{"key of 17 bytes", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZSE="), 400, ""},
		{"key not base64", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=*"), 400, ""},
		{"key with stray bits", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZR=="), 400, ""},
		{"a body", func(r *http.Request) { r.ContentLength = 5 }, 400, ""},
		{"a body of unknown length", func(r *http.Request) { r.ContentLength = -1 }, 400, ""},
	}
	for _, tt := range tests {
		err := ws.Check(request(tt.edit))
		if tt.status == 0 {
			if err != nil {
				t.Errorf("%s: Check = %v, want nil", tt.name, err)
			}
			continue
		}
		var refusal *ws.HandshakeError
		if !errors.As(err, &refusal) || refusal.Status != tt.status || refusal.Reason == "" {
			t.Errorf("%s: Check = %v, want status %d", tt.name, err, tt.status)
			continue
		}
		if tt.header != "" && refusal.Header.Get(tt.header) == "" {
			t.Errorf("%s: Check gives headers %v, want %s among them", tt.name, refusal.Header, tt.header)
		}
	}
}

func TestProtocols(t *testing.T) {
	r := request(set("Sec-WebSocket-Protocol", "a.b, c", ",d"))
	if got, want := ws.Protocols(r), []string{"a.b", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("Protocols = %q, want %q", got, want)
	}
	if got := ws.Protocols(request(nil)); len(got) != 0 {
		t.Errorf("Protocols without the header = %q, want none", got)
	}
}

// open sends raw to a server that accepts with protocol and then echoes what
// came behind the request, and returns what the client reads until the end.
func open(t *testing.T, raw, protocol string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := ws.Accept(w, r, protocol)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer conn.Close()
		rest, _ := io.ReadAll(conn)
		_, _ = conn.Write(append(buffered, rest...))
	}))
	t.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

const sample = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate\r\n"

// The key and its acceptance are those of RFC 6455 §1.3; extensions are never
// negotiated (behaviour.md §2.1).
func TestAccept(t *testing.T) {
	const accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	tests := []struct {
		name, raw, protocol, want string
	}{
		{"no subprotocol", sample + "\r\n", "", accepted + "\r\n"},
		{"subprotocol echoed", sample + "Sec-WebSocket-Protocol: x, a.b_c-1\r\n\r\n", "a.b_c-1", accepted + "Sec-WebSocket-Protocol: a.b_c-1\r\n\r\n"},
		{"early bytes kept", sample + "\r\nearly", "", accepted + "\r\nearly"},
	}
	for _, tt := range tests {
		if got := open(t, tt.raw, tt.protocol); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAcceptEchoesOnlyAnOffer(t *testing.T) {
	for _, protocol := range []string{"other", "a b", "a=b"} {
		got := open(t, sample+"Sec-WebSocket-Protocol: a b, a=b, c\r\n\r\n", protocol)
		if !strings.HasPrefix(got, "HTTP/1.1 500 ") {
			t.Errorf("Accept with the subprotocol %q answered %.40q, want it refused", protocol, got)
		}
	}
}

// A taken is a ResponseWriter whose connection is a pipe.
type taken struct {
	http.ResponseWriter
	conn net.Conn
}

func (t taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return t.conn, bufio.NewReadWriter(bufio.NewReader(t.conn), bufio.NewWriter(t.conn)), nil
}

// A client that does not read, because its buffers are full of other answers,
// is not waited for: what its session holds would be held for ever.
func TestAcceptDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		start := time.Now()
		_, _, err := ws.Accept(taken{httptest.NewRecorder(), far}, request(nil), "")
		if took := time.Since(start); err == nil || took > 10*time.Second {
			t.Errorf("Accept = %v after %v, want an error within 10s", err, took)
		}
	})
}

// Only the answer has a deadline: a session stays open though nobody says a word.
func TestAcceptLeavesNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		go func() {
			_, _ = http.ReadResponse(bufio.NewReader(near), nil)
			time.Sleep(time.Hour)
			_, _ = io.WriteString(near, "x")
		}()
		conn, _, err := ws.Accept(taken{httptest.NewRecorder(), far}, request(nil), "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Errorf("read an hour after the handshake: %v", err)
		}
	})
}

package conformance

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A line is a connection to the messaging endpoint without any library.
type line struct {
	conn  net.Conn
	in    *bufio.Reader
	pings bool // read returns the server's pings, instead of answering them
}

// handshake is the opening handshake of RFC 6455 §1.3, with edits: "Key: value"
// sets a header, "Key:" drops it.
func handshake(path, token string, edits ...string) string {
	names := []string{"Host", "Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"}
	headers := map[string]string{
		"Host": "edge.ivschat.us-west-2.amazonaws.com", "Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": token,
	}
	for _, e := range edits {
		name, value, _ := strings.Cut(e, ":")
		if _, known := headers[name]; !known {
			names = append(names, name)
		}
		headers[name] = strings.TrimSpace(value)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\n", path)
	for _, name := range names {
		if headers[name] != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, headers[name])
		}
	}
	return b.String() + "\r\n"
}

// raw sends a handshake and returns the answer's head. The line is good for
// frames if the status is 101.
func (s *server) raw(t *testing.T, request string) (*line, *http.Response) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.endpoint, "http://"), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("the answer to %.200q: %v", request, err)
	}
	return &line{conn: conn, in: in}, resp
}

// open opens a line for user.
func (s *server) open(t *testing.T, room, user string) *line {
	t.Helper()
	l, resp := s.raw(t, handshake("/", s.token(t, room, user, send)))
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake got %s", resp.Status)
	}
	return l
}

// write sends one masked frame, its first byte as given.
func (l *line) write(t *testing.T, first byte, payload string) {
	t.Helper()
	if _, err := l.conn.Write(masked(first, payload)); err != nil {
		t.Fatal(err)
	}
}

func masked(first byte, payload string) []byte {
	n := len(payload)
	b := []byte{first}
	if n < 126 {
		b = append(b, 0x80|byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0xFE), uint16(n))
	}
	key := [4]byte{1, 2, 3, 4}
	b = append(b, key[:]...)
	for i := range n {
		b = append(b, payload[i]^key[i%4])
	}
	return b
}

// read reads the server's next frame. Pings, which may come at any time, are
// answered on the way.
func (l *line) read(t *testing.T) (first byte, payload string) {
	t.Helper()
	for {
		first, payload = l.frame(t)
		if first != 0x89 || l.pings {
			return first, payload
		}
		l.write(t, 0x8A, payload)
	}
}

// frame reads one frame of the server, which is never masked nor in fragments.
func (l *line) frame(t *testing.T) (first byte, payload string) {
	t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(l.in, head[:]); err != nil {
		t.Fatalf("wait for a frame: %v", err)
	}
	if head[0]&0xF0 != 0x80 || head[1]&0x80 != 0 {
		t.Fatalf("the frame begins %x", head)
	}
	n := int(head[1])
	switch n {
	case 126:
		var long [2]byte
		_, _ = io.ReadFull(l.in, long[:])
		n = int(binary.BigEndian.Uint16(long[:]))
	case 127:
		t.Fatalf("the frame has a length of 64 bits")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(l.in, b); err != nil {
		t.Fatalf("wait for a frame's payload: %v", err)
	}
	return head[0], string(b)
}

// closing reads frames up to a close frame and the connection's end, and
// returns the close code.
func (l *line) closing(t *testing.T) uint16 {
	t.Helper()
	for {
		first, payload := l.read(t)
		if first != 0x88 {
			continue
		}
		if len(payload) < 2 {
			t.Fatalf("the close frame has no code")
		}
		code := binary.BigEndian.Uint16([]byte(payload))
		l.write(t, 0x88, payload[:2])
		if _, err := io.ReadAll(l.in); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("after the close frame: %v, want the connection's end", err)
		}
		return code
	}
}

func TestSubprotocolEcho(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	token := shared.token(t, room, "u")
	l, resp := shared.raw(t, handshake("/", token, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"))
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake got %s", resp.Status)
	}
	for name, want := range map[string]string{
		"Sec-WebSocket-Protocol":   token,
		"Sec-WebSocket-Accept":     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
		"Sec-WebSocket-Extensions": "",
		"Upgrade":                  "websocket",
		"Connection":               "Upgrade",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// No greeting: the first thing heard is the answer to a ping.
	l.write(t, 0x89, "first")
	if first, payload := l.read(t); first != 0x8A || payload != "first" {
		t.Errorf("the first frame is %x %q, want the pong", first, payload)
	}
}

func TestHandshakeRefused(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	gone := shared.room(t, nil)
	orphan := shared.token(t, gone, "u")
	if r := shared.call(t, "DeleteRoom", `{"identifier":`+quote(gone)+`}`); r.status != http.StatusNoContent {
		t.Fatalf("DeleteRoom: %d", r.status)
	}
	good := shared.token(t, room, "u")
	altered := []byte(good)
	altered[len(altered)/2] ^= 1
	tests := []struct {
		name, request string
		status        int
		header        string
	}{
		{"no token", handshake("/", ""), 401, ""},
		{"garbage", handshake("/", "garbage"), 403, ""},
		{"garbage of a token's form", handshake("/", strings.Repeat("A", 40)+"."+strings.Repeat("B", 120)), 403, ""},
		{"an altered token", handshake("/", string(altered)), 403, ""},
		{"a token cut short", handshake("/", good[:len(good)-1]), 403, ""},
		{"a deleted room's token", handshake("/", orphan), 404, ""},
		{"version 8", handshake("/", good, "Sec-WebSocket-Version: 8"), 426, "Sec-Websocket-Version"},
		{"a short key", handshake("/", good, "Sec-WebSocket-Key: c2hvcnQ="), 400, ""},
	}
	for _, tt := range tests {
		_, resp := shared.raw(t, tt.request)
		body, _ := io.ReadAll(resp.Body)
		var out struct{ Message string }
		err := json.Unmarshal(body, &out)
		if resp.StatusCode != tt.status || err != nil || out.Message == "" {
			t.Errorf("%s: %s with %q, want %d and a message in JSON", tt.name, resp.Status, body, tt.status)
		}
		if tt.header != "" && resp.Header.Get(tt.header) == "" {
			t.Errorf("%s: no %s in %v", tt.name, tt.header, resp.Header)
		}
	}
	// None of the handshakes above that were no handshakes spent the token.
	if got := shared.refused(t, good); got != http.StatusSwitchingProtocols {
		t.Errorf("after that the token gets %d, want 101", got)
	}
}

// Path, query and Origin are no concern of the endpoint (behaviour.md §2.1).
func TestAnyPath(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	for _, path := range []string{"/", "/?x=.amazonaws.com", "/ws", "/?.amazonaws.com", "/a/b%2Fc?d", "/CreateRoom", "/console/", "//"} {
		_, resp := shared.raw(t, handshake(path, shared.token(t, room, "u"), "Origin: https://example.com"))
		if resp.StatusCode != http.StatusSwitchingProtocols {
			t.Errorf("the handshake on %s got %s, want 101", path, resp.Status)
		}
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	l := shared.open(t, shared.room(t, nil), "u")
	for _, payload := range []string{"", "hello", strings.Repeat("x", 125)} {
		l.write(t, 0x89, payload)
		if first, got := l.read(t); first != 0x8A || got != payload {
			t.Errorf("ping %q is answered by %x %q", payload, first, got)
		}
	}
	l.write(t, 0x8A, "unasked") // a pong nobody asked for is fine
	l.write(t, 0x88, "\x03\xE8bye")
	if code := l.closing(t); code != 1000 {
		t.Errorf("a close of 1000 is answered by %d", code)
	}
}

// The server looks after its silent connections itself (behaviour.md §2.6).
func TestServerPings(t *testing.T) {
	t.Parallel()
	s := start(t, "--dev", "--listen", "127.0.0.1:0", "--ping-interval", "200ms")
	room := s.room(t, nil)
	idle := s.open(t, room, "idle")
	idle.pings = true
	for range 10 {
		first, payload := idle.read(t)
		if first != 0x89 {
			t.Fatalf("a silent connection hears %x %q, want a ping", first, payload)
		}
		idle.write(t, 0x8A, payload)
	}
	s.join(t, room, "speaker", send).message(t, "still there?", "1")
	for {
		first, payload := idle.read(t)
		if first == 0x81 && strings.Contains(payload, "still there?") {
			return
		}
		if first != 0x89 {
			t.Fatalf("the idle viewer hears %x %q", first, payload)
		}
		idle.write(t, 0x8A, payload)
	}
}

// What breaks RFC 6455 ends the connection with the close code it prescribes.
func TestWireViolations(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	tests := []struct {
		name string
		sent []byte
		code uint16
	}{
		{"not masked", []byte{0x81, 0x02, 'h', 'i'}, 1002},
		{"a reserved bit", masked(0xC1, "{}"), 1002},
		{"a reserved opcode", masked(0x83, "{}"), 1002},
		{"a continuation of nothing", masked(0x80, "{}"), 1002},
		{"a ping in fragments", masked(0x09, "{}"), 1002},
		{"not UTF-8", masked(0x81, "\"\xFF\""), 1007},
		{"more than 16 KiB, on the header", []byte{0x81, 0xFE, 0x40, 0x01, 1, 2, 3, 4}, 1009},
		{"a close code not allowed", masked(0x88, "\x03\xED"), 1002},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // the server waits a little for the client's own close frame
			l := shared.open(t, room, "u")
			if _, err := l.conn.Write(tt.sent); err != nil {
				t.Fatal(err)
			}
			if code := l.closing(t); code != tt.code {
				t.Errorf("close code %d, want %d", code, tt.code)
			}
		})
	}
}

package conformance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hear reads frames until one holds text.
func (l *line) hear(t *testing.T, text string) {
	t.Helper()
	for {
		first, payload := l.read(t)
		if first == 0x81 && strings.Contains(payload, text) {
			return
		}
		if first == 0x88 {
			t.Fatalf("closed with %x before %q", payload, text)
		}
	}
}

func action(content string) string {
	return fmt.Sprintf(`{"Action":"SEND_MESSAGE","Content":%s}`, quote(content))
}

// However the network cuts bytes, the same is heard: a frame in the handshake's
// own segment, one that comes byte by byte, one in fragments with a ping
// between them, several in one segment.
func TestSplitFrames(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	early, resp := shared.raw(t, handshake("/", shared.token(t, room, "u", send))+string(masked(0x81, action("early"))))
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake got %s", resp.Status)
	}
	early.hear(t, "early")

	for _, b := range masked(0x81, action("byte by byte")) {
		if _, err := early.conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	early.hear(t, "byte by byte")

	whole := action("in fragments 😀")
	cut := strings.Index(whole, "😀") + 2 // within a rune
	early.write(t, 0x01, whole[:cut])
	early.write(t, 0x89, "between")
	early.write(t, 0x00, "")
	if first, payload := early.read(t); first != 0x8A || payload != "between" {
		t.Errorf("a ping between fragments is answered by %x %q", first, payload)
	}
	early.write(t, 0x80, whole[cut:])
	early.hear(t, "in fragments 😀")

	if _, err := early.conn.Write(append(masked(0x81, action("one")), masked(0x81, action("two"))...)); err != nil {
		t.Fatal(err)
	}
	early.hear(t, "one")
	early.hear(t, "two")
}

// A handshake that is not one is refused and costs nothing else.
func TestHostileHandshakes(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	token := shared.token(t, room, "u")
	for name, tt := range map[string]struct {
		request string
		low     int // the least status that is a refusal of it
	}{
		"a header of 2 MiB":        {handshake("/", token, "X-Long: "+strings.Repeat("x", 2<<20)), 400},
		"a token of 16 KiB":        {handshake("/", strings.Repeat("x", 16<<10)), 400},
		"a hundred tokens":         {handshake("/", strings.TrimSuffix(strings.Repeat("x,", 100), ",")), 400},
		"a body of frames":         {handshake("/", token, "Content-Length: 5") + "frame", 400},
		"a chunked body":           {handshake("/", token, "Transfer-Encoding: chunked") + "0\r\n\r\n", 400},
		"no upgrade in Connection": {handshake("/", token, "Connection: keep-alive"), 400},
		"another protocol":         {handshake("/", token, "Upgrade: h2c"), 400},
		"POST":                     {strings.Replace(handshake("/", token), "GET", "POST", 1), 400},
		"HTTP/1.0":                 {strings.Replace(handshake("/", token), "HTTP/1.1", "HTTP/1.0", 1), 400},
	} {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(shared.endpoint, "http://"), patience)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		go func() { _, _ = io.WriteString(conn, tt.request) }() // the server may not read it all
		var major, minor, status int
		if _, err := fmt.Fscanf(conn, "HTTP/%d.%d %d", &major, &minor, &status); err != nil || status < tt.low {
			t.Errorf("%s: status %d, %v, want it refused", name, status, err)
		}
		_ = conn.Close()
	}
	if got := shared.refused(t, token); got != http.StatusSwitchingProtocols {
		t.Errorf("after that the token gets %d, want 101", got)
	}
}

// Connections that end in every rude way leave the others alone.
func TestRudeEnds(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	watcher := shared.open(t, room, "watcher")
	for i := range 30 {
		l := shared.open(t, room, fmt.Sprint("rude", i))
		tcp, ok := l.conn.(*net.TCPConn)
		if !ok {
			t.Fatalf("the connection is a %T", l.conn)
		}
		switch i % 3 {
		case 0: // a reset
			_ = tcp.SetLinger(0)
		case 1: // within a frame
			_, _ = tcp.Write(masked(0x81, action("cut off"))[:10])
		case 2: // half closed, a message before it
			l.write(t, 0x89, "x")
			_ = tcp.CloseWrite()
		}
		_ = tcp.Close()
	}
	watcher.write(t, 0x81, action("I am still here"))
	watcher.hear(t, "I am still here")
}

package conformance

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Who doesn't read is dropped when too much waits for him, without a close
// frame, so that an SDK comes back; nobody else notices. With either way to
// drive connections.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{"loops": nil, "goroutines": {"--goroutine-driver"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, append([]string{"--dev", "--listen", "127.0.0.1:0", "--quotas", "off"}, flags...)...)
			slowReader(t, s)
		})
	}
}

func slowReader(t *testing.T, s *server) {
	t.Helper()
	room := s.room(t, nil)
	slow := s.open(t, room, "slow")
	tcp, ok := slow.conn.(*net.TCPConn)
	if !ok {
		t.Fatalf("the connection is a %T", slow.conn)
	}
	_ = tcp.SetReadBuffer(64 << 10)
	watcher, speaker := s.join(t, room, "watcher"), s.join(t, room, "speaker", send)
	heard := make(chan string, 1)
	go watch(t, watcher, heard)

	filler := strings.Repeat("😀", 400)
	var n int
	for began := time.Now(); ; {
		const burst = 50 // what the speaker says before it listens
		for range burst {
			speaker.say(t, fmt.Sprintf(`{"Action":"SEND_MESSAGE","Content":"%d %s","Attributes":{"k":"%s"}}`, n, filler, strings.Repeat("x", 1000)))
			n++
		}
		for range burst {
			speaker.expect(t, "MESSAGE", "")
		}
		all, err := s.metrics()
		if err != nil {
			t.Fatal(err)
		}
		if all["ivschat_concurrent_chat_connections"] == 2 {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("after %d messages nobody was dropped: %v", n, all)
		}
	}
	speaker.message(t, "last", "last")
	if problem := <-heard; problem != "" {
		t.Error(problem)
	}
	// The slow one finds what was under way when he was dropped, and no close frame.
	_ = tcp.SetReadBuffer(4 << 20)
	_ = tcp.SetDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(slow.in)
	if text := string(rest); strings.Contains(text, `"RequestId":"last"`) || strings.Contains(text, "\x88\x02\x03\xE8") {
		t.Errorf("the slow reader found the last of %d messages or a close frame, and ended with %v", n, err)
	}
}

// watch hears numbered messages until the last one, and says what was wrong.
func watch(t *testing.T, k *socket, heard chan<- string) {
	t.Helper()
	for n := 0; ; n++ {
		kind, raw, err := k.conn.Read(t.Context())
		if err != nil || kind != websocket.MessageText {
			heard <- fmt.Sprintf("the watcher's connection ended after %d messages: %v", n, err)
			return
		}
		if strings.Contains(string(raw), `"RequestId":"last"`) {
			heard <- ""
			return
		}
		if !strings.Contains(string(raw), fmt.Sprintf(`"Content":"%d `, n)) {
			heard <- fmt.Sprintf("instead of message %d the watcher heard %.200s", n, raw)
			return
		}
	}
}

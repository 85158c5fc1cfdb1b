package bench

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A listener is one connection, and how many messages it has heard.
type listener struct {
	conn  net.Conn
	heard atomic.Int64
}

// connect opens a connection with a token.
func (s *server) connect(b *testing.B, token string) *listener {
	b.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", token)
	head := make([]byte, 0, 512)
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one[0]) {
		if _, err := conn.Read(one); err != nil {
			b.Fatal(err)
		}
	}
	if !strings.HasPrefix(string(head), "HTTP/1.1 101") {
		b.Fatalf("handshake: %s", head)
	}
	return &listener{conn: conn}
}

// listen counts messages until the connection ends.
func (l *listener) listen() {
	r := bufio.NewReaderSize(l.conn, 4<<10)
	for {
		head, err := r.Peek(2)
		if err != nil {
			return
		}
		n, size := int(head[1]), 2
		if n == 126 {
			if head, err = r.Peek(4); err != nil {
				return
			}
			n, size = int(binary.BigEndian.Uint16(head[2:])), 4
		}
		if head[0] == 0x81 {
			l.heard.Add(1)
		}
		if _, err := io.CopyN(io.Discard, r, int64(size+n)); err != nil {
			return
		}
	}
}

// speak sends a message, with a mask of zeros.
func (l *listener) speak(b *testing.B) {
	b.Helper()
	text := `{"Action":"SEND_MESSAGE","RequestId":"r","Content":"` + strings.Repeat("the quick brown fox ", 10) + `"}`
	frame := append([]byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text)), 0, 0, 0, 0}, text...)
	if _, err := l.conn.Write(frame); err != nil {
		b.Fatal(err)
	}
}

// crowd opens n connections to a room of their own, and listens on all.
func (s *server) crowd(b *testing.B, n int) []*listener {
	b.Helper()
	return s.gather(b, s.room(b), n)
}

// gather opens n connections to room, and listens on all.
func (s *server) gather(b *testing.B, room string, n int) []*listener {
	b.Helper()
	all := make([]*listener, n)
	for i := range all {
		all[i] = s.connect(b, s.token(b, room))
	}
	var ears sync.WaitGroup
	for _, l := range all {
		ears.Go(l.listen)
	}
	b.Cleanup(func() {
		for _, l := range all {
			l.conn.Close()
		}
		ears.Wait()
	})
	return all
}

// until waits until everybody has heard so many messages.
func until(all []*listener, messages int64) {
	for _, l := range all {
		for l.heard.Load() < messages {
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// BenchmarkFanout is a room at its limit: at most sixteen messages are under
// way. An operation is a message.
func BenchmarkFanout(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := serve(b)
			s.saturate(b, s.crowd(b, n))
		})
	}
}

// saturate has the first of all speak as fast as the server can, with at most sixteen
// messages under way.
func (s *server) saturate(b *testing.B, all []*listener) {
	b.Helper()
	before, sent := s.cpu(b), int64(0)
	for b.Loop() {
		all[0].speak(b)
		if sent++; sent > 16 {
			until(all[:1], sent-16)
		}
	}
	until(all, sent)
	used := s.cpu(b) - before
	b.ReportMetric(float64(used.Nanoseconds())/float64(sent)/float64(len(all)), "cpu-ns/delivery")
}

// BenchmarkFanoutLogged is BenchmarkFanout on a server with its data on disk, without
// and with three logging configurations, each of which writes files to a directory. Run
// the two in turns (-count) to see what recording adds.
func BenchmarkFanoutLogged(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		for _, logs := range []int{0, 3} {
			b.Run(fmt.Sprintf("%d/logs=%d", n, logs), func(b *testing.B) {
				s := serve(b, onDisk(b)...)
				var arns []string
				for range logs {
					reply := s.api.Post(b, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"logs"}}}`)
					arns = append(arns, strconv.Quote(reply.Text("arn")))
				}
				room := s.api.Post(b, "CreateRoom", `{"loggingConfigurationIdentifiers":[`+strings.Join(arns, ",")+`]}`).Text("arn")
				s.saturate(b, s.gather(b, room, n))
			})
		}
	}
}

// BenchmarkQuietRoom is the usual room: twenty messages a second into a
// thousand connections.
func BenchmarkQuietRoom(b *testing.B) {
	s := serve(b)
	all := s.crowd(b, 1000)
	before, sent := s.cpu(b), int64(0)
	beat := time.NewTicker(50 * time.Millisecond)
	defer beat.Stop()
	for b.Loop() {
		<-beat.C
		all[0].speak(b)
		sent++
	}
	until(all, sent)
	used := s.cpu(b) - before
	b.ReportMetric(float64(used.Nanoseconds())/float64(sent)/1000, "cpu-ns/delivery")
}

// BenchmarkHandshake is a connection's beginning and end, its token not
// counted.
func BenchmarkHandshake(b *testing.B) {
	s := serve(b)
	room := s.room(b)
	var used time.Duration
	n := 0
	for b.Loop() {
		tokens := make([]string, 200) // the processor's time is known to 10 ms only
		for i := range tokens {
			tokens[i] = s.token(b, room)
		}
		before := s.cpu(b)
		for _, t := range tokens {
			s.connect(b, t).conn.Close()
		}
		used += s.cpu(b) - before
		n += len(tokens)
	}
	b.ReportMetric(float64(used.Nanoseconds())/float64(n), "cpu-ns/handshake")
}

// BenchmarkCreateChatToken is one signed request over one connection.
func BenchmarkCreateChatToken(b *testing.B) {
	s := serve(b)
	room := s.room(b)
	before, n := s.cpu(b), 0
	for b.Loop() {
		s.token(b, room)
		n++
	}
	b.ReportMetric(float64((s.cpu(b)-before).Nanoseconds())/float64(n), "cpu-ns/token")
}

// BenchmarkIdle is the memory of connections that do nothing.
func BenchmarkIdle(b *testing.B) {
	for _, driver := range []string{"epoll", "goroutines"} {
		b.Run(driver, func(b *testing.B) {
			const n = 5000
			args := []string{}
			if driver == "goroutines" {
				args = append(args, "--goroutine-driver")
			}
			s := serve(b, args...)
			s.crowd(b, 100) // what is only needed once
			before := s.rss(b)
			s.crowd(b, n)
			for b.Loop() {
				if res, err := http.Get("http://" + s.addr + "/"); err == nil {
					res.Body.Close()
				}
			}
			b.ReportMetric(float64(s.rss(b)-before)/n, "rss-B/conn")
		})
	}
}

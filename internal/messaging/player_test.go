package messaging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"parlor/chat"
	"parlor/internal/loop"
	"parlor/internal/quota"
	"parlor/internal/room"
	"parlor/internal/ws"
)

// A stage is a server with fakes around it, and the clients of one conversation.
type stage struct {
	t      *testing.T
	srv    *Server
	driver *loop.Driver
	bus    *bus
	rooms  *rooms
	dial   func() (client, server net.Conn)

	seated  func(*session) // nil, or called between a session's seat and its connection
	virtual bool           // time is synctest's
	pongs   bool           // clients listen for pongs
	clients map[string]*client
	words   map[string]string // what "as" remembered
}

var testRoom = chat.ARN{Region: "eu-west-1", Account: "123456789012", Kind: chat.KindRoom, ID: "AbCdEfGhIjKl"}

// newStage puts a server up. It is taken down by the function it returns.
func newStage(t *testing.T, cfg loop.Config, dial func() (client, server net.Conn)) (*stage, func()) {
	t.Helper()
	bus, rooms := newBus(), &rooms{all: map[chat.ARN]chat.Room{}}
	rooms.put(chat.Room{ARN: testRoom, MaximumMessageLength: 500, MaximumMessageRatePerSecond: 100})
	hub, err := room.New(room.Deps{Bus: bus}, room.Config{})
	if err != nil {
		t.Fatal(err)
	}
	driver, err := loop.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := New(Deps{
		Hub: hub, Driver: driver, Rooms: rooms, Tokens: tokens{}, Reviewer: reviewer{},
		Quotas: quota.New(quota.Config{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- driver.Run(ctx) }()
	<-driver.Running()
	s := &stage{t: t, srv: srv, driver: driver, bus: bus, rooms: rooms, dial: dial, clients: map[string]*client{}, words: map[string]string{}}
	return s, func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
		srv.jobs.Wait()
		hub.Close()
		if rooms, conns := hub.Count(); rooms != 0 || conns != 0 {
			t.Errorf("left behind: %d rooms, %d connections", rooms, conns)
		}
		bus.close()
	}
}

// A client plays one person.
type client struct {
	conn   net.Conn
	frames chan frame
	pongs  bool // listen for them too
}

// A frame is what a client got. A drop without a close frame has op 0.
type frame struct {
	op   ws.Opcode
	text string
	code uint16
}

func (s *stage) join(name string, caps ...chat.Capability) {
	near, far := s.dial()
	now := s.srv.deps.Clock.Now()
	claims := chat.Claims{
		Room: testRoom, UserID: strings.TrimRight(name, "0123456789"), Capabilities: caps, Attributes: map[string]string{},
		SessionExpires: now.Add(time.Hour),
	}
	sess := newSession(s.srv, &claims, netip.Addr{}, now)
	if err := s.srv.acquire(s.t.Context(), testRoom); err != nil {
		s.t.Fatal(err)
	}
	seat, err := s.srv.deps.Hub.Join(s.t.Context(), testRoom, sess)
	if err != nil {
		s.t.Fatal(err)
	}
	sess.seat = seat
	if s.seated != nil {
		s.seated(sess)
	}
	if err := s.driver.Serve(far, nil, seat.Log(), seat.Log().Head(), sess); err != nil {
		s.t.Fatal(err)
	}
	c := &client{conn: near, frames: make(chan frame, 1000), pongs: s.pongs}
	s.clients[name] = c
	go c.listen()
}

// listen reads frames until the connection ends.
func (c *client) listen() {
	defer close(c.frames)
	var buf []byte
	in := make([]byte, 4096)
	for {
		n, err := c.conn.Read(in)
		buf = append(buf, in[:n]...)
		for {
			f, size := parseFrame(buf)
			if size == 0 {
				break
			}
			buf = buf[size:]
			if f.op != ws.Ping && (f.op != ws.Pong || c.pongs) {
				c.frames <- f
			}
		}
		if err != nil {
			c.frames <- frame{}
			return
		}
	}
}

func (c *client) say(op ws.Opcode, text string) { c.conn.Write(masked(op, []byte(text))) }

func message(text string) string {
	content, _ := json.Marshal(text)
	return `{"Action":"SEND_MESSAGE","Content":` + string(content) + `}`
}

// hear checks what a client gets next: words, as the conversations write them. What is
// to be heard at once takes no time at all, where time is virtual.
func (s *stage) hear(c *client, want string, atOnce bool) error {
	if s.virtual {
		synctest.Wait()
	}
	if atOnce && s.virtual && len(c.frames) == 0 {
		return fmt.Errorf("heard nothing at once, want %s", want)
	}
	if want == "nothing" {
		select {
		case f, ok := <-c.frames:
			return fmt.Errorf("heard %v (%v), want nothing", f, ok)
		default:
			return nil
		}
	}
	var f frame
	select {
	case f = <-c.frames:
	case <-time.After(5 * time.Second):
		return fmt.Errorf("heard nothing, want %s", want)
	}
	want, name, _ := strings.Cut(want, " as $")
	got, id := words(f)
	if name != "" {
		s.words[name] = id
	}
	if strings.HasPrefix(want, "{") {
		return includes(f.text, s.expand(want))
	}
	if got != s.expand(want) {
		return fmt.Errorf("heard %q, want %q", got, want)
	}
	return nil
}

// words is how the conversations write a frame.
func words(f frame) (text, id string) {
	var e struct {
		Type, ID, Content, EventName, ErrorMessage string
		ErrorCode                                  int
		Attributes                                 map[string]string
		Sender                                     struct{ UserID string }
	}
	if f.op == 0 {
		return "drop", ""
	}
	if f.op == ws.Pong {
		return "pong " + f.text, ""
	}
	if f.op == ws.Close {
		return strings.TrimSpace("close " + strconv.Itoa(int(f.code)) + " " + f.text), ""
	}
	if err := json.Unmarshal([]byte(f.text), &e); err != nil {
		return "no JSON: " + f.text, ""
	}
	switch e.Type {
	case "MESSAGE":
		return e.Sender.UserID + ": " + e.Content, e.ID
	case "EVENT":
		return "event " + e.EventName + " " + e.Attributes["UserId"] + e.Attributes["MessageID"], e.ID
	}
	return "error " + strconv.Itoa(e.ErrorCode) + " " + e.ErrorMessage, e.ID
}

// includes reports a member of the object want that got has not.
func includes(got, want string) error {
	var g, w map[string]any
	if err := errors.Join(json.Unmarshal([]byte(got), &g), json.Unmarshal([]byte(want), &w)); err != nil {
		return err
	}
	for k, v := range w {
		if have, ok := g[k]; !ok || fmt.Sprint(have) != fmt.Sprint(v) {
			return fmt.Errorf("heard %s, want %s: %v", got, k, v)
		}
	}
	return nil
}

func (s *stage) expand(text string) string {
	return os.Expand(text, func(name string) string {
		_, first := utf8.DecodeRuneInString(name)
		if n, err := strconv.Atoi(name[first:]); err == nil {
			return strings.Repeat(name[:first], n) // as long as it says
		}
		return s.words[name]
	})
}

// play plays a conversation.
func (s *stage) play(script []byte) {
	for i, line := range bytes.Split(script, []byte("\n")) {
		if err := s.line(string(line)); err != nil {
			s.t.Fatalf("line %d: %s: %v", i+1, line, err)
		}
	}
}

func (s *stage) line(line string) error {
	f := strings.Fields(line)
	if len(f) == 0 || f[0] == "#" {
		return nil
	}
	rest := strings.TrimSpace(strings.TrimPrefix(line, f[0]))
	switch f[0] {
	case "join":
		var caps []chat.Capability
		for _, c := range f[2:] {
			caps = append(caps, chat.Capability(c))
		}
		s.join(f[1], caps...)
		return nil
	case "wait":
		d, err := time.ParseDuration(f[1])
		time.Sleep(d)
		return err
	case "room":
		return s.rooms.change(f[1:])
	}
	c := s.clients[f[0]]
	if c == nil || len(f) < 2 {
		return errors.New("who?")
	}
	rest = strings.TrimSpace(strings.TrimPrefix(rest, f[1]))
	switch f[1] {
	case ">":
		c.say(ws.Text, message(rest))
	case ">>":
		c.say(ws.Text, s.expand(rest))
	case "binary":
		c.say(ws.Binary, rest)
	case "close":
		c.say(ws.Close, "\x03\xe8"+rest)
	case "raw":
		b, err := strconv.Unquote(rest)
		c.conn.Write([]byte(b))
		return err
	case "<":
		return s.hear(c, rest, false)
	case "<!":
		return s.hear(c, rest, true)
	}
	return nil
}

// TestConversations plays every conversation in no time, over pipes.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d conversations, %v", len(files), err)
	}
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		for _, alone := range []bool{true, false} {
			t.Run(fmt.Sprintf("pipe/%s/alone=%v", name, alone), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, end := newStage(t, loop.Config{Goroutines: true}, net.Pipe)
					defer end()
					s.virtual = true
					s.srv.deps.Alone = func() bool { return alone } // or every action takes its time
					s.play(script)
					s.leave()
				})
			})
		}
		if bytes.Contains(script, []byte("wait ")) || bytes.Contains(script, []byte("nothing")) {
			continue // only virtual time can tell
		}
		t.Run("epoll/"+name, func(t *testing.T) {
			s, end := newStage(t, loop.Config{Loops: 2}, tcpPair(t))
			defer end()
			s.play(script)
			s.leave()
		})
	}
}

// leave hangs everybody up.
func (s *stage) leave() {
	for _, c := range s.clients {
		c.conn.Close()
		for range c.frames {
		}
	}
}

// tcpPair gives connections over loopback.
func tcpPair(t *testing.T) func() (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	var mu sync.Mutex
	return func() (client, server net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err = ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return client, server
	}
}

package room

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parlor/chat"
	"parlor/internal/loop"
)

// bus delivers at once, to everybody on it.
type bus struct {
	mu     sync.Mutex
	subs   map[chat.ARN]func([]byte)
	fail   error
	opened int
}

func (b *bus) Publish(room chat.ARN, record []byte) error {
	b.mu.Lock()
	deliver := b.subs[room]
	b.mu.Unlock()
	if deliver != nil {
		deliver(record)
	}
	return b.fail
}

func (b *bus) Subscribe(room chat.ARN, deliver func([]byte)) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return nil, b.fail
	}
	if b.subs[room] != nil {
		return nil, errors.New("already subscribed")
	}
	b.opened++
	b.subs[room] = deliver
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs, room)
	}, nil
}

// member is in the room, with a connection that says nothing.
type member struct {
	user string
	seat *Seat

	mu   sync.Mutex
	left []string    // how it was sent away
	at   loop.Cursor // how far the room's log was then
}

func (m *member) Info() Info { return Info{UserID: m.user} }

func (m *member) Disconnect(reason string) { m.sent("disconnected: " + reason) }

func (m *member) Drop(err error) { m.sent("dropped: " + err.Error()) }

func (m *member) sent(how string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = append(m.left, how)
	if m.seat != nil {
		m.at = m.seat.Log().Head()
	}
}

// ear is a loop.Session that only follows the log.
type ear struct{}

func (ear) Open(loop.Conn) time.Time     { return time.Time{} }
func (ear) Receive([]byte)               {}
func (ear) Wake(now time.Time) time.Time { return now }
func (ear) Closed(error)                 {}

// listen returns what is appended to the log from now on, when it is asked.
func listen(t *testing.T, log *loop.Log) (heard func() []string) {
	t.Helper()
	d, err := loop.New(loop.Config{Goroutines: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- d.Run(ctx) }()
	<-d.Running()
	near, far := net.Pipe()
	if err := d.Serve(far, nil, log, log.Head(), ear{}); err != nil {
		t.Fatal(err)
	}
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(near)
		got <- all
	}()
	return func() []string {
		synctest.Wait()
		cancel()
		<-over
		var frames []string
		for in := <-got; len(in) > 0; {
			size := int(in[1])
			at := 2
			if size == 126 {
				size, at = int(in[2])<<8|int(in[3]), 4
			}
			frames = append(frames, string(in[at:at+size]))
			in = in[at+size:]
		}
		return frames
	}
}

// logged keeps a copy of what it is given.
type logged struct{ kept [][]byte }

func (l *logged) Record(_ chat.Room, payload []byte, _ time.Time) {
	l.kept = append(l.kept, bytes.Clone(payload))
}

func (l *logged) texts() (all []string) {
	for _, payload := range l.kept {
		all = append(all, string(payload))
	}
	return all
}

type records map[chat.ARN]chat.Room

func (r records) Room(a chat.ARN) (chat.Room, bool) {
	room, ok := r[a]
	return room, ok
}

type counted map[string]int

func (c counted) Delivered(action string, n int) { c[action] += n }

func newHub(t *testing.T, deps Deps) *Hub {
	t.Helper()
	h, err := New(deps, Config{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func join(t *testing.T, h *Hub, user string) *member {
	t.Helper()
	m := &member{user: user}
	seat, err := h.Join(t.Context(), testRoom, m)
	if err != nil {
		t.Fatal(err)
	}
	m.seat = seat
	return m
}

// wire joins the buses of several nodes. What crosses it arrives with other bytes of the
// same meaning, which nobody could have who encodes for himself.
type wire struct {
	nodes     []*bus
	published int
}

func (w *wire) Publish(room chat.ARN, record []byte) error {
	w.published++
	crossed := bytes.Replace(record, []byte(`"Content":`), []byte(`"Content" :`), 1)
	for _, n := range w.nodes {
		if err := n.Publish(room, crossed); err != nil {
			return err
		}
	}
	return nil
}

// tap is one node's end of a wire.
type tap struct {
	*wire
	*bus
}

func (t tap) Publish(room chat.ARN, record []byte) error { return t.wire.Publish(room, record) }

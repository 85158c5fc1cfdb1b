package messaging

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"parlor/chat"
	"parlor/internal/review"
	"parlor/internal/token"
	"parlor/internal/ws"
)

// A bus in memory: one goroutine delivers to everybody, in order.
type bus struct {
	records chan func()
	over    chan struct{}

	mu   sync.Mutex
	subs map[chat.ARN]func([]byte)
}

func newBus() *bus {
	b := &bus{records: make(chan func(), 1000), over: make(chan struct{}), subs: map[chat.ARN]func([]byte){}}
	go func() {
		defer close(b.over)
		for f := range b.records {
			f()
		}
	}()
	return b
}

func (b *bus) Publish(room chat.ARN, record []byte) error {
	record = slices.Clone(record)
	b.records <- func() {
		b.mu.Lock()
		deliver := b.subs[room]
		b.mu.Unlock()
		if deliver != nil {
			deliver(record)
		}
		clear(record) // whoever kept it will notice
	}
	return nil
}

func (b *bus) Subscribe(room chat.ARN, deliver func([]byte)) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs[room] != nil {
		return nil, errors.New("already subscribed")
	}
	b.subs[room] = deliver
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs, room)
	}, nil
}

func (b *bus) close() {
	close(b.records)
	<-b.over
}

type rooms struct {
	mu  sync.Mutex
	all map[chat.ARN]chat.Room
}

func (r *rooms) put(room chat.Room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[room.ARN] = room
}

func (r *rooms) Room(a chat.ARN) (chat.Room, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	room, ok := r.all[a]
	return room, ok
}

func (r *rooms) FindRoom(_ context.Context, a chat.ARN) (chat.Room, error) {
	room, ok := r.Room(a)
	if !ok {
		return room, chat.NotFound(a)
	}
	return room, nil
}

// change does what a conversation's room line says: gone, reviewed, length=5, rate=2.
func (r *rooms) change(words []string) error {
	room, _ := r.Room(testRoom)
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		n, err := strconv.Atoi(value)
		switch {
		case name == "gone":
			r.mu.Lock()
			delete(r.all, testRoom)
			r.mu.Unlock()
			return nil
		case name == "reviewed":
			room.MessageReviewHandler = &chat.Handler{URI: "arn:aws:lambda:eu-west-1:123456789012:function:f"}
		case name == "length" && err == nil:
			room.MaximumMessageLength = n
		case name == "rate" && err == nil:
			room.MaximumMessageRatePerSecond = n
		default:
			return errors.New("what about the room?")
		}
	}
	r.put(room)
	return nil
}

// reviewer denies what says so, changes what says so, and takes as long as a
// message says.
type reviewer struct{}

func (reviewer) Review(_ context.Context, _ chat.Room, msg chat.Message, _ string) (chat.Message, error) {
	verb, arg, _ := strings.Cut(msg.Content, " ")
	switch verb {
	case "deny":
		return msg, &review.Denied{Reason: arg}
	case "change":
		msg.Content = arg
	case "slow":
		d, err := time.ParseDuration(arg)
		time.Sleep(d)
		return msg, err
	case "panic":
		panic("asked for")
	}
	return msg, nil
}

// tokens are good, or say what is wrong with them.
type tokens struct{}

// briefly is how long the session of the token "brief" lasts.
const briefly = 300 * time.Millisecond

func (tokens) Redeem(_ context.Context, t string) (chat.Claims, error) {
	bad := map[string]error{"garbage": token.ErrInvalid, "expired": token.ErrExpired, "used": token.ErrUsed, "orphan": token.ErrUnreachable}
	if err := bad[t]; err != nil {
		return chat.Claims{}, err
	}
	c := chat.Claims{Room: testRoom, UserID: "alice", SessionExpires: time.Now().Add(time.Hour)}
	if t == "brief" {
		c.SessionExpires = time.Now().Add(briefly)
	}
	if t != "good" {
		c.Capabilities = []chat.Capability{chat.SendMessage}
	}
	return c, nil
}

// parseFrame reads a server's frame.
func parseFrame(b []byte) (f frame, size int) {
	if len(b) < 2 {
		return f, 0
	}
	n, at := int(b[1]), 2
	switch {
	case n == 126 && len(b) >= 4:
		n, at = int(b[2])<<8|int(b[3]), 4
	case n >= 126:
		return f, 0
	}
	if len(b) < at+n {
		return f, 0
	}
	f = frame{op: ws.Opcode(b[0] & 15), text: string(b[at : at+n])}
	if f.op == ws.Close && n >= 2 {
		f.code, f.text = uint16(b[at])<<8|uint16(b[at+1]), f.text[2:]
	}
	return f, at + n
}

// masked is a client's frame: with a mask that is not trivial.
func masked(op ws.Opcode, payload []byte) []byte {
	f := ws.AppendHeader(nil, op, len(payload))
	f[1] |= 0x80
	mask := [4]byte{1, 2, 3, 4}
	f = append(f, mask[:]...)
	for i, c := range payload {
		f = append(f, c^mask[i%4])
	}
	return f
}

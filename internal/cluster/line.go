package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parlor/chat"
)

// A line is how a bus reaches its server: a wire to the embedded one, nats.go to one
// far away. Deliveries come one at a time, in the server's order.
type line interface {
	publish(room chat.ARN, record []byte) error
	subscribe(room chat.ARN, deliver func(record []byte)) (cancel func(), err error)
	flush() error
	run(ctx context.Context)
}

// appendRoom appends the subject that a room's messages travel on.
func appendRoom(dst []byte, name string, room chat.ARN) []byte {
	dst = append(append(dst, name...), ".room."...)
	dst = append(append(dst, room.Region...), '.')
	dst = append(append(dst, room.Account...), '.')
	return append(dst, room.ID...)
}

// A nearLine is a wire to the embedded server. Should the server ever cut it, it dials
// again, and lets the members go that may have missed something.
type nearLine struct {
	node *Node

	mu    sync.RWMutex // guards the following
	wire  *wire
	rooms map[chat.ARN]*nearRoom
}

// A nearRoom is a room's subscription, on whichever wire there is.
type nearRoom struct {
	deliver func(record []byte)
	drop    func()
}

func newNearLine(n *Node) (*nearLine, error) {
	l := &nearLine{node: n, rooms: make(map[chat.ARN]*nearRoom)}
	return l, l.dial()
}

func (l *nearLine) dial() error {
	s := l.node.server
	conn, err := s.nats.InProcessConn()
	if err != nil {
		return err
	}
	l.wire, err = dialWire(conn, "parlor "+l.node.id+" bus", s.user, s.password)
	return err
}

func (l *nearLine) current() *wire {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.wire
}

func (l *nearLine) publish(room chat.ARN, record []byte) error {
	return l.current().publish(func(dst []byte) []byte { return appendRoom(dst, l.node.cfg.Name, room) }, record)
}

func (l *nearLine) subscribe(room chat.ARN, deliver func([]byte)) (func(), error) {
	r := &nearRoom{deliver: deliver}
	l.mu.Lock()
	l.rooms[room] = r
	l.take(room, r)
	l.mu.Unlock()
	cancel := func() {
		l.mu.Lock()
		delete(l.rooms, room)
		drop := r.drop
		l.mu.Unlock()
		drop()
	}
	if err := l.flush(); err != nil {
		cancel()
		return nil, err
	}
	return cancel, nil
}

// take subscribes to a room on the wire there is. Call it with l.mu held.
func (l *nearLine) take(room chat.ARN, r *nearRoom) {
	r.drop = l.wire.subscribe(string(appendRoom(nil, l.node.cfg.Name, room)), r.deliver)
}

func (l *nearLine) flush() error {
	w := l.current()
	timeout := time.NewTimer(askTimeout)
	defer timeout.Stop()
	select {
	case <-w.flush():
		return nil
	case <-w.gone:
		return errClosed
	case <-timeout.C:
		return errBusy
	}
}

func (l *nearLine) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { l.current().end(errClosed) })
	defer stop()
	for {
		err := l.current().run()
		if ctx.Err() != nil {
			return
		}
		l.node.log.ErrorContext(ctx, "the embedded server cut the bus", "err", err)
		if !pause(ctx, 50*time.Millisecond) {
			return
		}
		l.again(ctx)
	}
}

// again takes a new wire in place of the one that was cut.
func (l *nearLine) again(ctx context.Context) {
	l.mu.Lock()
	if err := l.dial(); err != nil {
		l.node.log.ErrorContext(ctx, "dial the embedded server", "err", err)
	}
	if ctx.Err() != nil {
		l.wire.end(errClosed)
	}
	for room, r := range l.rooms {
		l.take(room, r)
	}
	l.mu.Unlock()
	l.node.stall.missed()
}

// inboxSize bounds the records that wait for this node's rooms. What comes when it is
// full is lost; the members are let go, so that none of them takes a gap for silence.
const inboxSize = 16 << 10

// A farLine is nats.go's connection to another server.
type farLine struct {
	node  *Node
	hear  *nats.Conn
	inbox chan *nats.Msg

	mu    sync.RWMutex // guards the following
	rooms map[string]func(record []byte)
}

func newFarLine(n *Node, hear *nats.Conn) *farLine {
	return &farLine{node: n, hear: hear, inbox: make(chan *nats.Msg, inboxSize), rooms: make(map[string]func([]byte))}
}

// publish refuses while nothing could be heard: who speaks must hear himself, or that he
// was not heard.
func (l *farLine) publish(room chat.ARN, record []byte) error {
	if !l.hear.IsConnected() {
		return nats.ErrDisconnected
	}
	return l.node.talk.Publish(string(appendRoom(nil, l.node.cfg.Name, room)), record)
}

func (l *farLine) subscribe(room chat.ARN, deliver func([]byte)) (func(), error) {
	subject := string(appendRoom(nil, l.node.cfg.Name, room))
	l.mu.Lock()
	l.rooms[subject] = deliver
	l.mu.Unlock()
	sub, err := l.hear.ChanSubscribe(subject, l.inbox)
	cancel := func() {
		l.mu.Lock()
		delete(l.rooms, subject)
		l.mu.Unlock()
		if sub == nil {
			return
		}
		if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
			l.node.log.Warn("unsubscribe", "room", room, "err", err)
		}
	}
	if err == nil {
		err = l.flush()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return cancel, nil
}

func (l *farLine) flush() error { return l.hear.FlushTimeout(askTimeout) }

func (l *farLine) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			l.hear.Close()
			return
		case m := <-l.inbox:
			l.mu.RLock()
			deliver := l.rooms[m.Subject]
			l.mu.RUnlock()
			if deliver != nil {
				deliver(m.Data)
			}
		}
	}
}

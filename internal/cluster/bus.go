package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parlor/chat"
)

// inboxSize bounds the records that wait for this node's rooms. What comes when it is
// full is lost, and the members are told so by losing their connections.
const inboxSize = 16 << 10

// A bus carries what happens in rooms: one subject a room, and nothing kept.
type bus struct {
	node  *Node
	hear  *nats.Conn
	inbox chan *nats.Msg

	mu    sync.RWMutex // guards the following
	rooms map[string]func(record []byte)
}

func newBus(n *Node, hear *nats.Conn) *bus {
	return &bus{
		node: n, hear: hear, inbox: make(chan *nats.Msg, inboxSize),
		rooms: make(map[string]func([]byte)),
	}
}

// Publish sends record to every node with members of room, this one included. It does
// not wait for any of them.
func (n *Node) Publish(room chat.ARN, record []byte) error {
	if err := n.talk.Publish(n.roomSubject(room), record); err != nil {
		return fmt.Errorf("publish to %s: %w", room, err)
	}
	return nil
}

// Subscribe calls deliver with each record of room, in the bus's order, until cancel.
// It returns when the subscription is in force at this node's server. All deliveries
// of a node come from one goroutine: deliver must not block, nor keep record.
func (n *Node) Subscribe(room chat.ARN, deliver func(record []byte)) (cancel func(), err error) {
	return n.bus.subscribe(n.roomSubject(room), deliver)
}

func (n *Node) roomSubject(room chat.ARN) string {
	return n.cfg.Name + ".room." + room.Region + "." + room.Account + "." + room.ID
}

func (b *bus) subscribe(subject string, deliver func([]byte)) (func(), error) {
	if b.node.stall.catchingUp() {
		return nil, errStalled
	}
	b.mu.Lock()
	_, taken := b.rooms[subject]
	if !taken {
		b.rooms[subject] = deliver
	}
	b.mu.Unlock()
	if taken {
		return nil, fmt.Errorf("subscribe %s: already subscribed", subject)
	}
	sub, err := b.hear.ChanSubscribe(subject, b.inbox)
	if err == nil {
		err = b.hear.FlushTimeout(askTimeout)
	}
	cancel := func() { b.cancel(subject, sub) }
	if err != nil {
		cancel()
		return nil, fmt.Errorf("subscribe %s: %w", subject, err)
	}
	return sync.OnceFunc(cancel), nil
}

func (b *bus) cancel(subject string, sub *nats.Subscription) {
	b.mu.Lock()
	delete(b.rooms, subject)
	b.mu.Unlock()
	if sub == nil {
		return
	}
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		b.node.log.Warn("unsubscribe", "room", subject, "err", err)
	}
}

// run delivers until ctx ends.
func (b *bus) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-b.inbox:
			b.deliver(m.Subject, m.Data)
		}
	}
}

func (b *bus) deliver(subject string, record []byte) {
	// What waited while this process stood still is not news any more.
	if b.node.stall.noticed(time.Now()) {
		return
	}
	b.mu.RLock()
	deliver := b.rooms[subject]
	b.mu.RUnlock()
	if deliver != nil {
		deliver(record)
	}
}

// flush waits until what the server had for this node has come in.
func (b *bus) flush() {
	if err := b.hear.FlushTimeout(askTimeout); err != nil {
		b.node.log.Warn("flush the bus", "err", err)
	}
}

func (b *bus) close() { b.hear.Close() }

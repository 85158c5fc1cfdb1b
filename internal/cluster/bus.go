package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parlor/chat"
)

// A bus carries what happens in rooms: one subject a room, and nothing kept.
type bus struct {
	node *Node
	line line

	mu    sync.Mutex // guards the following
	taken map[chat.ARN]bool
}

func newBus(n *Node, l line) *bus {
	return &bus{node: n, line: l, taken: make(map[chat.ARN]bool)}
}

// Publish sends record to every node with members of room, this one included. It does
// not wait for any of them, and keeps nothing of record. What waited while this process
// stood still is refused: nobody means it now.
func (n *Node) Publish(room chat.ARN, record []byte) error {
	if n.stall.noticed(time.Now()) {
		return fmt.Errorf("publish to %s: %w", room, errStalled)
	}
	if err := n.bus.line.publish(room, record); err != nil {
		return fmt.Errorf("publish to %s: %w", room, err)
	}
	return nil
}

// Subscribe calls deliver with each record of room, in the bus's order, until cancel.
// It returns when the subscription is in force at this node's server. All deliveries
// of a node come from one goroutine: deliver must not block, nor keep record, which is
// overwritten when it returns. A room can be subscribed to once at a time.
func (n *Node) Subscribe(room chat.ARN, deliver func(record []byte)) (cancel func(), err error) {
	return n.bus.subscribe(room, deliver)
}

func (b *bus) subscribe(room chat.ARN, deliver func([]byte)) (func(), error) {
	if b.node.stall.catchingUp() {
		return nil, errStalled
	}
	b.mu.Lock()
	taken := b.taken[room]
	b.taken[room] = true
	b.mu.Unlock()
	if taken {
		return nil, fmt.Errorf("subscribe to %s: already subscribed", room)
	}
	drop, err := b.line.subscribe(room, func(record []byte) {
		// What waited while this process stood still is not news any more.
		if !b.node.stall.noticed(time.Now()) {
			deliver(record)
		}
	})
	if err != nil {
		b.free(room)
		return nil, fmt.Errorf("subscribe to %s: %w", room, err)
	}
	return sync.OnceFunc(func() { drop(); b.free(room) }), nil
}

func (b *bus) free(room chat.ARN) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.taken, room)
}

// flush waits until what the server had for this node has come in.
func (b *bus) flush() {
	if err := b.line.flush(); err != nil {
		b.node.log.Warn("flush the bus", "err", err)
	}
}

func (b *bus) run(ctx context.Context) { b.line.run(ctx) }

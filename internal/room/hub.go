// Package room keeps the live rooms of this node: who is in them, and the log
// of what happens there.
//
// Everything that happens in a room is a record on the room's bus, encoded once
// by the node it came from. Every node with members of the room, that one
// included, frames the record once and appends it to the room's log. There is
// no second way into a log, so all members of a node see one order.
package room

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"parlor/chat"
)

// A Bus carries records between nodes.
type Bus interface {
	// Publish sends record to every node that subscribed to room. It keeps
	// nothing of record.
	Publish(room chat.ARN, record []byte) error

	// Subscribe has deliver called with each record of room, one at a time,
	// until cancel. It returns when the subscription is in force.
	Subscribe(room chat.ARN, deliver func(record []byte)) (cancel func(), err error)
}

// A lossyBus tells when it has lost records.
type lossyBus interface {
	OnStall(f func(gap time.Duration))
}

// errMissed is the end of those who missed what was said: they come back, and
// know that there is a gap.
var errMissed = errors.New("records were lost on the bus")

// Records are the rooms as the control plane keeps them.
type Records interface {
	Room(a chat.ARN) (chat.Room, bool)
}

// A Logger takes what is said in rooms that are logged. It must not block, nor
// keep payload.
type Logger interface {
	Record(room chat.Room, payload []byte, at time.Time)
}

// A Meter counts deliveries to connections, by the action they come from.
type Meter interface {
	Delivered(action string, connections int)
}

// Deps are what a Hub works with. All but Bus may be nil.
type Deps struct {
	Bus     Bus
	Records Records // with Logger: tells which rooms are logged
	Logger  Logger
	Meter   Meter
	Log     *slog.Logger
}

// Config tunes a Hub. The zero value is sound.
type Config struct {
	Budget int // bytes that a connection may fall behind; 0: loop.DefaultBudget
}

// A Hub is the live rooms of this node.
type Hub struct {
	deps Deps
	cfg  Config
	jobs sync.WaitGroup // subscriptions being given up, crowds sent away

	spare sync.Pool // of records, for their memory

	mu    sync.Mutex // guards the following, and seats of every room
	rooms map[chat.ARN]*room
	seats int
}

// New returns a Hub without rooms.
func New(deps Deps, cfg Config) (*Hub, error) {
	if deps.Bus == nil {
		return nil, errors.New("room: a hub needs a bus")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Meter == nil {
		deps.Meter = unmetered{}
	}
	h := &Hub{deps: deps, cfg: cfg, rooms: map[chat.ARN]*room{}}
	if bus, ok := deps.Bus.(lossyBus); ok {
		bus.OnStall(func(time.Duration) {
			for m := range h.Members() {
				m.Drop(errMissed)
			}
		})
	}
	return h, nil
}

type unmetered struct{}

func (unmetered) Delivered(string, int) {}

// Join gives m a seat in the room. From now on m hears everything, though its
// connection need not follow the log before it is ready to.
func (h *Hub) Join(ctx context.Context, arn chat.ARN, m Member) (*Seat, error) {
	for {
		r, first, left := h.enter(arn)
		if left != nil { // the last member's subscription must be gone before the next one
			select {
			case <-left:
				continue
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		if first {
			r.cancel, r.err = h.deps.Bus.Subscribe(arn, r.deliver)
			close(r.ready)
		}
		select {
		case <-r.ready:
		case <-ctx.Done():
			h.exit(r)
			return nil, context.Cause(ctx)
		}
		if r.err != nil {
			h.exit(r)
			return nil, fmt.Errorf("join %s: %w", arn, r.err)
		}
		return r.seat(m), nil
	}
}

// enter counts one more member of a room. The first one has to subscribe. If
// the room is being left for good, it returns what to wait for instead.
func (h *Hub) enter(arn chat.ARN) (r *room, first bool, left <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r = h.rooms[arn]
	if r != nil && r.members == 0 {
		return nil, false, r.left
	}
	if r == nil {
		first = true
		r = newRoom(h, arn)
		h.rooms[arn] = r
	}
	r.members++
	h.seats++
	return r, first, nil
}

// exit counts one member less. After the last one the subscription is given up.
func (h *Hub) exit(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seats--
	r.members--
	if r.members > 0 {
		return
	}
	h.jobs.Go(func() {
		<-r.ready
		if r.cancel != nil {
			r.cancel()
		}
		h.mu.Lock()
		delete(h.rooms, r.arn)
		h.mu.Unlock()
		close(r.left)
	})
}

// SendMessage tells every member of room msg.
func (h *Hub) SendMessage(_ context.Context, room *chat.Room, msg *chat.Message) error {
	b, _ := h.spare.Get().(*record)
	if b == nil {
		b = &record{}
	}
	defer h.spare.Put(b)
	b.reset(kindMessage, msg.ID)
	b.bytes = msg.AppendJSON(b.bytes)
	return h.publish(room, room.ARN, b, msg.SendTime)
}

// SendEvent tells every member of the room e.
func (h *Hub) SendEvent(_ context.Context, room chat.ARN, e chat.Event) error {
	b := newRecord(kindEvent)
	b.bytes = e.AppendJSON(b.bytes)
	return h.publish(nil, room, b, e.SendTime)
}

// DeleteMessage tells every member of the room e, the deletion of a message. A
// node that has not had the message yet will not deliver it any more.
func (h *Hub) DeleteMessage(_ context.Context, room chat.ARN, messageID string, e chat.Event) error {
	b := newRecord(kindDelete, messageID)
	b.bytes = e.AppendJSON(b.bytes)
	return h.publish(nil, room, b, e.SendTime)
}

// DisconnectUser tells every member of the room e, and then closes the
// connections that the user has there.
func (h *Hub) DisconnectUser(_ context.Context, room chat.ARN, userID string, e chat.Event) error {
	b := newRecord(kindDisconnect, userID, e.Attributes["Reason"])
	b.bytes = e.AppendJSON(b.bytes)
	return h.publish(nil, room, b, e.SendTime)
}

// CloseRoom closes every connection of the room. The service does not do so
// when a room is deleted (behaviour.md §3.4); an operator may want it to.
func (h *Hub) CloseRoom(_ context.Context, room chat.ARN, reason string) error {
	return h.publish(nil, room, newRecord(kindClose, reason), time.Time{})
}

// publish hands b to the bus and, if room is logged, to the logger. known is
// the room's record if the caller has it.
func (h *Hub) publish(known *chat.Room, arn chat.ARN, b *record, at time.Time) error {
	if err := h.deps.Bus.Publish(arn, b.bytes); err != nil {
		return err
	}
	if h.deps.Logger == nil || b.empty() {
		return nil
	}
	if known == nil {
		if h.deps.Records == nil {
			return nil
		}
		room, ok := h.deps.Records.Room(arn)
		if !ok {
			return nil
		}
		known = &room
	}
	if len(known.LoggingConfigurationIdentifiers) > 0 {
		h.deps.Logger.Record(*known, b.json(), at)
	}
	return nil
}

// Connections tells who is in the room on this node, in no order.
func (h *Hub) Connections(arn chat.ARN) []Info {
	h.mu.Lock()
	r := h.rooms[arn]
	h.mu.Unlock()
	if r == nil {
		return nil
	}
	var all []Info
	for _, m := range r.all() {
		all = append(all, m.Info())
	}
	return all
}

// Members yields every member on this node, as they were when it was called.
func (h *Hub) Members() iter.Seq[Member] {
	h.mu.Lock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		rooms = append(rooms, r)
	}
	h.mu.Unlock()
	return func(yield func(Member) bool) {
		for _, r := range rooms {
			for _, m := range r.all() {
				if !yield(m) {
					return
				}
			}
		}
	}
}

// Count returns how many rooms have members on this node, and how many those are.
func (h *Hub) Count() (rooms, connections int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms), h.seats
}

// Close waits until the subscriptions of the rooms that were left are gone.
func (h *Hub) Close() { h.jobs.Wait() }

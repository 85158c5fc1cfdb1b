package cluster

import (
	"context"
	"iter"

	"parlor/chat"
)

// Rooms are the rooms of all accounts, as every node knows them. A room that a method
// returns is shared: clone it before you change it.
type Rooms struct{ all *resources[chat.Room] }

func newRooms(n *Node) *Rooms { return &Rooms{newResources[chat.Room](n, "room")} }

// Room returns a room from memory.
func (r *Rooms) Room(a chat.ARN) (chat.Room, bool) { return r.all.get(a) }

// FindRoom returns a room, also one that another node made a moment ago.
func (r *Rooms) FindRoom(ctx context.Context, a chat.ARN) (chat.Room, error) {
	return r.all.find(ctx, a)
}

// NewestRoom returns a room as it is now, whatever this node has heard of it.
func (r *Rooms) NewestRoom(ctx context.Context, a chat.ARN) (chat.Room, error) {
	return r.all.newest(ctx, a)
}

// CreateRoom keeps a new room. It is on disk when CreateRoom returns.
func (r *Rooms) CreateRoom(ctx context.Context, room chat.Room) error {
	return r.all.records.Create(ctx, key(room.ARN), room)
}

// UpdateRoom lets change work on the newest state of the room, again if somebody else
// was faster, and returns what was kept.
func (r *Rooms) UpdateRoom(ctx context.Context, a chat.ARN, change func(*chat.Room) error) (chat.Room, error) {
	return r.all.update(ctx, a, change)
}

// DeleteRoom forgets a room.
func (r *Rooms) DeleteRoom(ctx context.Context, a chat.ARN) error { return r.all.remove(ctx, a, nil) }

// InScope yields the rooms of one account and region, in no order.
func (r *Rooms) InScope(s chat.Scope) iter.Seq[chat.Room] { return r.all.inScope(s) }

// Count returns the number of rooms in one account and region.
func (r *Rooms) Count(s chat.Scope) int { return r.all.count(s) }

// Watch calls changed for every room there is and then for every change; see
// Records.Watch.
func (r *Rooms) Watch(changed func(old, new *chat.Room)) {
	r.all.records.Watch(func(_ string, old, new *chat.Room) { changed(old, new) })
}

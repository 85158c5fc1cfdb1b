package control_test

import (
	"context"

	"parlor/chat"
	"parlor/internal/chattest"
)

// plainRooms has one room and no cost.
type plainRooms struct {
	chattest.Rooms
	room chat.Room
}

func (*plainRooms) scope() chat.Scope {
	return chat.Scope{Account: chattest.Account, Region: chattest.Region}
}

// FindRoom returns the room, whatever is asked for.
func (p *plainRooms) FindRoom(_ context.Context, a chat.ARN) (chat.Room, error) {
	if a != p.room.ARN {
		return chat.Room{}, chat.NotFound(a)
	}
	return p.room, nil
}

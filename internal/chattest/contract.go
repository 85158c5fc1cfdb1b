package chattest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"parlor/chat"
)

// A RoomStore is what every store of rooms offers, this package's and the cluster's.
type RoomStore interface {
	Room(a chat.ARN) (chat.Room, bool)
	NewestRoom(ctx context.Context, a chat.ARN) (chat.Room, error)
	CreateRoom(ctx context.Context, room chat.Room) error
	UpdateRoom(ctx context.Context, a chat.ARN, change func(*chat.Room) error) (chat.Room, error)
	DeleteRoom(ctx context.Context, a chat.ARN) error
	InScope(s chat.Scope) iter.Seq[chat.Room]
	Count(s chat.Scope) int
}

// A LoggingStore is what every store of logging configurations offers.
type LoggingStore interface {
	FindLoggingConfiguration(ctx context.Context, a chat.ARN) (chat.LoggingConfiguration, error)
	CreateLoggingConfiguration(ctx context.Context, c chat.LoggingConfiguration) error
	UpdateLoggingConfiguration(ctx context.Context, a chat.ARN, change func(*chat.LoggingConfiguration) error) (chat.LoggingConfiguration, error)
	NewestLoggingConfiguration(ctx context.Context, a chat.ARN) (chat.LoggingConfiguration, error)
	DeleteLoggingConfiguration(ctx context.Context, a chat.ARN, may func() error) error
	InScope(s chat.Scope) iter.Seq[chat.LoggingConfiguration]
	Count(s chat.Scope) int
}

// NewRoom returns a room of some account with every member filled.
func NewRoom(scope chat.Scope) chat.Room {
	at := time.Now().UTC().Truncate(time.Millisecond)
	return chat.Room{
		ARN:  chat.ARN{Region: scope.Region, Account: scope.Account, Kind: chat.KindRoom, ID: chat.NewID()},
		Name: "a-room", MaximumMessageRatePerSecond: 10, MaximumMessageLength: 500,
		MessageReviewHandler:            &chat.Handler{URI: "arn:aws:lambda:us-west-2:111111111111:function:f", FallbackResult: chat.Deny},
		LoggingConfigurationIdentifiers: []string{"b", "a"},
		CreateTime:                      at, UpdateTime: at,
		Tags: map[string]string{"team": "blue"},
	}
}

// RoomStoreContract holds a store of rooms against what the control plane counts on.
func RoomStoreContract(t *testing.T, s RoomStore) {
	t.Helper()
	here := chat.Scope{Account: "111111111111", Region: "us-west-2"}
	there := chat.Scope{Account: "111111111111", Region: "eu-west-1"}
	room := NewRoom(here)
	must(t, s.CreateRoom(t.Context(), room))

	t.Run("reads its own writes", func(t *testing.T) {
		got, ok := s.Room(room.ARN)
		if !ok || !sameRoom(got, room) {
			t.Errorf("Room = %v, %v, want %v", got, ok, room)
		}
		newestRoom(t, s, room)
		if got, ok := s.Room(chat.ARN{Region: there.Region, Account: there.Account, Kind: chat.KindRoom, ID: room.ARN.ID}); ok {
			t.Errorf("Room of another region = %v, want none", got)
		}
		if err := s.CreateRoom(t.Context(), room); err == nil {
			t.Error("CreateRoom of one that exists = nil, want an error")
		}
	})
	t.Run("updates on the newest state", func(t *testing.T) { updatesCompete(t, s, room.ARN) })
	t.Run("a change that fails changes nothing", func(t *testing.T) {
		before, _ := s.Room(room.ARN)
		fault := errors.New("no")
		if _, err := s.UpdateRoom(t.Context(), room.ARN, func(r *chat.Room) error {
			r.Name, r.Tags["team"] = "other", "red"
			return fault
		}); !errors.Is(err, fault) {
			t.Errorf("UpdateRoom = %v, want the change's own error", err)
		}
		if got, _ := s.Room(room.ARN); !sameRoom(got, before) {
			t.Errorf("Room = %v, want %v", got, before)
		}
	})
	t.Run("scopes are apart", func(t *testing.T) {
		other := NewRoom(there)
		must(t, s.CreateRoom(t.Context(), other))
		if got := slices.Collect(s.InScope(there)); len(got) != 1 || !sameRoom(got[0], other) {
			t.Errorf("InScope = %v, want the one room", got)
		}
		if s.Count(here) != 1 || s.Count(there) != 1 || s.Count(chat.Scope{Account: "2", Region: "us-west-2"}) != 0 {
			t.Errorf("Count = %d, %d, want 1 and 1", s.Count(here), s.Count(there))
		}
	})
	t.Run("what is gone is not found", func(t *testing.T) {
		must(t, s.DeleteRoom(t.Context(), room.ARN))
		if got, ok := s.Room(room.ARN); ok || s.Count(here) != 0 {
			t.Errorf("Room = %v, want none; Count = %d, want 0", got, s.Count(here))
		}
		_, err := s.UpdateRoom(t.Context(), room.ARN, func(*chat.Room) error { return nil })
		notFound(t, "UpdateRoom", err)
		notFound(t, "DeleteRoom", s.DeleteRoom(t.Context(), room.ARN))
	})
}

// updatesCompete lets many change one room at once: no change is lost.
func updatesCompete(t *testing.T, s RoomStore, a chat.ARN) {
	t.Helper()
	const writers = 8
	var wait sync.WaitGroup
	for i := range writers {
		wait.Go(func() {
			got, err := s.UpdateRoom(t.Context(), a, func(r *chat.Room) error {
				r.Tags[fmt.Sprint("writer", i)] = "was here"
				return nil
			})
			if err != nil || got.Tags[fmt.Sprint("writer", i)] != "was here" {
				t.Errorf("UpdateRoom = %v, %v", got, err)
			}
		})
	}
	wait.Wait()
	if got, _ := s.Room(a); len(got.Tags) != writers+1 {
		t.Errorf("tags after %d writers = %v", writers, got.Tags)
	}
}

// LoggingStoreContract holds a store of logging configurations against what the control plane counts on.
func LoggingStoreContract(t *testing.T, s LoggingStore) {
	t.Helper()
	here := chat.Scope{Account: "111111111111", Region: "us-west-2"}
	c := chat.LoggingConfiguration{
		ARN:         chat.ARN{Region: here.Region, Account: here.Account, Kind: chat.KindLogging, ID: chat.NewID()},
		Destination: chat.Destination{S3: &chat.S3Destination{BucketName: "logs"}}, State: chat.StateActive,
	}
	must(t, s.CreateLoggingConfiguration(t.Context(), c))
	if got, err := s.FindLoggingConfiguration(t.Context(), c.ARN); err != nil || got.Destination.S3 == nil || got.Destination.S3.BucketName != "logs" {
		t.Errorf("FindLoggingConfiguration = %v, %v, want %v", got, err, c)
	}
	got, err := s.UpdateLoggingConfiguration(t.Context(), c.ARN, func(c *chat.LoggingConfiguration) error {
		c.Name = "renamed"
		return nil
	})
	if err != nil || got.Name != "renamed" || got.State != chat.StateActive {
		t.Errorf("UpdateLoggingConfiguration = %v, %v", got, err)
	}
	if all := slices.Collect(s.InScope(here)); len(all) != 1 || all[0].Name != "renamed" || s.Count(here) != 1 {
		t.Errorf("InScope = %v, Count = %d, want the one", all, s.Count(here))
	}
	no := chat.InConflict(c.ARN, "it is needed")
	for _, at := range []int{1, 2} { // that it is asked a second time, nobody promises
		asked := 0
		err := s.DeleteLoggingConfiguration(t.Context(), c.ARN, func() error {
			if asked++; asked == at {
				return no
			}
			return nil
		})
		if asked < at {
			must(t, err)
			must(t, s.CreateLoggingConfiguration(t.Context(), got))
		} else if got, _ := s.FindLoggingConfiguration(t.Context(), c.ARN); !errors.Is(err, no) || got.State != chat.StateActive {
			t.Errorf("DeleteLoggingConfiguration with an objection = %v, and it is %+v", err, got)
		}
	}
	if got, err := s.NewestLoggingConfiguration(t.Context(), c.ARN); err != nil || got.Name != "renamed" {
		t.Errorf("NewestLoggingConfiguration = %+v, %v", got, err)
	}
	yes := func() error { return nil }
	must(t, s.DeleteLoggingConfiguration(t.Context(), c.ARN, yes))
	_, err = s.FindLoggingConfiguration(t.Context(), c.ARN)
	notFound(t, "FindLoggingConfiguration", err)
	if n := s.Count(here); n != 0 {
		t.Errorf("Count = %d, want none", n)
	}
	notFound(t, "DeleteLoggingConfiguration", s.DeleteLoggingConfiguration(t.Context(), c.ARN, yes))
	_, err = s.NewestLoggingConfiguration(t.Context(), c.ARN)
	notFound(t, "NewestLoggingConfiguration", err)
}

func newestRoom(t *testing.T, s RoomStore, want chat.Room) {
	t.Helper()
	if got, err := s.NewestRoom(t.Context(), want.ARN); err != nil || !sameRoom(got, want) {
		t.Errorf("NewestRoom = %v, %v, want %v", got, err, want)
	}
}

func sameRoom(a, b chat.Room) bool {
	return a.ARN == b.ARN && a.Name == b.Name && a.CreateTime.Equal(b.CreateTime) && a.UpdateTime.Equal(b.UpdateTime) &&
		fmt.Sprint(a.Tags, a.LoggingConfigurationIdentifiers, a.MaximumMessageLength, a.MaximumMessageRatePerSecond) ==
			fmt.Sprint(b.Tags, b.LoggingConfigurationIdentifiers, b.MaximumMessageLength, b.MaximumMessageRatePerSecond) &&
		*a.MessageReviewHandler == *b.MessageReviewHandler
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func notFound(t *testing.T, op string, err error) {
	t.Helper()
	if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.ResourceNotFound {
		t.Errorf("%s of what is gone = %v, want ResourceNotFoundException", op, err)
	}
}

package quota

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"parlor/chat"
)

var blue = chat.Scope{Account: "111111111111", Region: "us-west-2"}

// accepted counts how many of n requests are let through.
func accepted(t *testing.T, q *Quotas, k Key, n int) int {
	t.Helper()
	got := 0
	for range n {
		if q.Allow(t.Context(), k) == nil {
			got++
		}
	}
	return got
}

// A bucket holds as many as come in a second (behaviour.md §6), and refills evenly.
func TestBucketHoldsOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Config{})
		k := Of(ConnectionRequests, blue)
		steps := []struct {
			wait time.Duration
			want int
		}{
			{0, 10},
			{99 * time.Millisecond, 0},
			{time.Millisecond, 1},
			{250 * time.Millisecond, 2},
			{50 * time.Millisecond, 1},
			{time.Hour, 10},
		}
		for i, s := range steps {
			time.Sleep(s.wait)
			if got := accepted(t, q, k, 30); got != s.want {
				t.Errorf("step %d: accepted %d, want %d", i, got, s.want)
			}
		}
	})
}

func TestKeysAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Config{})
		keys := []Key{
			Of("CreateRoom", blue), Of("GetRoom", blue),
			Of("CreateRoom", chat.Scope{Account: blue.Account, Region: "eu-west-1"}),
			Of("CreateRoom", chat.Scope{Account: "222222222222", Region: blue.Region}),
		}
		for _, k := range keys {
			if got := accepted(t, q, k, 20); got != 5 {
				t.Errorf("%v: accepted %d, want 5", k, got)
			}
		}
	})
}

func TestRoomRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := chat.ARN{Region: blue.Region, Account: blue.Account, Kind: chat.KindRoom, ID: "abcdefghijkl"}
		for _, c := range []struct {
			profile    string
			rate, want int
		}{{ProfileAWS, 7, 7}, {ProfileAWS, 1000, 100}, {ProfileDev, 7, 7}, {ProfileOff, 7, 500}} {
			limits, err := Profile(c.profile)
			if err != nil {
				t.Fatal(err)
			}
			q, got := New(Config{Limits: limits}), 0
			for range 500 {
				if q.AllowMessage(t.Context(), room, c.rate) == nil {
					got++
				}
			}
			if got != c.want {
				t.Errorf("profile %s, rate %d: accepted %d, want %d", c.profile, c.rate, got, c.want)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	q := New(Config{Limits: parse(t, `{"quotas":{"ListRooms":0,"RoomMessages":0,"LoggingConfigurations":10}}`)})
	room := chat.ARN{Region: blue.Region, Account: blue.Account, Kind: chat.KindRoom, ID: "abcdefghijkl"}
	for _, c := range []struct {
		got  error
		want chat.Error
	}{
		{q.Allow(t.Context(), Of("ListRooms", blue)), chat.Error{
			Code: chat.Throttling, Message: "Rate exceeded: ListRooms", ResourceID: blue.Account, ResourceType: "ROOM",
		}},
		{q.AllowMessage(t.Context(), room, 10), chat.Error{
			Code: chat.Throttling, Message: "Rate exceeded: RoomMessages", ResourceID: room.ID, ResourceType: "ROOM",
		}},
		{Exceeded(Of(LoggingConfigurations, blue), 10), chat.Error{
			Code: chat.ServiceQuotaExceeded, Message: "Quota exceeded: LoggingConfigurations",
			ResourceID: blue.Account, ResourceType: "LOGGING_CONFIGURATION", Limit: 10,
		}},
	} {
		got, ok := errors.AsType[*chat.Error](c.got)
		if !ok || fmt.Sprint(*got) != fmt.Sprint(c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

// A million keys seen once leave nothing behind.
func TestForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- q.Run(ctx) }()
		for i := range 1_000_000 {
			room := chat.ARN{Region: blue.Region, Account: blue.Account, Kind: chat.KindRoom, ID: fmt.Sprint(i)}
			if err := q.AllowMessage(ctx, room, 10); err != nil {
				t.Fatal(err)
			}
			if i%1000 == 0 {
				time.Sleep(5 * time.Millisecond)
			}
		}
		// 100 ms for a bucket of ten to be full again: at 200,000 keys a second some 20,000 are in use.
		if got := q.buckets.size(); got > 100_000 {
			t.Errorf("keys kept under load = %d, want no more than are in use", got)
		}
		time.Sleep(2 * renewEvery)
		synctest.Wait()
		if got := q.buckets.size(); got != 0 {
			t.Errorf("keys kept in the end = %d, want 0", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestAcquireAlone(t *testing.T) {
	q := New(Config{Limits: parse(t, `{"quotas":{"Connections":3}}`)})
	k := Of(Connections, blue)
	for i := range 5 {
		err := q.Acquire(t.Context(), k)
		if (err == nil) != (i < 3) {
			t.Errorf("Acquire %d = %v", i, err)
		}
	}
	q.Release(k)
	if err := q.Acquire(t.Context(), k); err != nil {
		t.Errorf("Acquire after Release = %v", err)
	}
	if got := q.Used(t.Context(), k); got != 3 {
		t.Errorf("Used = %d, want 3", got)
	}
	for range 3 {
		q.Release(k)
	}
	if len(q.counts.here) != 0 {
		t.Errorf("keys kept = %d, want 0", len(q.counts.here))
	}
}

func BenchmarkAllow(b *testing.B) {
	limits, err := Parse([]byte(`{"quotas":{"CreateChatToken":1000000000}}`))
	if err != nil {
		b.Fatal(err)
	}
	q := New(Config{Limits: limits})
	k := Of("CreateChatToken", blue)
	b.ReportAllocs()
	for b.Loop() {
		if err := q.Allow(b.Context(), k); err != nil {
			b.Fatal(err)
		}
	}
}

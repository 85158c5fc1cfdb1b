package cluster

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"parlor/chat"
)

// BenchmarkManyRooms is what a room costs a node that only knows it, and one that has
// members of it: bytes of heap, and the time to read it at a start. docs/scale.md
// multiplies these.
func BenchmarkManyRooms(b *testing.B) {
	const rooms = 20_000
	for b.Loop() {
		dir := b.TempDir()
		n := open(b, Config{Dir: dir})
		before, start := heap(), time.Now()
		for i := range rooms {
			room := chat.Room{
				ARN: roomARN(fmt.Sprintf("%012d", i)), Name: "a-name", MaximumMessageLength: 500, MaximumMessageRatePerSecond: 10,
				CreateTime: time.Now(), UpdateTime: time.Now(), Tags: map[string]string{"team": "one"},
			}
			if err := n.Rooms().CreateRoom(b.Context(), room); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(time.Since(start).Microseconds())/rooms, "µs/create")
		b.ReportMetric(float64(heap()-before)/rooms, "B/room")
		before = heap()
		for i := range rooms {
			if _, err := n.Subscribe(roomARN(fmt.Sprintf("%012d", i)), func([]byte) {}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(heap()-before)/rooms, "B/live-room")
		n.Close()
		start = time.Now()
		again := open(b, Config{Dir: dir})
		b.ReportMetric(float64(time.Since(start).Microseconds())/rooms, "µs/room-at-start")
		if got := again.Rooms().Count(roomARN("").Scope()); got != rooms {
			b.Fatalf("%d rooms after a restart, want %d", got, rooms)
		}
		again.Close()
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

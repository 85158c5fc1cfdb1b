package chatlog

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"parlor/chat"
)

// A flood is a stream that has a record of a quiet room, and then much of a loud one,
// of which it keeps nothing itself.
type flood struct {
	*memory
	batches, acked atomic.Int64
}

const floodBatches = 200

func (f *flood) Consume(ctx context.Context, _ Consumer, handle func(Batch)) error {
	said := func(room string, size int) Batch {
		f.batches.Add(1)
		record := appendEnvelope(nil, room, bytes.Repeat([]byte("x"), size), time.Now())
		return Batch{
			ID: fmt.Sprint(f.batches.Load()), Records: [][]byte{record},
			Ack:     func() error { f.acked.Add(1); return nil },
			Confirm: func(context.Context) error { f.acked.Add(1); return nil },
			Retry:   func(time.Duration) error { return nil },
			Extend:  func() error { return nil },
		}
	}
	handle(said("quiet", 100))
	for range floodBatches {
		handle(said("loud", 1<<20))
	}
	<-ctx.Done()
	return nil
}

// A taker takes everything.
type taker struct{ how rule }

func (taker) name() string                                 { return "taker" }
func (t taker) rule() rule                                 { return t.how }
func (taker) put(context.Context, *pile) ([]record, error) { return nil, nil }

// What was delivered is let go, also while records that came before it wait for their
// file: those of another room, say, in which little is said.
func TestDeliveredIsLetGo(t *testing.T) {
	stream := &flood{memory: newMemory()}
	log, err := New(Config{Memory: 8 << 20}, deps(stream, nil, toBucket("x")))
	if err != nil {
		t.Fatal(err)
	}
	log.open = func(chat.LoggingConfiguration) (sink, error) {
		return taker{rule{interval: time.Hour, bytes: 2 << 20, overhead: 1, byRoom: true}}, nil
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- log.Run(ctx) }()
	until(t, "the loud room's records", func() bool { return stream.acked.Load() >= floodBatches-2 })
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 32<<20 {
		t.Errorf("%d MiB were delivered, and %d MiB are held", floodBatches, held>>20)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

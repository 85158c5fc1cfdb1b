package chatlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A memory stream keeps batches like the real one: each comes to one consumer at a
// time, and again if it isn't acknowledged.
type memory struct {
	mu      sync.Mutex // guards the following
	batches []*memoryBatch
	next    int
	wake    chan struct{}
	extends int
	deaf    bool  // the next acknowledgement is not heard
	holder  *life // who claimed, and has not released
}

type memoryBatch struct {
	Batch
	key   string
	until time.Time // taken, and not to be given out again before
	acked bool
}

func newMemory() *memory { return &memory{wake: make(chan struct{})} }

func (m *memory) Append(keys []string, rec []byte) bool {
	for _, key := range keys {
		m.add(key, bytes.Clone(rec))
	}
	return true
}

func (m *memory) add(key string, records ...[]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	b := &memoryBatch{key: key}
	ack := func() error { m.change(func() { b.acked, m.deaf = b.acked || !m.deaf, false }); return nil }
	b.Batch = Batch{
		ID: fmt.Sprint(m.next), Records: records, Ack: ack,
		Confirm: func(context.Context) error { return ack() },
		Retry:   func(d time.Duration) error { m.change(func() { b.until = time.Now().Add(d) }); return nil },
		Extend:  func() error { m.change(func() { b.until = time.Now().Add(time.Hour); m.extends++ }); return nil },
	}
	m.batches = append(m.batches, b)
	m.shout()
}

func (m *memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	m.shout()
}

func (m *memory) shout() { close(m.wake); m.wake = make(chan struct{}) }

// lost frees everything that was taken, as if its time were over.
func (m *memory) lost() {
	m.change(func() {
		for _, b := range m.batches {
			b.until = time.Time{}
		}
	})
}

// left counts the batches that nobody acknowledged.
func (m *memory) left() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, b := range m.batches {
		if !b.acked {
			n++
		}
	}
	return n
}

func (m *memory) Flush(context.Context) error { return nil }

func (m *memory) Claim(context.Context, string) error { return m.claim(nil) }

func (m *memory) Forget(context.Context, string) error { return m.release(nil) }

func (m *memory) Release(context.Context, string) error { return m.release(nil) }

func (m *memory) Free(context.Context, string) error { return m.free(nil) }

// free is release, and frees what was taken.
func (m *memory) free(l *life) error {
	m.mu.Lock()
	mine := m.holder == l
	m.mu.Unlock()
	if mine {
		m.lost()
	}
	return m.release(l)
}

// claim lets l consume, unless another one does that lives.
func (m *memory) claim(l *life) error {
	m.mu.Lock()
	last := m.holder
	held := last != nil && last != l && !last.dead.Load()
	if !held {
		m.holder = l
	}
	m.mu.Unlock()
	if held {
		return errors.New("held")
	}
	if last != nil { // it is dead, and gave nothing back
		m.lost()
	}
	return nil
}

func (m *memory) release(l *life) error {
	m.mu.Lock()
	mine := m.holder == l
	if mine {
		m.holder = nil
	}
	m.mu.Unlock()
	return nil
}

func (m *memory) Consume(ctx context.Context, c Consumer, handle func(Batch)) error {
	for ctx.Err() == nil {
		b, wake, soon := m.take(c)
		if b != nil {
			handle(*b)
			continue
		}
		timer := time.NewTimer(soon)
		select {
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		timer.Stop()
	}
	return context.Cause(ctx)
}

func (m *memory) take(c Consumer) (*Batch, chan struct{}, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, soon := time.Now(), time.Hour
	for i, b := range m.batches {
		if b.acked || b.key != c.Key {
			continue
		}
		if wait := b.until.Sub(now); wait > 0 {
			soon = min(soon, wait)
			continue
		}
		b.until = now.Add(c.AckWait)
		if i > 0 && m.batches[0].acked {
			m.trim()
		}
		out := b.Batch
		return &out, nil, 0
	}
	return nil, m.wake, soon
}

// trim forgets what was acknowledged, so that long tests stay quick.
func (m *memory) trim() {
	i := 0
	for i < len(m.batches) && m.batches[i].acked {
		i++
	}
	m.batches = m.batches[i:]
}

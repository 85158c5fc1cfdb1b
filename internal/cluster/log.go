package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The log stream keeps records until they reach their destination: on file, in as many
// copies as the other records have. Records that arrive within logLinger of each other
// share a write: one costs as much as dozens of records, and so a disk that syncs each
// write carries many thousands of records a second. They go packed (logpack.go), as the
// stream passes over each byte many times.

const (
	logBatchBytes = 512 << 10              // records of one message of the stream, if the server takes it
	logQueueBytes = 64 << 20               // that wait in memory when JetStream is away
	logWriters    = 4                      // writes under way at a time
	logLinger     = 200 * time.Millisecond // a batch that is not full waits for more
	logTry        = time.Second            // of one write
	logRetryMin   = 50 * time.Millisecond  // then doubled
	logRetryMax   = 5 * time.Second        //
	logBytes      = int64(1 << 30)         // on disk, unless configured
	logAge        = 7 * 24 * time.Hour     // on disk, unless configured
	logDuplicates = 2 * time.Minute        // a write that is tried again counts once
	logEvict      = 64                     // messages a full stream gives up at a time
	logFlushPoll  = 5 * time.Millisecond

	logRecordGuess = 256 // bytes of a record, most often more
)

// LogStats is the state of the log stream and of this node's queue before it.
type LogStats struct {
	Depth  uint64    // messages on disk that no destination has yet
	Bytes  uint64    // on disk
	Oldest time.Time // zero: nothing on disk
	Queued int       // bytes in this node's memory, not on disk yet
	Lost   uint64    // records this node gave up because a bound bit, since its start
}

// logQueue is what waits in this node's memory for the stream.
type logQueue struct {
	node   *Node
	wake   chan struct{} // one slot for each writer
	number atomic.Uint64 // of the last batch; with the boot it is the message id
	lost   atomic.Uint64

	mu      sync.Mutex // guards the following
	started bool
	most    int                  // bytes of a batch
	open    map[string]*logBatch // the newest batch for each list of keys, while it waits
	name    []byte               // for finding it
	waiting []*logBatch          // oldest first
	bytes   int                  // waiting or being written
}

// A logBatch becomes one message of the stream for each of its keys.
type logBatch struct {
	name    string // in open
	keys    []string
	written int // messages there are
	id      string
	data    []byte
	packed  []byte // data, packed, once it was asked for
	records int
	due     time.Time // when it goes, full or not
}

// AppendLog queues a copy of record for the log stream, under keys that ConsumeLog can
// filter by: each has its own place in the stream. It returns at once, and reports false
// if older records had to go to make room.
func (n *Node) AppendLog(keys []string, record []byte) bool { return n.logs.append(keys, record) }

// FlushLog waits until every record of this node is on disk, or ctx ends.
func (n *Node) FlushLog(ctx context.Context) error {
	for n.logs.queued() > 0 {
		if !pause(ctx, logFlushPoll) {
			return fmt.Errorf("flush log: %d bytes are not on disk: %w", n.logs.queued(), context.Cause(ctx))
		}
	}
	return nil
}

// LogStats returns the state of the log stream.
func (n *Node) LogStats(ctx context.Context) (LogStats, error) {
	stats := LogStats{Queued: n.logs.queued(), Lost: n.logs.lost.Load()}
	stream, err := n.js.Stream(ctx, n.logName())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return stats, nil
	}
	if err != nil {
		return stats, fmt.Errorf("log stream: %w", err)
	}
	state := stream.CachedInfo().State
	stats.Depth, stats.Bytes = state.Msgs, state.Bytes
	if state.Msgs > 0 {
		stats.Oldest = state.FirstTime
	}
	return stats, nil
}

func newLogQueue(n *Node) *logQueue {
	return &logQueue{node: n, wake: make(chan struct{}, logWriters), open: make(map[string]*logBatch)}
}

func (q *logQueue) append(keys []string, record []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.start()
	kept := true
	for q.bytes+len(record) > logQueueBytes && len(q.waiting) > 0 {
		kept = false
		q.drop()
	}
	q.name = q.name[:0]
	for _, key := range keys {
		q.name = append(append(q.name, key...), ' ')
	}
	b := q.open[string(q.name)]
	if b == nil || len(b.data)+len(record) > q.most {
		id := strconv.FormatUint(q.node.boot, 36) + "-" + strconv.FormatUint(q.number.Add(1), 36)
		b = &logBatch{name: string(q.name), keys: slices.Clone(keys), id: id, data: takeBuffer(), due: time.Now().Add(logLinger)}
		q.open[b.name] = b
		q.waiting = append(q.waiting, b)
		select {
		case q.wake <- struct{}{}:
		default: // all writers are awake
		}
	}
	before := len(b.data)
	b.data = appendRecord(b.data, record)
	b.records++
	q.bytes += len(b.data) - before
	return kept
}

// start begins writing with the first record: most nodes log nothing.
func (q *logQueue) start() {
	if q.started {
		return
	}
	q.started = true
	q.most = min(logBatchBytes, int(q.node.talk.MaxPayload())*3/4) // the rest is for headers
	for range logWriters {
		q.node.running.Go(func() { q.write(q.node.background) })
	}
}

// drop gives up the oldest batch that nobody is writing.
func (q *logQueue) drop() {
	b := q.waiting[0]
	q.forget(b)
	q.bytes -= len(b.data)
	q.gaveUp(b.records*len(b.keys), "memory is full")
}

func (q *logQueue) forget(b *logBatch) {
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	if q.open[b.name] == b {
		delete(q.open, b.name)
	}
}

// gaveUp counts, and says so at 1, 2, 4, 8, … thousand, so that the log stays readable.
func (q *logQueue) gaveUp(records int, why string) {
	n := uint64(records) //nolint:gosec // G115: a count.
	after := q.lost.Add(n)
	if before := after - n; before == 0 || before/1000 != after/1000 && powerOfTwo(after/1000) {
		q.node.log.Error("log records were given up", "records", after, "reason", why)
	}
}

func powerOfTwo(n uint64) bool { return n&(n-1) == 0 }

func (q *logQueue) queued() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// take returns the oldest batch, once it is due, or else how long that will be; 0 if
// nothing waits.
func (q *logQueue) take() (*logBatch, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, 0
	}
	b := q.waiting[0]
	full := q.open[b.name] != b
	if wait := time.Until(b.due); wait > 0 && !full {
		return nil, wait
	}
	q.forget(b)
	return b, 0
}

func (q *logQueue) done(b *logBatch) {
	q.mu.Lock()
	q.bytes -= len(b.data)
	q.mu.Unlock()
	logBuffers.Put(&b.data)
	if b.packed != nil {
		logBuffers.Put(&b.packed)
	}
}

// logBuffers are the memory of batches, to use again: NATS copies what it publishes.
var logBuffers sync.Pool

func takeBuffer() []byte {
	if b, ok := logBuffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

// write is one of the writers.
func (q *logQueue) write(ctx context.Context) {
	for ctx.Err() == nil {
		b, wait := q.take()
		switch {
		case b != nil:
			q.deliver(ctx, b)
			q.done(b)
		case wait > 0:
			pause(ctx, wait)
		default:
			select {
			case <-ctx.Done():
			case <-q.wake:
			}
		}
	}
}

// deliver tries until the batch is on disk for each key. Its ids make a second try
// harmless.
func (q *logQueue) deliver(ctx context.Context, b *logBatch) {
	wait := logRetryMin
	for b.written < len(b.keys) {
		err := q.publish(ctx, b)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			b.written, wait = b.written+1, logRetryMin
			continue
		}
		q.node.log.WarnContext(ctx, "log stream", "err", err)
		if !pause(ctx, wait) {
			return
		}
		wait = min(2*wait, logRetryMax)
	}
}

// pack returns the batch packed.
func (b *logBatch) pack() []byte {
	if b.packed == nil {
		b.packed = packRecords(takeBuffer(), b.data)
	}
	return b.packed
}

func (q *logQueue) publish(ctx context.Context, b *logBatch) error {
	key := b.keys[b.written]
	subject, data := q.node.logSubject(key), b.data
	if q.node.members.allReadPacked() {
		subject, data = q.node.packedSubject(key), b.pack()
	}
	return q.node.publishLog(ctx, subject, b.id+"-"+strconv.Itoa(b.written), data)
}

// publishLog tries once to write a message of the stream, after it made the stream, or
// room in it, if need be.
func (n *Node) publishLog(ctx context.Context, subject, id string, data []byte) error {
	// The next try finds a new leader; the id keeps it from counting twice.
	ctx, cancel := context.WithTimeout(ctx, logTry)
	defer cancel()
	_, err := n.js.Publish(ctx, subject, data, jetstream.WithMsgID(id))
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, jetstream.ErrStreamNotFound):
		if _, err := n.logStream(ctx); err != nil {
			return err
		}
	case full(err):
		if err := n.evictLog(ctx); err != nil {
			return err
		}
	default:
		return err
	}
	_, err = n.js.Publish(ctx, subject, data, jetstream.WithMsgID(id))
	return err
}

package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A LogBatch is some records of one key, in the order they were appended. It comes
// again, to any node, until it is acknowledged.
type LogBatch struct {
	Key     string
	ID      string // the same each time the batch comes
	Records [][]byte
	At      time.Time // when it reached the disk
	Tries   int       // 1 the first time
	msg     jetstream.Msg
}

// Ack says that the records have arrived; they are dropped from the stream.
func (b LogBatch) Ack() error { return b.msg.Ack() }

// Confirm is Ack, and returns when the stream has heard it, and every Ack before it.
func (b LogBatch) Confirm(ctx context.Context) error { return b.msg.DoubleAck(ctx) }

// Retry lets the batch come again after a while.
func (b LogBatch) Retry(after time.Duration) error { return b.msg.NakWithDelay(after) }

// Extend asks for another AckWait before the batch comes again.
func (b LogBatch) Extend() error { return b.msg.InProgress() }

// LogConsumer says what ConsumeLog takes from the stream. Consumers with one name share
// the work, on whatever nodes they run.
type LogConsumer struct {
	Name    string
	Key     string        // only this key; empty: all. Consumers must not overlap.
	AckWait time.Duration // a batch that is not acknowledged comes again; 0 means a minute
	Pending int           // batches out at a time, over all nodes; 0 means 1,000
}

// ConsumeLog calls handle with batch after batch, one at a time, until ctx ends. It
// survives the loss of the server, and goes on where it stopped. handle may keep the
// batch and acknowledge it later.
func (n *Node) ConsumeLog(ctx context.Context, c LogConsumer, handle func(LogBatch)) error {
	var one sync.Mutex // guards the use of handle
	var all sync.WaitGroup
	for _, l := range n.lanes(c) {
		all.Go(func() {
			n.consumeLane(ctx, l, c, func(b LogBatch) {
				one.Lock()
				defer one.Unlock()
				handle(b)
			})
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// A lane is one of the consumers on the stream that a LogConsumer is: each version has its
// own, so that none is given what it can't read.
type lane struct{ name, subject string }

func (n *Node) lanes(c LogConsumer) []lane {
	if c.Key == "" {
		return []lane{{name: c.Name}}
	}
	return []lane{{c.Name, n.logSubject(c.Key)}, {c.Name + packedSuffix, n.packedSubject(c.Key)}}
}

// packedSuffix is what the names of consumers of packed batches end in.
const packedSuffix = "-s2"

// onLanes does something with each consumer that a LogConsumer of this name is.
func onLanes(name string, do func(name string) error) error {
	return errors.Join(do(name), do(name+packedSuffix))
}

func (n *Node) consumeLane(ctx context.Context, l lane, c LogConsumer, handle func(LogBatch)) {
	for ctx.Err() == nil {
		err := n.consumeLog(ctx, l, c, handle)
		if ctx.Err() == nil && err != nil {
			n.log.WarnContext(ctx, "consume log", "consumer", l.name, "err", err)
		}
		pause(ctx, time.Second)
	}
}

// logPull is how long one request for batches waits; an idle consumer costs this often.
const logPull = 30 * time.Second

func (n *Node) consumeLog(ctx context.Context, l lane, c LogConsumer, handle func(LogBatch)) error {
	consumer, err := n.logConsumer(ctx, l, c)
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(64), jetstream.PullExpiry(logPull))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, messages.Drain) // handle gets what has come, too
	defer stop()
	defer messages.Stop()
	for {
		m, err := messages.Next()
		if err != nil {
			return err
		}
		b, err := n.readBatch(m)
		if err != nil {
			n.log.ErrorContext(ctx, "log batch can't be read and is dropped", "err", err)
			if err := m.Term(); err != nil {
				return err
			}
			continue
		}
		handle(b)
	}
}

func (n *Node) logConsumer(ctx context.Context, l lane, c LogConsumer) (jetstream.Consumer, error) {
	// Also when ctx ends it waits for the answer: what is made later is not released.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	stream, err := n.logStream(ctx)
	if err != nil {
		return nil, err
	}
	// What is not acknowledged is in the stream, and comes again to a consumer that was
	// made anew: to write down its place with each batch would cost more than the batch.
	cfg := jetstream.ConsumerConfig{
		Durable: l.name, AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.AckWait, MaxAckPending: c.Pending,
		FilterSubject: l.subject, MemoryStorage: true, MaxDeliver: -1,
		Metadata: map[string]string{holderKey: holderName(n.id, n.boot)},
	}
	if cfg.AckWait == 0 {
		cfg.AckWait = time.Minute
	}
	if cfg.MaxAckPending == 0 {
		cfg.MaxAckPending = 1000
	}
	old, err := stream.Consumer(ctx, l.name)
	if err == nil { // a node of an earlier version may have made it
		cfg.MemoryStorage = old.CachedInfo().Config.MemoryStorage
	} else if !missingConsumer(err) {
		return nil, err
	}
	return stream.CreateOrUpdateConsumer(ctx, cfg)
}

// errHeld says that a consumer can't be claimed yet.
var errHeld = errors.New("another node delivers this, and has not let go yet")

// ClaimLogConsumer frees what a consumer of this name had taken, if the node that it
// belonged to is gone. It fails as long as that node lives and has not released it.
func (n *Node) ClaimLogConsumer(ctx context.Context, name string) error {
	return onLanes(name, func(name string) error { return n.claimLane(ctx, name) })
}

func (n *Node) claimLane(ctx context.Context, name string) error {
	c, err := n.js.Consumer(ctx, n.logName(), name)
	if missingConsumer(err) {
		return n.dropLane(ctx, name)
	}
	if err != nil {
		return err
	}
	holder := c.CachedInfo().Config.Metadata[holderKey]
	if holder == nobody {
		return nil
	}
	if id := n.holds(holder); id != "" && id != n.id {
		return fmt.Errorf("%s: %w", id, errHeld)
	}
	return n.dropLane(ctx, name)
}

// holds returns the live node that a consumer's holder is, if any.
func (n *Node) holds(holder string) string {
	for _, m := range n.Members() {
		if holder == holderName(m.ID, m.Boot) {
			return m.ID
		}
	}
	return ""
}

// ReleaseLogConsumer lets others claim the consumer, if it is this node's. It stays as it
// is: to drop it would lose those acknowledgements that not all servers have heard of.
// What the node had taken and not acknowledged it gives back with Retry.
func (n *Node) ReleaseLogConsumer(ctx context.Context, name string) error {
	return onLanes(name, func(name string) error {
		cfg, err := n.holding(ctx, name)
		if cfg == nil || err != nil {
			return err
		}
		cfg.Metadata[holderKey] = nobody
		_, err = n.js.UpdateConsumer(ctx, n.logName(), *cfg)
		return err
	})
}

// FreeLogConsumer is ReleaseLogConsumer, and drops the consumer: what the node had taken
// comes again at once, also if the stream did not hear that it was given back.
func (n *Node) FreeLogConsumer(ctx context.Context, name string) error {
	return onLanes(name, func(name string) error {
		cfg, err := n.holding(ctx, name)
		if cfg == nil || err != nil {
			return err
		}
		return n.dropLane(ctx, name)
	})
}

// holding returns how a consumer is configured that this node holds, nil if it doesn't.
func (n *Node) holding(ctx context.Context, name string) (*jetstream.ConsumerConfig, error) {
	c, err := n.js.Consumer(ctx, n.logName(), name)
	if missingConsumer(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	cfg := c.CachedInfo().Config
	if cfg.Metadata[holderKey] != holderName(n.id, n.boot) {
		return nil, nil
	}
	return &cfg, nil
}

func missingConsumer(err error) bool {
	return errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound)
}

// holderKey is where a consumer tells which node, in which of its lives, it belongs to.
const holderKey = "parlor-holder"

// nobody holds a consumer that was released.
const nobody = "nobody"

func holderName(id string, boot uint64) string { return id + "-" + strconv.FormatUint(boot, 36) }

// DropLogConsumer forgets a consumer by name, with its place in the stream.
func (n *Node) DropLogConsumer(ctx context.Context, name string) error {
	return onLanes(name, func(name string) error { return n.dropLane(ctx, name) })
}

// dropLane forgets one of them. A server that was killed while it made a consumer forgets
// it, but not the files that hold its place, if it has such: making one anew and deleting
// that removes them too.
func (n *Node) dropLane(ctx context.Context, name string) error {
	err := n.js.DeleteConsumer(ctx, n.logName(), name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) && !strings.HasSuffix(name, packedSuffix) {
		_, err = n.js.CreateConsumer(ctx, n.logName(), jetstream.ConsumerConfig{
			Durable: name, AckPolicy: jetstream.AckExplicitPolicy, FilterSubject: n.logSubject("dropped " + name),
		})
		if err == nil {
			err = n.js.DeleteConsumer(ctx, n.logName(), name)
		}
	}
	if missingConsumer(err) {
		return nil
	}
	return err
}

func (n *Node) readBatch(m jetstream.Msg) (LogBatch, error) {
	meta, err := m.Metadata()
	if err != nil {
		return LogBatch{}, err
	}
	b := LogBatch{
		ID: m.Headers().Get(jetstream.MsgIDHeader), At: meta.Timestamp,
		Tries: int(meta.NumDelivered), msg: m, //nolint:gosec // G115: a small count.
	}
	b.Key, b.Records, err = n.splitBatch(m.Subject(), m.Data())
	return b, err
}

func (n *Node) logName() string { return n.cfg.Name + "-log" }

func (n *Node) logSubject(key string) string { return n.subject("log", escape(key)) }

// logStream finds the stream or makes it. A stream that another node is making has no
// leader to answer yet: nobody waits for it longer than half a try.
func (n *Node) logStream(ctx context.Context) (jetstream.Stream, error) {
	looking, cancel := context.WithTimeout(ctx, logTry/2)
	defer cancel()
	if s, err := n.js.Stream(looking, n.logName()); err == nil {
		return s, nil
	}
	cfg := jetstream.StreamConfig{
		Name: n.logName(), Description: "Parlor's chat logs on their way", Subjects: []string{n.subject("log", "*")},
		Storage: n.storage(), Replicas: n.replicas(), Retention: jetstream.WorkQueuePolicy,
		// Full means refused, so that this package can count what it gives up.
		Discard: jetstream.DiscardNew, MaxBytes: cmp.Or(n.cfg.LogBytes, logBytes),
		// Old records are given up by expireLog, which counts them; this is for a cluster
		// that nobody minds.
		MaxAge: 2 * n.logAge(), Duplicates: min(logDuplicates, n.logAge()),
	}
	s, err := n.js.CreateOrUpdateStream(ctx, cfg)
	if _, refused := errors.AsType[*jetstream.APIError](err); refused && cfg.Replicas > 1 {
		cfg.Replicas = 1 // raised when there are servers enough
		s, err = n.js.CreateOrUpdateStream(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("log stream: %w", err)
	}
	return s, nil
}

func (n *Node) logAge() time.Duration { return cmp.Or(n.cfg.LogAge, logAge) }

// full reports whether the stream refused a write because of its bound.
func full(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == 10077 // maximum bytes (or messages, or age) exceeded
}

// evictLog gives up the oldest messages of a full stream.
func (n *Node) evictLog(ctx context.Context) error {
	return n.giveUp(ctx, "the log stream is full", func(*jetstream.RawStreamMsg) bool { return true })
}

// giveUp deletes messages, the oldest first, as long as each is due, and counts their
// records.
func (n *Node) giveUp(ctx context.Context, why string, due func(*jetstream.RawStreamMsg) bool) error {
	stream, err := n.js.Stream(ctx, n.logName())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return nil // of a stream that never had one, the first is number 0, and none may be asked for
	}
	for seq, given := state.FirstSeq, 0; seq <= state.LastSeq && given < logEvict; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // acknowledged meanwhile
		}
		if err != nil {
			return err
		}
		if !due(m) {
			return nil
		}
		if err := stream.DeleteMsg(ctx, seq); err != nil {
			continue
		}
		given++
		if _, records, err := n.splitBatch(m.Subject, m.Data); err == nil {
			n.logs.gaveUp(len(records), why)
		}
	}
	return nil
}

// expireLog gives up what is too old, if this node is the one that does so.
func (n *Node) expireLog(ctx context.Context, now time.Time) error {
	if n.Owner("log age") != n.id {
		return nil
	}
	limit := now.Add(-n.logAge())
	return n.giveUp(ctx, "their age", func(m *jetstream.RawStreamMsg) bool { return m.Time.Before(limit) })
}

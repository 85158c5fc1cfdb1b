// Package chatlog records what rooms hear at the destinations that their logging
// configurations name (behaviour.md §5). Chat never waits for it: Record hands over to
// a stream that outlives this process, and workers carry from the stream to S3,
// CloudWatch Logs, Firehose or a directory, at least once.
package chatlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"sync"
	"time"

	"parlor/chat"
	"parlor/internal/cloud"
	"parlor/internal/metric"
)

// A Config says where destinations are and how they are written. The zero Config
// reaches AWS with the SDK's default credentials.
type Config struct {
	S3         cloud.Account
	CloudWatch cloud.Account
	Firehose   cloud.Account

	// Directories maps bucket names to local directories that take their place.
	Directories map[string]string

	FileInterval time.Duration // how long records wait for their file in S3; 0: 5 minutes
	FileBytes    int           // records that make a file at once; 0: 5 MiB before compression
	Interval     time.Duration // how long they wait for CloudWatch Logs and Firehose; 0: 1 s
	Memory       int           // bytes that one logging configuration may hold; 0: 32 MiB
	StopWithin   time.Duration // for delivering what is held when Run ends; 0: 10 s
}

// Deps are what a Logger works with.
type Deps struct {
	Stream         Stream
	Configurations func() iter.Seq[chat.LoggingConfiguration] // all of them, of every account
	Owns           func(key string) bool                      // whether this node shall deliver key; nil: always
	Stats          func() Stats                               // of the stream, for metrics; may be nil
	Log            *slog.Logger
	Metrics        *metric.Set
}

// Stats are the state of the stream as this node sees it.
type Stats struct {
	Queued uint64 // bytes in memory, not yet safe
	Bytes  uint64 // safe, and not yet delivered
	Lost   uint64 // records that were given up because a bound bit
}

// A Logger records what rooms hear.
type Logger struct {
	cfg   Config
	deps  Deps
	open  func(chat.LoggingConfiguration) (sink, error)
	meter *meter
	spare sync.Pool // of envelopes, for their memory

	workers map[string]*running // owned by Run
}

// A running worker, and what it was started for.
type running struct {
	cfg    chat.LoggingConfiguration
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// errLetGo is why a worker ends whose configuration another one delivers from now on.
// It takes nothing more from the stream.
var errLetGo = errors.New("delivered by another worker from now on")

// errGone is why a worker ends whose configuration was deleted.
var errGone = errors.New("the logging configuration was deleted")

// reconcileEvery is how soon a new logging configuration is delivered, and how soon
// another node takes over from one that died.
const reconcileEvery = time.Second

// New returns a logger. It makes the directories of cfg.
func New(cfg Config, deps Deps) (*Logger, error) {
	cfg = cfg.withDefaults()
	for _, a := range []struct {
		name    string
		account cloud.Account
	}{{"S3", cfg.S3}, {"CloudWatch Logs", cfg.CloudWatch}, {"Firehose", cfg.Firehose}} {
		if err := a.account.Check(); err != nil {
			return nil, fmt.Errorf("chat logging: %s: %w", a.name, err)
		}
	}
	for bucket, dir := range cfg.Directories {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("chat logging: directory of bucket %s: %w", bucket, err)
		}
	}
	l := &Logger{cfg: cfg, deps: deps, workers: make(map[string]*running), meter: newMeter(deps.Metrics, deps.Stats)}
	l.open = newDestinations(cfg, l.meter.drop, deps.Log).open
	if deps.Owns == nil {
		l.deps.Owns = func(string) bool { return true }
	}
	return l, nil
}

func (c Config) withDefaults() Config {
	if c.FileInterval <= 0 {
		c.FileInterval = 5 * time.Minute
	}
	if c.FileBytes <= 0 {
		c.FileBytes = 5 << 20
	}
	if c.Interval <= 0 {
		c.Interval = time.Second
	}
	if c.Memory <= 0 {
		c.Memory = 32 << 20
	}
	if c.StopWithin <= 0 {
		c.StopWithin = 10 * time.Second
	}
	return c
}

// Record hands payload, a MESSAGE or EVENT as members of room hear it, to every logging
// configuration of room, and keeps nothing of it. It never blocks: the stream's buffer is
// bounded and gives up its oldest records before it makes chat wait.
func (l *Logger) Record(room chat.Room, payload []byte, at time.Time) {
	if len(room.LoggingConfigurationIdentifiers) == 0 {
		return
	}
	b, _ := l.spare.Get().(*[]byte)
	if b == nil {
		b = new([]byte)
	}
	defer l.spare.Put(b)
	*b = appendEnvelope((*b)[:0], room.ARN.ID, payload, at)
	l.meter.recorded.Add(float64(len(room.LoggingConfigurationIdentifiers)))
	if !l.deps.Stream.Append(room.LoggingConfigurationIdentifiers, *b) {
		l.meter.overflowed.Inc()
	}
}

// Run delivers until ctx ends, and then for StopWithin at most what was recorded and
// not delivered yet. What remains comes again at the next start, or on another node.
func (l *Logger) Run(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	for {
		l.reconcile(working)
		select {
		case <-tick.C:
			continue
		case <-ctx.Done():
		}
		break
	}
	flushing, cancel := context.WithTimeout(working, l.cfg.StopWithin)
	defer cancel()
	err := l.deps.Stream.Flush(flushing)
	l.reconcile(working) // what was configured in the last moment is delivered too
	stop()
	var wait sync.WaitGroup
	for _, w := range l.workers {
		wait.Go(func() { <-w.done })
	}
	wait.Wait()
	if err != nil {
		return fmt.Errorf("stop chat logging: %w", err)
	}
	return nil
}

// reconcile lets every configuration that this node owns have a worker, and no other.
func (l *Logger) reconcile(ctx context.Context) {
	want := make(map[string]chat.LoggingConfiguration)
	exists := make(map[string]bool)
	for c := range l.deps.Configurations() {
		if c.State != chat.StateActive {
			continue // it is being deleted
		}
		key := c.ARN.String()
		exists[key] = true
		if l.deps.Owns(key) {
			want[key] = c
		}
	}
	for key, w := range l.workers {
		c, ok := want[key]
		select {
		case <-w.done:
			delete(l.workers, key)
			continue
		default:
		}
		switch {
		case !exists[key]:
			w.cancel(errGone)
		case !ok || !sameDestination(c.Destination, w.cfg.Destination):
			w.cancel(errLetGo)
		}
	}
	for key, c := range want {
		if l.workers[key] == nil {
			l.workers[key] = l.start(ctx, key, c)
		}
	}
}

func (l *Logger) start(logging context.Context, key string, c chat.LoggingConfiguration) *running {
	ctx, cancel := context.WithCancelCause(logging)
	r := &running{cfg: c, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer cancel(nil)
		dest, err := l.open(c)
		if err != nil {
			l.deps.Log.ErrorContext(ctx, "log destination", "key", key, "err", err)
			<-ctx.Done()
			return
		}
		w := newWorker(l, key, dest)
		w.run(ctx)
		w.letGoLate(logging)
	}()
	return r
}

func sameDestination(a, b chat.Destination) bool {
	switch {
	case a.S3 != nil && b.S3 != nil:
		return *a.S3 == *b.S3
	case a.CloudWatchLogs != nil && b.CloudWatchLogs != nil:
		return *a.CloudWatchLogs == *b.CloudWatchLogs
	case a.Firehose != nil && b.Firehose != nil:
		return *a.Firehose == *b.Firehose
	}
	return false
}

var errNoDestination = errors.New("the logging configuration has no destination")

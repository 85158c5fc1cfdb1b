package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A store is the one bucket that all records live in, so that every node sees the
// changes of all nouns in one order, through one watch.
type store struct {
	node  *Node
	kv    jetstream.KeyValue
	again chan struct{} // one slot: start the watch anew
	ready chan struct{} // closed when the first snapshot was read

	mu      sync.Mutex // guards the following, and is held while a change is applied
	shelves map[string]shelf
	orphans map[string]map[string]change // by noun: read before anybody asked for the noun
	seen    uint64                       // the watch has come this far
	loaded  bool
	fresh   time.Time // when JetStream last answered this node
	stale   bool      // that was longer ago than the bucket remembers removals
}

// A shelf is one noun's copy in memory. Its methods are called one at a time.
type shelf interface {
	// apply takes one change of a key.
	apply(c change)
	// settle drops every key older than revision that is not present.
	settle(revision uint64, present map[string]bool)
}

// A change is one write to the bucket.
type change struct {
	key      string
	value    []byte // nil: removed
	revision uint64
	own      bool // told by the writer; the watch will tell it again
}

// tombstoneLife is how long the bucket remembers a removal for the sake of watchers
// that were away; who was away longer reads everything anew.
const tombstoneLife = time.Hour

// lookTime is how long one try to look something up may take.
const lookTime = time.Second

// catchUpTime is how long a starting node waits to know what the leader knows.
const catchUpTime = 3 * time.Second

func newStore(n *Node) *store {
	return &store{
		node: n, again: make(chan struct{}, 1), ready: make(chan struct{}),
		shelves: make(map[string]shelf), orphans: make(map[string]map[string]change),
	}
}

// wait waits for the first snapshot.
func (s *store) wait(ctx context.Context) error {
	select {
	case <-s.ready:
		s.catchUp(ctx)
		return nil
	case <-ctx.Done():
		return fmt.Errorf("read records: %w", context.Cause(ctx))
	}
}

// catchUp waits until the copy in memory holds what the bucket's leader holds. The
// server that told the snapshot may be this node's own, which was away and is behind:
// without this a node that comes back would deny what everybody else knows. It does
// not wait for long, as the leader's last write may be one that nobody is told of, a
// removal that was forgotten since.
func (s *store) catchUp(ctx context.Context) {
	if s.node.replicas() == 1 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, catchUpTime)
	defer cancel()
	stream, err := s.node.js.Stream(ctx, bucketStream(s.node.cfg.Name))
	if err != nil {
		return // no leader: what there is will do, and Ready says so
	}
	for s.revision() < stream.CachedInfo().State.LastSeq && pause(ctx, 2*time.Millisecond) {
	}
}

// revision is how far the watch has come.
func (s *store) revision() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// rewatch starts the watch anew, because the old one may have missed something.
func (s *store) rewatch() {
	select {
	case s.again <- struct{}{}:
	default:
	}
}

// run keeps the copy in memory true until ctx ends.
func (s *store) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.watch(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.node.log.DebugContext(ctx, "watch of records", "err", err)
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// watch reads what is new, or a whole snapshot, and then each change, until something
// wants it anew.
func (s *store) watch(ctx context.Context) error {
	var options []jetstream.WatchOpt
	present := make(map[string]bool)
	if from := s.resume(); from > 0 {
		options = append(options, jetstream.ResumeFromRevision(from))
		present = nil // nothing is dropped for not being among the news
	}
	w, err := s.kv.WatchAll(ctx, options...)
	if err != nil {
		return err
	}
	defer w.Stop() //nolint:errcheck // It ends with its connection at the latest.
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.again:
			return nil
		case e, ok := <-w.Updates():
			switch {
			case !ok:
				return errClosed
			case e == nil:
				if present != nil {
					s.snapshotDone(present)
				}
				present = nil
			default:
				s.apply(changeOf(e))
				if present != nil {
					present[e.Key()] = true
				}
			}
		}
	}
}

// resume returns the revision that a watch can go on from, or 0 if it has to begin anew.
func (s *store) resume() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loaded || s.stale {
		return 0
	}
	return s.seen + 1
}

// answered notes that JetStream is there for this node.
func (s *store) answered(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = s.stale || !s.fresh.IsZero() && now.Sub(s.fresh) > tombstoneLife/2
	s.fresh = now
}

func changeOf(e jetstream.KeyValueEntry) change {
	c := change{key: e.Key(), revision: e.Revision()}
	if e.Operation() == jetstream.KeyValuePut {
		c.value = e.Value()
	}
	return c
}

// apply hands a change to its noun. The watch calls it, and so does every write of
// this node, which is how a node reads what it wrote.
func (s *store) apply(c change) {
	noun, key, _ := strings.Cut(c.key, ".")
	c.key = key
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.own && c.revision <= s.seen {
		return // the watch has told this, and perhaps what came after
	}
	if !c.own {
		s.seen = c.revision
	}
	if sh := s.shelves[noun]; sh != nil {
		sh.apply(c)
		return
	}
	if s.orphans[noun] == nil {
		s.orphans[noun] = make(map[string]change)
	}
	s.orphans[noun][key] = c
}

// snapshotDone drops what the bucket no longer has.
func (s *store) snapshotDone(present map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = false
	if !s.loaded {
		s.loaded = true
		close(s.ready)
		return
	}
	for noun, sh := range s.shelves {
		mine := make(map[string]bool)
		for key := range present {
			if rest, ok := strings.CutPrefix(key, noun+"."); ok {
				mine[rest] = true
			}
		}
		sh.settle(s.seen, mine)
	}
}

// adopt gives a noun its shelf and what was read of it so far.
func (s *store) adopt(noun string, sh shelf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.orphans[noun] {
		sh.apply(c)
	}
	delete(s.orphans, noun)
	s.shelves[noun] = sh
}

// put writes value when the key's last revision is last (0: it must not exist).
func (s *store) put(ctx context.Context, key string, value []byte, last uint64) error {
	revision, err := s.write(ctx, "write", key, func(ctx context.Context) (uint64, error) {
		if last == 0 {
			return s.kv.Create(ctx, key, value)
		}
		return s.kv.Update(ctx, key, value, last)
	})
	if err == nil {
		s.apply(change{key: key, value: value, revision: revision, own: true})
	}
	return err
}

// remove removes the key when its last revision is last. The bucket's own Purge does
// not tell the revision of the removal, so this says the same to the stream itself.
func (s *store) remove(ctx context.Context, key string, last uint64) error {
	m := nats.NewMsg("$KV." + s.kv.Bucket() + "." + key)
	m.Header.Set("KV-Operation", "PURGE")
	m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	revision, err := s.write(ctx, "remove", key, func(ctx context.Context) (uint64, error) {
		ack, err := s.node.js.PublishMsg(ctx, m,
			jetstream.WithExpectLastSequencePerSubject(last), jetstream.WithMsgTTL(tombstoneLife))
		if err != nil {
			return 0, err
		}
		return ack.Sequence, nil
	})
	if err == nil {
		s.apply(change{key: key, revision: revision, own: true})
	}
	return err
}

// write does one write. Where nobody answers for the stream the write has not happened,
// and is tried again: after the loss of a leader the servers need up to nine seconds to
// find another one. Without a majority they never will, and waiting is no use.
func (s *store) write(ctx context.Context, deed, key string, do func(context.Context) (uint64, error)) (uint64, error) {
	patience := writeTimeout
	if s.node.majority() {
		patience = electionTime
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		try, cancel := context.WithTimeout(waiting, writeTimeout)
		revision, err := do(try)
		cancel()
		switch {
		case err == nil:
			s.node.health.wrote(nil)
			return revision, nil
		case !errors.Is(err, jetstream.ErrNoStreamResponse) || s.node.off() || !pause(waiting, 100*time.Millisecond):
			return 0, s.failed(deed, key, err)
		}
	}
}

// look reads one key past the copy in memory, if somebody else may have written it. As a
// write does, it waits out an election: what can't be looked up is not known to be missing.
func (s *store) look(ctx context.Context, key string) error {
	if s.node.members.alone {
		return ErrMissing
	}
	if !s.node.majority() {
		return fmt.Errorf("look for %s: %w", key, unavailable())
	}
	waiting, cancel := context.WithTimeout(ctx, electionTime)
	defer cancel()
	for {
		err := s.read(waiting, key, lookTime)
		if err == nil || errors.Is(err, ErrMissing) {
			return err
		}
		if !s.node.majority() || !pause(waiting, 100*time.Millisecond) {
			return fmt.Errorf("look for %s: %w: %w", key, unavailable(), err)
		}
	}
}

// refresh reads one key past the copy in memory.
func (s *store) refresh(ctx context.Context, key string) error {
	err := s.read(ctx, key, writeTimeout)
	if err == nil || errors.Is(err, ErrMissing) {
		return err
	}
	return s.failed("read", key, err)
}

// read takes one key from where the records are into memory.
func (s *store) read(ctx context.Context, key string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	e, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return ErrMissing
	}
	if err != nil {
		return err
	}
	c := changeOf(e)
	c.own = true
	s.apply(c)
	return nil
}

// errConflict says that somebody else wrote the key first.
var errConflict = errors.New("changed by somebody else")

func (s *store) failed(deed, key string, err error) error {
	if conflict(err) {
		return errConflict
	}
	if !errors.Is(err, context.Canceled) {
		s.node.health.wrote(err)
	}
	return fmt.Errorf("%s %s: %w: %w", deed, key, unavailable(), err)
}

func conflict(err error) bool {
	if errors.Is(err, jetstream.ErrKeyExists) {
		return true
	}
	api, ok := errors.AsType[*jetstream.APIError](err)
	// 10071 and 10164: wrong last sequence, the second while a write is in progress.
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == 10164)
}

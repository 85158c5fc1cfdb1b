package chatlog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	putters    = 4                      // deliveries under way at a time
	putTimeout = 30 * time.Second       // for one of them
	retryMin   = 200 * time.Millisecond // after a failed one, then doubled
	retryMax   = time.Minute
	remembered = 4096                   // batches that were delivered lately
	idle       = 500 * time.Millisecond // without a batch: the stream is empty
	ackMargin  = 2 * time.Minute        // for a delivery, beyond the time a pile waits

	takeOverTries = 30
	takeOverWait  = 500 * time.Millisecond
)

// A worker carries the records of one logging configuration from the stream to the
// destination. Its state belongs to the goroutine of run alone.
//
//	Consume → in → take → open piles → due piles → put (up to putters) → settle → Ack
type worker struct {
	key     string
	sink    sink
	rule    rule
	log     *Logger
	in      chan Batch
	results chan result

	held    map[string]*ticket // by batch id
	recent  recently
	bytes   int // that held keeps
	records int // that held waits for

	open     map[pileKey]*pile
	order    []*pile // open piles by age, closed ones among them
	due      []*pile // complete: those that never failed first, and the oldest of them
	flying   int     // being put
	pause    time.Duration
	retryAt  time.Time
	extendAt time.Time

	stays     bool // the consumer, which was to be let go
	finishing bool
	parting   *Batch // the last one delivered, while finishing: acknowledged when all others are
}

// A result is how a put went.
type result struct {
	pile *pile
	left []record
	err  error
}

func newWorker(l *Logger, key string, s sink) *worker {
	return &worker{
		key: key, sink: s, rule: s.rule(), log: l,
		in: make(chan Batch), results: make(chan result, putters),
		held: make(map[string]*ticket), open: make(map[pileKey]*pile),
	}
}

// run delivers until ctx ends, then what is held, and before that what the stream still
// has, unless another worker goes on.
func (w *worker) run(ctx context.Context) {
	working, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	defer w.log.meter.end(w)
	consuming, stop := context.WithCancel(working)
	defer stop()
	var consumer sync.WaitGroup
	taken := make(chan struct{})
	consumer.Go(func() {
		w.takeOver(consuming)
		close(taken)
		_ = w.log.deps.Stream.Consume(consuming, w.consumer(), func(b Batch) { // it ends with consuming
			select {
			case w.in <- b:
			case <-consuming.Done():
				w.giveBack(&b)
			}
		})
	})
	w.loop(working, ctx.Done(), 0)
	defer time.AfterFunc(w.log.cfg.StopWithin, abort).Stop()
	if !errors.Is(context.Cause(ctx), errLetGo) {
		w.loop(working, taken, 0) // at the latest, abort ends that
		w.loop(working, working.Done(), idle)
	}
	stop()
	consumer.Wait()
	w.finish(working)
	w.letGo(working, errors.Is(context.Cause(ctx), errGone))
}

// takeOver waits until the worker before this one has let go, or is known to be dead:
// then what it took is free, and comes at once. It gives up after a while: then what
// the other one took comes when its time is over.
func (w *worker) takeOver(ctx context.Context) {
	var err error
	for try := range takeOverTries {
		err = w.within(ctx, w.log.deps.Stream.Claim)
		if err == nil {
			return
		}
		w.log.deps.Log.DebugContext(ctx, "claim log consumer", "key", w.key, "op", try, "err", err)
		select {
		case <-time.After(takeOverWait):
		case <-ctx.Done():
			return
		}
	}
	w.log.deps.Log.WarnContext(ctx, "log consumer was not let go; what it took comes late", "key", w.key, "err", err)
}

// letGo makes way for the next worker, here or on another node, if there is to be one.
func (w *worker) letGo(ctx context.Context, gone bool) {
	if w.parting != nil {
		if err := w.within(ctx, func(ctx context.Context, _ string) error { return w.parting.Confirm(ctx) }); err != nil {
			w.log.deps.Log.DebugContext(ctx, "acknowledge", "key", w.key, "err", err)
		}
	}
	release := w.log.deps.Stream.Release
	switch {
	case gone:
		release = w.log.deps.Stream.Forget
	case len(w.held) > 0:
		release = w.log.deps.Stream.Free // without a leader the stream has not heard what was given back
	}
	if err := w.within(ctx, release); err != nil {
		w.stays = true
		w.log.deps.Log.WarnContext(ctx, "log consumer stays", "key", w.key, "err", err)
	}
}

// letGoLate tries again what letGo could not do, until ctx ends: the stream may have had
// no leader.
func (w *worker) letGoLate(ctx context.Context) {
	for range takeOverTries {
		if !w.stays {
			return
		}
		select {
		case <-time.After(takeOverWait):
		case <-ctx.Done():
			return
		}
		w.stays = w.within(ctx, w.log.deps.Stream.Free) != nil
	}
}

// within gives a word with the stream a second, also when ctx has ended.
func (w *worker) within(ctx context.Context, do func(ctx context.Context, name string) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reconcileEvery)
	defer cancel()
	return do(ctx, consumerName(w.key))
}

func (w *worker) consumer() Consumer {
	return Consumer{Name: consumerName(w.key), Key: w.key, AckWait: w.rule.interval + ackMargin, Pending: 100_000}
}

// loop delivers until done, or until no batch came for a while if that is not zero.
func (w *worker) loop(ctx context.Context, done <-chan struct{}, quiet time.Duration) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	last := time.Now()
	for {
		w.advance(ctx)
		wait := w.wait()
		if quiet > 0 {
			if time.Since(last) >= quiet || w.pause > 0 {
				return
			}
			wait = min(wait, quiet)
		}
		timer.Reset(wait)
		select {
		case b := <-w.gate():
			last = time.Now()
			w.take(b)
		case r := <-w.results:
			w.settle(ctx, r)
		case <-timer.C:
		case <-done:
			return
		}
	}
}

// gate is where batches come in, closed while too much is held: the rest waits in the
// stream, where it is safe.
func (w *worker) gate() <-chan Batch {
	if w.bytes >= w.log.cfg.Memory {
		return nil
	}
	return w.in
}

// take sorts the records of a batch into piles. A batch that came before is the stream
// saying that it waited long: nothing new.
func (w *worker) take(b Batch) {
	if t := w.held[b.ID]; t != nil {
		t.batch = b
		return
	}
	t := &ticket{batch: b, since: time.Now(), bytes: ticketBytes}
	if w.recent.has(b.ID) {
		w.acknowledge(t)
		return
	}
	room := ""
	for _, data := range b.Records {
		t.bytes += len(data)
		r, ok := parseEnvelope(data, room)
		if !ok {
			w.log.meter.drop("malformed", 1)
			continue
		}
		r.from, room = t, r.room
		t.left++
		w.add(r)
	}
	if t.left == 0 {
		w.acknowledge(t)
		return
	}
	w.held[b.ID] = t
	w.bytes += t.bytes
	w.records += t.left
}

func (w *worker) add(r record) {
	k := w.rule.keyOf(r)
	p := w.open[k]
	if p != nil && !w.rule.fits(p, r) {
		w.close(p)
		p = nil
	}
	if p == nil {
		p = &pile{key: k, born: time.Now()}
		w.open[k] = p
		w.order = append(w.order, p)
	}
	p.add(r, w.rule.overhead)
	if w.rule.full(p) {
		w.close(p)
	}
}

func (w *worker) close(p *pile) {
	p.closed = true
	delete(w.open, p.key)
	w.queue(p)
}

// advance closes the piles whose time has come and starts to deliver what is due.
func (w *worker) advance(ctx context.Context) {
	now := time.Now()
	for len(w.order) > 0 && (w.order[0].closed || now.Sub(w.order[0].born) >= w.rule.interval) {
		if p := w.order[0]; !p.closed {
			w.close(p)
		}
		w.order[0] = nil
		w.order = w.order[1:]
	}
	if w.bytes >= w.log.cfg.Memory && len(w.due) == 0 && w.flying == 0 {
		w.closeLargest(w.log.cfg.Memory / 4)
	}
	for len(w.due) > 0 && w.flying < w.width() && !now.Before(w.retryAt) {
		p := w.due[0]
		w.due[0] = nil
		w.due = w.due[1:]
		w.flying++
		go func() { w.results <- w.put(ctx, p) }()
	}
	if now.After(w.extendAt) {
		w.extend(now)
	}
	w.log.meter.hold(w, w.holding())
}

// width is how many deliveries may be under way: one, while the destination is in
// trouble and being tried.
func (w *worker) width() int {
	if w.pause > 0 {
		return 1
	}
	return putters
}

// closeLargest closes the largest piles, until about so many bytes are due: too much is
// held for all of them to wait out their time.
func (w *worker) closeLargest(bytes int) {
	keeps := func(p *pile) int { return p.bytes + ticketBytes*len(p.records) }
	piles := slices.SortedFunc(maps.Values(w.open), func(a, b *pile) int { return keeps(b) - keeps(a) })
	for _, p := range piles {
		w.close(p)
		if bytes -= keeps(p); bytes <= 0 {
			return
		}
	}
}

package chatlog

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// put delivers p. It runs on a goroutine of its own and touches nothing of w's state.
func (w *worker) put(ctx context.Context, p *pile) result {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	start := time.Now()
	p.sort()
	left, err := w.sink.put(ctx, p)
	w.log.meter.seconds.With(w.sink.name()).Observe(time.Since(start).Seconds())
	return result{p, left, err}
}

// settle takes note of how a put went. What is left is due again, after a pause.
func (w *worker) settle(ctx context.Context, r result) {
	w.flying--
	arrived := make(map[*ticket]int)
	for _, rec := range r.pile.records {
		arrived[rec.from]++
	}
	for _, rec := range r.left {
		arrived[rec.from]--
	}
	for t, n := range arrived {
		w.arrived(t, n)
	}
	w.log.meter.delivered.With(w.sink.name()).Add(float64(len(r.pile.records) - len(r.left)))
	r.pile.records = nil // order may know the pile for as long as an older one is open
	if r.err == nil {
		w.pause, w.retryAt = 0, time.Time{}
		return
	}
	w.again(r)
	w.log.meter.failed(w.key, r.err)
	if time.Now().Before(w.retryAt) {
		return // one of several that were under way together
	}
	w.pause = min(max(2*w.pause, retryMin), retryMax)
	wait := w.pause/2 + rand.N(w.pause/2) //nolint:gosec // G404: jitter is no secret.
	w.retryAt = time.Now().Add(wait)
	w.log.deps.Log.WarnContext(ctx, "log delivery", "key", w.key, "dur", wait, "err", r.err)
}

// again makes what a put left over due once more.
func (w *worker) again(r result) {
	if len(r.left) == 0 {
		return
	}
	p := &pile{key: r.pile.key, born: r.pile.born, closed: true, failed: r.pile.failed + 1}
	for _, rec := range r.left {
		p.add(rec, w.rule.overhead)
	}
	w.queue(p)
}

// queue makes a pile due, after those that failed as often or less: one that its
// destination never takes is not in the way of the others.
func (w *worker) queue(p *pile) {
	i := len(w.due)
	for i > 0 && w.due[i-1].failed > p.failed {
		i--
	}
	w.due = slices.Insert(w.due, i, p)
}

// arrived counts n records of t as delivered, and acknowledges the batch with its last.
func (w *worker) arrived(t *ticket, n int) {
	t.left -= n
	w.records -= n
	if n == 0 || t.left > 0 {
		return
	}
	delete(w.held, t.batch.ID)
	w.bytes -= t.bytes
	w.acknowledge(t)
}

func (w *worker) acknowledge(t *ticket) {
	w.recent.add(t.batch.ID)
	b := &t.batch
	if w.finishing {
		w.parting, b = b, w.parting
	}
	if b == nil {
		return
	}
	if err := b.Ack(); err != nil {
		w.log.deps.Log.Debug("acknowledge", "key", w.key, "err", err) // it comes again, and is known then
	}
}

// extend tells the stream that the batches which are held for long are not forgotten.
func (w *worker) extend(now time.Time) {
	every := w.consumer().AckWait / 3
	w.extendAt = now.Add(every)
	for _, t := range w.held {
		if now.Sub(t.since) < every {
			continue
		}
		if err := t.batch.Extend(); err != nil {
			w.log.deps.Log.Debug("extend", "key", w.key, "err", err)
		}
	}
}

// wait is how long nothing is to do unless something comes in.
func (w *worker) wait() time.Duration {
	now := time.Now()
	wait := w.extendAt.Sub(now)
	if len(w.order) > 0 {
		wait = min(wait, w.order[0].born.Add(w.rule.interval).Sub(now))
	}
	if len(w.due) > 0 && w.flying < w.width() {
		wait = min(wait, w.retryAt.Sub(now))
	}
	return max(wait, time.Millisecond)
}

func (w *worker) holding() holding {
	h := holding{records: w.records, waiting: w.pause > 0}
	for _, p := range w.due {
		if h.oldest.IsZero() || p.born.Before(h.oldest) {
			h.oldest = p.born
		}
	}
	if len(w.order) > 0 && (h.oldest.IsZero() || w.order[0].born.Before(h.oldest)) {
		h.oldest = w.order[0].born
	}
	return h
}

// finish delivers what is held, as long as the destination takes it and ctx allows.
// What it doesn't take goes back to the stream.
func (w *worker) finish(ctx context.Context) {
	w.finishing = true
	for _, p := range w.order {
		if !p.closed {
			w.close(p)
		}
	}
	w.order = nil
	for w.flying > 0 || len(w.due) > 0 && w.pause == 0 {
		if w.pause == 0 && ctx.Err() == nil {
			w.advance(ctx)
		} else if w.flying == 0 {
			break
		}
		w.settle(ctx, <-w.results)
	}
	for _, t := range w.held {
		w.giveBack(&t.batch)
	}
}

func (w *worker) giveBack(b *Batch) {
	if err := b.Retry(0); err != nil {
		w.log.deps.Log.Debug("give back", "key", w.key, "err", err)
	}
}

// Recently remembers the ids of the last batches that were delivered. Their
// acknowledgement may have been lost, or they came twice while the worker was busy.
type recently struct {
	ids  map[string]bool
	ring [remembered]string
	next int
}

func (r *recently) has(id string) bool { return r.ids[id] }

func (r *recently) add(id string) {
	if r.ids == nil {
		r.ids = make(map[string]bool)
	}
	if r.ids[id] {
		return
	}
	delete(r.ids, r.ring[r.next])
	r.ring[r.next], r.ids[id] = id, true
	r.next = (r.next + 1) % remembered
}

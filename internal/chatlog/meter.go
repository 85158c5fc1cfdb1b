package chatlog

import (
	"sync"
	"time"

	"parlor/internal/metric"
)

// A counting is one sample of a counter.
type counting interface {
	Inc()
	Add(n float64)
}

// A meter counts what chat logging does. Three metrics go by LoggingConfiguration, as
// in CloudWatch (behaviour.md §7).
type meter struct {
	recorded   counting
	overflowed counting
	dropped    *metric.Counter
	errors     *metric.Counter
	refused    *metric.Counter
	notFound   *metric.Counter
	delivered  *metric.Counter
	seconds    *metric.Histogram

	mu      sync.Mutex // guards the following
	workers map[*worker]holding
}

// A holding is what a worker has taken from the stream and not delivered.
type holding struct {
	records int
	oldest  time.Time // zero: nothing
	waiting bool      // for its destination to be tried again
}

func newMeter(s *metric.Set, stats func() Stats) *meter {
	dropped := s.Counter(metric.LogDropped, "Log records that were given up, by reason.", "reason")
	for _, reason := range []string{"malformed", "rejected"} {
		dropped.With(reason) // there from the start, so that the first loss is seen to be a rise
	}
	m := &meter{
		recorded:   s.Counter(metric.LogRecords, "Log records handed over by rooms of this node.").With(),
		overflowed: s.Counter(metric.LogOverflows, "Times the buffer before the log stream was full and gave up its oldest records.").With(),
		dropped:    dropped,
		errors:     s.Counter(metric.LogDestinationErrors, "Deliveries of chat logs that failed.", "logging_configuration"),
		refused:    s.Counter(metric.LogDestinationAccessDeniedError, "Deliveries that the destination refused.", "logging_configuration"),
		notFound:   s.Counter(metric.LogDestinationResourceNotFoundErrors, "Deliveries whose destination does not exist.", "logging_configuration"),
		delivered:  s.Counter(metric.LogDelivered, "Log records that reached a destination.", "destination"),
		seconds:    s.Histogram(metric.LogBatchSeconds, "Time that a delivery took.", "destination"),
		workers:    make(map[*worker]holding),
	}
	if s != nil {
		s.GaugeFunc(metric.LogBacklog, "Log records taken from the stream and not yet delivered.", func() float64 { return m.sum(func(h holding) float64 { return float64(h.records) }) })
		s.GaugeFunc(metric.LogPaused, "Log destinations that wait to be tried again.", func() float64 { return m.sum(paused) })
		s.GaugeFunc(metric.LogLagSeconds, "Age of the oldest log record taken and not yet delivered.", m.lag)
	}
	if s != nil && stats != nil {
		s.CounterFunc(metric.LogStreamLost, "Log records given up because a bound of the stream bit.", func() float64 { return float64(stats().Lost) })
		s.GaugeFunc(metric.LogStreamQueued, "Bytes of log records in memory, not yet on disk.", func() float64 { return float64(stats().Queued) })
		s.GaugeFunc(metric.LogStreamBytes, "Bytes of log records on disk, not yet delivered.", func() float64 { return float64(stats().Bytes) })
	}
	return m
}

// drop counts records that were given up.
func (m *meter) drop(reason string, records int) { m.dropped.With(reason).Add(float64(records)) }

// hold says what w holds now.
func (m *meter) hold(w *worker, h holding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.workers[w] = h
}

func (m *meter) end(w *worker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.workers, w)
}

func (m *meter) sum(of func(holding) float64) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	total := 0.0
	for _, h := range m.workers {
		total += of(h)
	}
	return total
}

func paused(h holding) float64 {
	if h.waiting {
		return 1
	}
	return 0
}

func (m *meter) lag() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	longest := 0.0
	for _, h := range m.workers {
		if !h.oldest.IsZero() {
			longest = max(longest, time.Since(h.oldest).Seconds())
		}
	}
	return longest
}

// failed counts a delivery that failed, in each metric that it belongs to.
func (m *meter) failed(key string, err error) {
	m.errors.With(key).Inc()
	switch troubleOf(err) {
	case refused:
		m.refused.With(key).Inc()
	case notFound:
		m.notFound.With(key).Inc()
	case other:
	}
}

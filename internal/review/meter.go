package review

import (
	"sync"
	"time"

	"parlor/internal/metric"
)

// A meter counts reviews. CloudWatch's two metrics go by Uri (behaviour.md §7).
type meter struct {
	invocation *metric.Counter
	response   *metric.Counter
	function   *metric.Counter
	failures   *metric.Counter
	seconds    *metric.Histogram

	mu   sync.Mutex // guards the following
	uris map[string]struct{}
}

// maxURIs bounds the handlers that have samples of their own. Anybody who may change a
// room can name as many as he likes; those beyond are counted together.
const (
	maxURIs  = 1000
	otherURI = "other"
)

func newMeter(s *metric.Set) *meter {
	return &meter{
		uris:       map[string]struct{}{},
		invocation: s.Counter(metric.InvocationErrors, "Reviews whose handler could not be invoked.", "uri"),
		response:   s.Counter(metric.ResponseValidationErrors, "Reviews whose answer was invalid.", "uri"),
		function:   s.Counter(metric.ReviewFunctionError, "Reviews whose Lambda function failed.", "uri"),
		failures:   s.Counter(metric.ReviewFailures, "Reviews that ended in the fallback result, by cause.", "class"),
		seconds:    s.Histogram(metric.ReviewSeconds, "Time that reviews took.", "result"),
	}
}

// judged counts a review that the handler decided.
func (m *meter) judged(denied bool, took time.Duration) {
	m.seconds.With(result("", denied)).Observe(took.Seconds())
}

// failed counts a review that fell back. A handler that was spared, by the breaker or
// for want of a slot, could not be invoked either.
func (m *meter) failed(uri string, c class, denied bool, took time.Duration) {
	m.seconds.With(result("fallback_", denied)).Observe(took.Seconds())
	m.failures.With(c.String()).Inc()
	uri = m.label(uri)
	switch c {
	case response:
		m.response.With(uri).Inc()
	case function:
		m.function.With(uri).Inc()
	case invocation, broken, crowded:
		m.invocation.With(uri).Inc()
	}
}

// label is how the failures of uri are counted.
func (m *meter) label(uri string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.uris[uri]; ok {
		return uri
	}
	if len(m.uris) == maxURIs {
		return otherURI
	}
	m.uris[uri] = struct{}{}
	return uri
}

func result(prefix string, denied bool) string {
	if denied {
		return prefix + "deny"
	}
	return prefix + "allow"
}

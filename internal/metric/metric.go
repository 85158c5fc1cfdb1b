// Package metric counts what an operator looks at. It is the one place that knows
// Prometheus; everybody else counts through the few types below.
package metric

import (
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A Set is the metrics of one process. The nil Set counts nothing, so that tests
// and tools need none.
type Set struct {
	registry *prometheus.Registry
	names    *[]string
}

// New returns a set that already holds the Go runtime's and the process's metrics.
func New() *Set {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Set{registry: registry, names: new([]string)}
}

// Handler serves the set in Prometheus' text format.
func (s *Set) Handler() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{})
}

// Names lists the metrics that were made through the set, sorted.
func (s *Set) Names() []string { return slices.Sorted(slices.Values(*s.names)) }

func (s *Set) register(name string, c prometheus.Collector) {
	if s == nil {
		return
	}
	s.registry.MustRegister(c)
	*s.names = append(*s.names, name)
}

// A Counter only goes up.
type Counter struct{ vec *prometheus.CounterVec }

// Counter makes a counter with the given labels.
func (s *Set) Counter(name, help string, labels ...string) *Counter {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	s.register(name, vec)
	return &Counter{vec}
}

// With returns the counter of the given label values. Keep it where it is counted often.
func (c *Counter) With(values ...string) prometheus.Counter { return c.vec.WithLabelValues(values...) }

// A Gauge goes up and down.
type Gauge struct{ vec *prometheus.GaugeVec }

// Gauge makes a gauge with the given labels.
func (s *Set) Gauge(name, help string, labels ...string) *Gauge {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	s.register(name, vec)
	return &Gauge{vec}
}

// With returns the gauge of the given label values.
func (g *Gauge) With(values ...string) prometheus.Gauge { return g.vec.WithLabelValues(values...) }

// GaugeFunc makes a gauge that is read from f when somebody asks.
func (s *Set) GaugeFunc(name, help string, f func() float64) {
	s.register(name, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
}

// CounterFunc makes a counter that is read from f when somebody asks.
func (s *Set) CounterFunc(name, help string, f func() float64) {
	s.register(name, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, f))
}

// A Histogram counts observations in buckets.
type Histogram struct{ vec *prometheus.HistogramVec }

// Histogram makes a histogram of seconds from 50 µs to 10 s with the given labels.
func (s *Set) Histogram(name, help string, labels ...string) *Histogram {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help,
		Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .2, .5, 1, 2.5, 10},
	}, labels)
	s.register(name, vec)
	return &Histogram{vec}
}

// With returns the histogram of the given label values.
func (h *Histogram) With(values ...string) prometheus.Observer {
	return h.vec.WithLabelValues(values...)
}

package metric

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	s := New()
	s.Counter("parlor_things_total", "Things.", "kind").With("blue").Add(2)
	s.GaugeFunc("parlor_depth", "Depth.", func() float64 { return 7 })
	s.Histogram("parlor_seconds", "Time.", "op").With("GetRoom").Observe(0.002)
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{`parlor_things_total{kind="blue"} 2`, "parlor_depth 7", `parlor_seconds_count{op="GetRoom"} 1`, "go_goroutines"} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("GET /metrics lacks %q", want)
		}
	}
	if got, want := s.Names(), []string{"parlor_depth", "parlor_seconds", "parlor_things_total"}; !slices.Equal(got, want) {
		t.Errorf("Names() = %v, want %v", got, want)
	}
}

func TestNilSetCountsNothing(_ *testing.T) {
	var s *Set
	s.Counter("a", "A.").With().Inc()
	s.Gauge("b", "B.").With().Set(1)
	s.Histogram("c", "C.").With().Observe(1)
}

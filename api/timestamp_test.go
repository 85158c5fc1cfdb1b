package api_test

import (
	"encoding/json"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"parlor/api"
)

// A timestamp is in UTC and has a fraction, whichever way it is written
// (behaviour.md §1.2, §2.2).
func TestTimestamp(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 1, 2, 3, 4, 5, 0, zone), "2026-01-02T01:04:05.000000001Z"},
		{time.Date(2026, 1, 2, 3, 4, 5, 120_000_000, zone), "2026-01-02T01:04:05.12Z"},
		{time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC), "2026-01-02T03:04:05.123456789Z"},
	} {
		v := struct{ T api.Timestamp }{api.Timestamp{Time: c.at}}
		for name, marshal := range map[string]func() ([]byte, error){
			"encoding/json": func() ([]byte, error) { return json.Marshal(v) },
			"json":          func() ([]byte, error) { return jsonv2.Marshal(v) },
			"text": func() ([]byte, error) {
				text, err := v.T.MarshalText()
				return []byte(`{"T":"` + string(text) + `"}`), err
			},
		} {
			got, err := marshal()
			if want := `{"T":"` + c.want + `"}`; err != nil || string(got) != want {
				t.Errorf("%s of %v = %s, %v, want %s", name, c.at, got, err, want)
			}
			var back struct{ T api.Timestamp }
			if err := json.Unmarshal(got, &back); err != nil || back.T.Sub(c.at) > time.Nanosecond {
				t.Errorf("%s: read back %v, %v, want %v", name, back.T, err, c.at)
			}
		}
	}
}

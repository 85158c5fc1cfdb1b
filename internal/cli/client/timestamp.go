package client

import (
	"math"
	"strconv"
	"strings"
	"time"

	"parlor/internal/cli/value"
)

// timestamp returns v, seconds since 1970 or a date in one of many spellings, as
// ISO 8601 in Python's manner: six digits of fraction or none.
func timestamp(v any) (any, error) {
	const lastSecond = 253402300799 // of the year 9999
	text := value.Str(v)
	switch v := v.(type) {
	case []any, *value.Map:
		return nil, problemf("Invalid timestamp \"%s\": Parser must be a string or character stream, not %s", text, value.Class(v))
	case bool: // Python's False and True are 0 and 1
		text = "0"
		if v {
			text = "1"
		}
	}
	_, isText := v.(string)
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil && !strings.ContainsAny(text, "xX_pP") && !math.IsNaN(seconds) {
		if math.Abs(seconds) <= lastSecond {
			whole, fraction := math.Floor(seconds), seconds-math.Floor(seconds)
			return iso(time.Unix(int64(whole), int64(math.RoundToEven(fraction*1e6))*1000).In(time.Local), true), nil
		}
		if !isText || math.IsInf(seconds, 0) {
			return nil, problemf("Invalid timestamp \"%s\": out of range", text)
		}
	}
	t, zone, err := parseDate(text, time.Now())
	if err != nil {
		return nil, problemf("Invalid timestamp \"%s\": %v: %s", text, err, text)
	}
	return iso(t, zone), nil
}

func iso(t time.Time, zone bool) string {
	layout := "2006-01-02T15:04:05"
	if t.Nanosecond()/1000 != 0 {
		layout += ".000000"
	}
	if zone {
		layout += "-07:00"
	}
	return t.Format(layout)
}

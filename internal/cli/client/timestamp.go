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
	text := value.Str(v)
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && !strings.ContainsAny(text, "xX_") {
		whole, fraction := math.Floor(seconds), seconds-math.Floor(seconds)
		if math.IsNaN(seconds) || math.Abs(seconds) > 1e12 {
			return nil, problemf("Invalid timestamp \"%s\": out of range", text)
		}
		return iso(time.Unix(int64(whole), int64(math.RoundToEven(fraction*1e6))*1000).In(time.Local), true), nil
	}
	for _, layout := range layouts() {
		if t, err := time.Parse(layout.text, strings.TrimSpace(text)); err == nil {
			return iso(t, layout.zone), nil
		}
	}
	return nil, problemf("Invalid timestamp \"%s\": Unknown string format: %s", text, text)
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

// A layout is a spelling of time, with a zone or without.
type layout struct {
	text string
	zone bool
}

// layouts lists the spellings that are understood. Go's parser takes a fraction
// after the seconds of each.
func layouts() []layout {
	var list []layout
	for _, date := range []string{"2006-01-02", "20060102", "2006/01/02"} {
		list = append(list, layout{date, false})
		for _, sep := range []string{"T", " ", "t"} {
			for _, clock := range []string{"15:04:05", "150405", "15:04"} {
				list = append(list, layout{date + sep + clock, false})
				for _, zone := range []string{"Z07:00", "Z0700", " Z07:00", " Z0700", "z07:00", " MST"} {
					list = append(list, layout{date + sep + clock + zone, true})
				}
			}
		}
	}
	for _, text := range []string{time.RFC1123, time.RFC1123Z, time.RFC822, time.RFC822Z, time.RFC850, "2 Jan 2006 15:04:05 MST", time.UnixDate} {
		list = append(list, layout{text, true})
	}
	return append(list, layout{time.ANSIC, false}, layout{"Jan 2 2006", false}, layout{"2 Jan 2006", false})
}

package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"parlor/api"
)

// TestTimestamps holds what is made of a date in an answer against what Python's
// dateutil was recorded to make of the same text.
func TestTimestamps(t *testing.T) {
	for text, want := range map[string]string{
		"2022-03-16T03:45:09Z":              "2022-03-16T03:45:09+00:00",
		"2022-03-16T03:45:09z":              "2022-03-16T03:45:09+00:00",
		"2022-03-16T03:45:09.9999999Z":      "2022-03-16T03:45:09.999999+00:00",
		"2022-03-16T03:45:09,5Z":            "2022-03-16T03:45:09.500000+00:00",
		"2022-03-16T03:45:09+02":            "2022-03-16T03:45:09+02:00",
		"2022-03-16T03:45:09-0530":          "2022-03-16T03:45:09-05:30",
		"2022-03-16 03:45:09 EST":           "2022-03-16T03:45:09",
		"2022-03-16T3:5:9Z":                 "2022-03-16T03:05:09+00:00",
		"2022-03-16T03Z":                    "2022-03-16T03:00:00+00:00",
		"20220316T034509Z":                  "2022-03-16T03:45:09+00:00",
		"20220316034509":                    "2022-03-16T03:45:09",
		"2022-3-6":                          "2022-03-06T00:00:00",
		"22-03-16":                          "2016-03-22T00:00:00",
		"99-12-31":                          "1999-12-31T00:00:00",
		"03/16/2022":                        "2022-03-16T00:00:00",
		"16.03.2022":                        "2022-03-16T00:00:00",
		"March 16, 2022":                    "2022-03-16T00:00:00",
		"16 Mar 2022 03:45":                 "2022-03-16T03:45:00",
		"5th March 2021 3:45 pm":            "2021-03-05T15:45:00",
		"Wed, 16 Mar 2022 03:45:09 +0100":   "2022-03-16T03:45:09+01:00",
		"Wednesday, 16-Mar-22 03:45:09 GMT": "2022-03-16T03:45:09+00:00",
		"Wed Mar 16 03:45:09 UTC 2022":      "2022-03-16T03:45:09+00:00",
		"":                                  "String does not contain a date",
		"soon":                              "Unknown string format",
		"2022-W11-3":                        "Unknown string format",
		"2022-075":                          "month must be in 1..12",
		"2022-13-16":                        "month must be in 1..12",
		"2022-02-30":                        "day is out of range for month",
		"2022-03-16T24:00:00Z":              "hour must be in 0..23",
		"2022-03-16T03:60Z":                 "minute must be in 0..59",
		"2022-03-16T03:45:60Z":              "second must be in 0..59",
		"2022-03-16T03:45+25:00":            "offset must be strictly between -24 and 24 hours",
	} {
		cfg := settings(t, nil)
		cfg.Endpoint = newService(t, say(http.StatusOK, fmt.Sprintf(`{"createTime":%q}`, text))).URL
		got, err := call(t, cfg, api.GetRoom.Operation, `{"identifier":"x"}`)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

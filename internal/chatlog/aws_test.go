package chatlog

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parlor/internal/metric"
)

const roomStream = "aws/IVSChatLogs/1.0/room_g1H2I3j4k5L6"

// CloudWatch Logs: a stream a room, made on demand, an event a record, and no limit of
// PutLogEvents ever broken (behaviour.md §5.3; checklist 53).
func TestCloudWatchLogs(t *testing.T) {
	f, account := startAWS(t)
	f.groups["/my/group"] = map[string][]string{}
	c := toGroup("/my/group")
	b := start(t, Config{CloudWatch: account, Interval: 20 * time.Millisecond}, c)
	now := time.Now()
	var batch [][]byte
	for i := range 25_000 { // out of order, over more than a day, some of them long
		at := now.Add(-time.Duration(i*7919%25_000) * 3 * time.Second)
		if i >= 24_000 {
			at = at.Add(-30 * time.Hour)
		}
		batch = append(batch, appendEnvelope(nil, roomARN.ID, message(fmt.Sprintf("%012d", i), strings.Repeat("é", i%200), at), at))
		if len(batch) == 500 {
			b.stream.add(c.ARN.String(), batch...)
			batch = nil
		}
	}
	until(t, "delivery", func() bool { return b.stream.left() == 0 })
	f.do(func() {
		if ids := idsOf(t, f.groups["/my/group"][roomStream]); len(ids) != 25_000 {
			t.Errorf("%d of 25,000 events", len(ids))
		}
		if len(f.broken) > 0 || f.calls["CreateLogStream"] < 1 || len(f.groups["/my/group"]) != 1 {
			t.Errorf("broke limits %v; calls %v", f.broken, f.calls)
		}
	})
}

// Events older than CloudWatch Logs takes, or too far ahead, are counted, and not tried
// for ever; those between them arrive.
func TestCloudWatchLogsRejects(t *testing.T) {
	f, account := startAWS(t)
	f.groups["g"] = map[string][]string{}
	c := toGroup("g")
	b := start(t, Config{CloudWatch: account, Interval: 20 * time.Millisecond}, c)
	now := time.Now()
	for i, at := range []time.Duration{-15 * 24 * time.Hour, -14*24*time.Hour - time.Second, -13 * 24 * time.Hour, 0, 119 * time.Minute, 121 * time.Minute} {
		b.Record(loggedRoom(c), message(fmt.Sprintf("%012d", i), "x", now.Add(at)), now.Add(at))
	}
	until(t, "the count", func() bool { return strings.Contains(b.scrape(t), metric.LogDropped+`{reason="rejected"} 3`) })
	until(t, "the end", func() bool { return b.stream.left() == 0 })
	f.do(func() {
		if got := f.groups["g"][roomStream]; len(got) != 3 || len(f.broken) > 0 {
			t.Errorf("%d events arrived, want 3; broke %v", len(got), f.broken)
		}
	})
}

// Firehose: newline-terminated records, and those that fail alone are sent again alone
// (behaviour.md §5.3).
func TestFirehose(t *testing.T) {
	f, account := startAWS(t)
	f.streams["s"] = []string{}
	f.failEach = 3
	c := toStream("s")
	b := start(t, Config{Firehose: account, Interval: 20 * time.Millisecond}, c)
	now := time.Now()
	for i := range 1200 {
		b.Record(loggedRoom(c), message(fmt.Sprintf("%012d", i), "x", now), now)
	}
	until(t, "some", func() bool {
		enough := false
		f.do(func() { enough = len(f.streams["s"]) >= 300 })
		return enough
	})
	f.do(func() { f.failEach = 0 })
	until(t, "delivery", func() bool { return b.stream.left() == 0 })
	f.do(func() {
		ids := idsOf(t, f.streams["s"])
		if len(ids) != 1200 || len(f.streams["s"]) != 1200 || len(f.broken) > 0 {
			t.Errorf("%d ids in %d records; broke %v", len(ids), len(f.streams["s"]), f.broken)
		}
	})
}

// Each trouble of a service counts in its metric of §7, and ends without a restart.
func TestAWSTroubles(t *testing.T) {
	f, account := startAWS(t)
	group, stream := toGroup("g"), toStream("s")
	b := start(t, Config{CloudWatch: account, Firehose: account, Interval: 10 * time.Millisecond}, group, stream)
	now := time.Now()
	say := func() {
		b.Record(loggedRoom(group, stream), message("MMMMMMMMMMMM", "x", now), now)
	}
	counted := func(name string) func() bool {
		return func() bool {
			m := b.scrape(t)
			return strings.Contains(m, name+`{logging_configuration="`+group.ARN.String()+`"} `) &&
				strings.Contains(m, name+`{logging_configuration="`+stream.ARN.String()+`"} `)
		}
	}
	say()
	until(t, "nothing there", counted(metric.LogDestinationResourceNotFoundErrors))
	f.do(func() { f.groups["g"], f.streams["s"] = map[string][]string{}, []string{} })
	until(t, "delivery", func() bool { return b.stream.left() == 0 })
	f.do(func() {
		f.answer = func(string) (string, int) { return "AccessDeniedException", http.StatusBadRequest }
	})
	say()
	until(t, "refusal", counted(metric.LogDestinationAccessDeniedError))
	f.do(func() {
		f.answer = func(string) (string, int) { return "ThrottlingException", http.StatusBadRequest }
	})
	say()
	until(t, "errors", counted(metric.LogDestinationErrors))
	f.do(func() { f.answer = nil })
	until(t, "recovery", func() bool { return b.stream.left() == 0 })
	if m := b.scrape(t); !strings.Contains(m, metric.LogPaused+" 0") {
		t.Error("a destination that recovered still waits")
	}
}

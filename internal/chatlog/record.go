package chatlog

import (
	"bytes"
	"strconv"
	"time"
)

// Version is the version of the record format (behaviour.md §5.2).
const Version = "1.0"

// Types of record: what the payload is (§5.2).
const (
	TypeMessage = "MESSAGE"
	TypeEvent   = "EVENT"
)

// stampLayout is event_timestamp: UTC, always three digits of a second, Z (§5.2).
const stampLayout = "2006-01-02T15:04:05.000Z"

var eventPrefix = []byte(`{"Type":"EVENT"`)

// appendRecord appends the log record of payload: members in the service's order.
func appendRecord(dst, payload []byte, at time.Time) []byte {
	dst = append(dst, `{"event_timestamp":"`...)
	dst = at.UTC().AppendFormat(dst, stampLayout)
	if bytes.HasPrefix(payload, eventPrefix) {
		dst = append(dst, `","type":"EVENT","payload":`...)
	} else {
		dst = append(dst, `","type":"MESSAGE","payload":`...)
	}
	dst = append(dst, payload...)
	return append(dst, `,"version":"1.0"}`...)
}

// appendEnvelope appends what travels on the stream: the room's id, the time in
// nanoseconds and the log record, with spaces between them. Records may overtake each
// other on the stream; the time brings them into order again.
func appendEnvelope(dst []byte, room string, payload []byte, at time.Time) []byte {
	dst = append(append(dst, room...), ' ')
	dst = append(strconv.AppendInt(dst, at.UnixNano(), 10), ' ')
	return appendRecord(dst, payload, at)
}

// A record is one line of a log on its way to a destination.
type record struct {
	room string
	at   int64  // nanoseconds since 1970
	line []byte // the JSON, without a newline
	from *ticket
}

// parseEnvelope reads what appendEnvelope wrote. The line shares b's memory, and the room
// that of last, the room of the record before, if it is the same.
func parseEnvelope(b []byte, last string) (record, bool) {
	room, rest, ok1 := bytes.Cut(b, []byte{' '})
	at, line, ok2 := bytes.Cut(rest, []byte{' '})
	ns, err := strconv.ParseInt(string(at), 10, 64)
	if !ok1 || !ok2 || err != nil || len(room) == 0 || len(line) == 0 {
		return record{}, false
	}
	if string(room) != last {
		last = string(room)
	}
	return record{room: last, at: ns, line: line}, true
}

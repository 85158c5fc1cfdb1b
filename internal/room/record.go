package room

import (
	"encoding/binary"
	"errors"
)

// A record is what travels on a room's bus: a kind, some strings that say what
// to do with it, each behind its length, and the JSON text that members get.
// A node ignores a record of a kind it does not know, so that nodes of
// different age get along.
type record struct {
	bytes []byte
	meta  int // where the JSON text begins
}

// The kinds of records.
const (
	kindMessage    = 'm' // id
	kindEvent      = 'e' //
	kindDelete     = 'd' // id of the message
	kindDisconnect = 'u' // user id, reason
	kindClose      = 'x' // reason; no text
)

// strings is how many strings a record of each kind has.
func (k kind) strings() int {
	switch k {
	case kindEvent:
		return 0
	case kindMessage, kindDelete, kindClose:
		return 1
	case kindDisconnect:
		return 2
	}
	return -1
}

// action is what the deliveries of each kind are counted as.
func (k kind) action() string {
	switch k {
	case kindMessage:
		return "SendMessage"
	case kindDelete:
		return "DeleteMessage"
	case kindDisconnect:
		return "DisconnectUser"
	}
	return "SendEvent"
}

type kind byte

func newRecord(k kind, meta ...string) *record {
	return new(record).reset(k, meta...)
}

// reset makes r a record without text, in the memory it has.
func (r *record) reset(k kind, meta ...string) *record {
	r.bytes = append(r.bytes[:0], byte(k))
	for _, s := range meta {
		r.bytes = binary.AppendUvarint(r.bytes, uint64(len(s)))
		r.bytes = append(r.bytes, s...)
	}
	r.meta = len(r.bytes)
	return r
}

func (r *record) json() []byte { return r.bytes[r.meta:] }

func (r *record) empty() bool { return r.meta == len(r.bytes) }

var errRecord = errors.New("record cut short")

// parseRecord takes a record apart. Its parts lie in b.
func parseRecord(b []byte) (k kind, meta [2][]byte, json []byte, err error) {
	if len(b) == 0 {
		return 0, meta, nil, errRecord
	}
	k, b = kind(b[0]), b[1:]
	for i := range max(k.strings(), 0) {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b[size:])) {
			return 0, meta, nil, errRecord
		}
		b = b[size:]
		meta[i], b = b[:n], b[n:]
	}
	return k, meta, b, nil
}

package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go/jetstream"
)

// appendRecord appends one record to a batch: its length, then its bytes.
func appendRecord(dst, record []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(record))), record...)
}

var errBatch = errors.New("malformed batch")

// splitRecords is appendRecord backwards; the records share data's memory.
func splitRecords(data []byte) ([][]byte, error) {
	out := make([][]byte, 0, len(data)/logRecordGuess+1)
	for len(data) > 0 {
		size, n := binary.Uvarint(data)
		if n <= 0 || size > maxMsg || int(size) > len(data)-n {
			return nil, errBatch
		}
		end := n + int(size)
		out = append(out, data[n:end:end])
		data = data[end:]
	}
	return out, nil
}

// packRecords replaces dst by data, compressed as one block of S2.
func packRecords(dst, data []byte) []byte {
	return s2.Encode(slices.Grow(dst[:0], s2.MaxEncodedLen(len(data)))[:s2.MaxEncodedLen(len(data))], data)
}

// unpackRecords is packRecords backwards, in memory of its own.
func unpackRecords(packed []byte) ([]byte, error) {
	if size, err := s2.DecodedLen(packed); err != nil || size > maxMsg {
		return nil, errBatch
	}
	data, err := s2.Decode(nil, packed)
	if err != nil {
		return nil, errBatch
	}
	return data, nil
}

// packedSubject is where key's packed batches go. Versions that can't read them do not ask
// for it.
func (n *Node) packedSubject(key string) string { return n.subject("log", packedMark+escape(key)) }

// packedMark is no key's beginning.
const packedMark = "s2+"

// logKey is logSubject and packedSubject backwards.
func (n *Node) logKey(subject string) (key string, packed bool) {
	token, packed := strings.CutPrefix(subject[len(n.logSubject("")):], packedMark)
	key, _ = unescape(token)
	return key, packed
}

// splitBatch reads a message of the stream.
func (n *Node) splitBatch(subject string, data []byte) (key string, records [][]byte, err error) {
	key, packed := n.logKey(subject)
	if packed {
		if data, err = unpackRecords(data); err != nil {
			return key, nil, err
		}
	}
	records, err = splitRecords(data)
	return key, records, err
}

// unpackForOlder lets nodes of an earlier version have what is in the stream for them, while
// there are such: it drops the consumers that nobody holds, which could give them what is
// packed, and publishes what is packed again as it was. One node does it.
func (n *Node) unpackForOlder(ctx context.Context) error {
	if !n.members.unpacks() {
		return nil
	}
	stream, err := n.js.Stream(ctx, n.logName())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	held := make(map[string]bool)
	all := stream.ListConsumers(ctx)
	for c := range all.Info() {
		if c.Config.Metadata[holderKey] != nobody {
			for _, subject := range c.Config.FilterSubjects {
				held[subject] = true
			}
			continue
		}
		if err := stream.DeleteConsumer(ctx, c.Name); err != nil && !missingConsumer(err) {
			return err
		}
	}
	if err := all.Err(); err != nil {
		return err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(n.subject("log", "*")))
	if err != nil {
		return err
	}
	until := time.Now().Add(unpackTime)
	for subject := range info.State.Subjects {
		key, packed := n.logKey(subject)
		if !packed || held[subject] || n.members.packs(n.Owner(key)) {
			continue
		}
		if err := n.unpack(ctx, stream, subject, until); err != nil {
			return err
		}
	}
	return nil
}

// unpackTime is what unpackForOlder takes at most of a mind that has other duties.
const unpackTime = time.Second

// unpack publishes what is under a packed subject again, as it was before, until all is or
// the time is over.
func (n *Node) unpack(ctx context.Context, stream jetstream.Stream, subject string, until time.Time) error {
	key, _ := n.logKey(subject)
	for time.Now().Before(until) {
		m, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if data, err := unpackRecords(m.Data); err == nil {
			id := jetstream.WithMsgID(m.Header.Get(jetstream.MsgIDHeader) + "-unpacked")
			if _, err := n.js.Publish(ctx, n.logSubject(key), data, id); err != nil {
				return err
			}
		} else {
			n.log.ErrorContext(ctx, "log batch can't be read and is dropped", "err", err)
		}
		if err := stream.DeleteMsg(ctx, m.Sequence); err != nil {
			return err
		}
	}
	return nil
}

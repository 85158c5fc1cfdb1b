package cluster

import (
	"context"
	"encoding/binary"
	"errors"
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
	return s2.Encode(dst[:0], data)
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

// unpackEvery is how often a node looks for what is packed and can't be read.
const unpackEvery = 2 * time.Second

// unpackForOlder lets nodes of an earlier version have what is in the stream for them:
// while there are such, one node publishes what is packed again as it was.
func (n *Node) unpackForOlder(ctx context.Context) {
	for pause(ctx, unpackEvery) {
		if n.members.allReadPacked() || n.members.firstReader() != n.id {
			continue
		}
		if err := n.unpackAll(ctx); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "unpack log batches for an earlier version", "err", err)
		}
	}
}

// unpackAll unpacks what belongs to nodes of an earlier version and that nobody else is
// delivering.
func (n *Node) unpackAll(ctx context.Context) error {
	stream, err := n.js.Stream(ctx, n.logName())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	delivering := make(map[string]bool) // by subject
	list := stream.ListConsumers(ctx)
	for c := range list.Info() {
		delivering[c.Config.FilterSubject] = n.holds(c.Config.Metadata[holderKey]) != ""
	}
	if err := list.Err(); err != nil {
		return err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(n.subject("log", "*")))
	if err != nil {
		return err
	}
	var errs []error
	for subject := range info.State.Subjects {
		if key, packed := n.logKey(subject); packed && !delivering[subject] {
			errs = append(errs, n.unpack(ctx, stream, key))
		}
	}
	return errors.Join(errs...)
}

// unpack publishes what is packed of a key again, as it was before, as long as the key is
// a node's that can't read it.
func (n *Node) unpack(ctx context.Context, stream jetstream.Stream, key string) error {
	for !n.members.readsPacked(n.Owner(key)) {
		m, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(n.packedSubject(key)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := unpackRecords(m.Data)
		if err == nil {
			err = n.publishLog(ctx, n.logSubject(key), m.Header.Get(jetstream.MsgIDHeader)+"-unpacked", data)
		}
		if errors.Is(err, errBatch) {
			n.log.ErrorContext(ctx, "log batch can't be read and is dropped", "err", err)
		} else if err != nil {
			return err
		}
		if err := stream.DeleteMsg(ctx, m.Sequence); err != nil {
			if _, gone := stream.GetMsg(ctx, m.Sequence); !errors.Is(gone, jetstream.ErrMsgNotFound) {
				return err
			}
		}
	}
	return nil
}

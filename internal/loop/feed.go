package loop

// A feed is what one connection has still to write: what stands between its
// cursor and the log's head, and its own frames, each at its place. Whoever
// drives the connection guards it.
type feed struct {
	seg *segment
	off int
	own *queue // nil nearly always
}

// A queue holds the frames for one connection alone.
type queue struct {
	frames []ownFrame
	size   int
}

type ownFrame struct {
	at   int64 // goes out when the log is written up to here
	data []byte
}

// maxOwn bounds the bytes that wait for one connection alone, each frame counted
// with what it costs to keep. Only a client that asks and asks without reading the
// answers comes near it.
const (
	maxOwn  = 64 << 10
	ownCost = 64
)

// pos is how far the log is written.
func (f *feed) pos() int64 { return f.seg.base + int64(f.off) }

// push puts data behind what log holds now. It says no when too much waits.
func (f *feed) push(log *Log, data []byte) bool {
	if f.own == nil {
		f.own = &queue{}
	}
	f.own.size += len(data) + ownCost
	f.own.frames = append(f.own.frames, ownFrame{at: log.head.Load(), data: data})
	return f.own.size <= maxOwn
}

// next returns the bytes to write now, at most limit; none when there is
// nothing to write.
func (f *feed) next(limit int) []byte {
	for {
		if f.own != nil && f.own.frames[0].at == f.pos() {
			b := f.own.frames[0].data
			return b[:min(len(b), limit)]
		}
		next := f.seg.next.Load() // before n: once it is set, n stands
		end := int(f.seg.n.Load())
		if f.off < end {
			if f.own != nil {
				end = min(end, int(f.own.frames[0].at-f.seg.base))
			}
			return f.seg.buf[f.off:min(end, f.off+limit)]
		}
		if next == nil {
			return nil
		}
		f.seg, f.off = next, 0
	}
}

// wrote says that n bytes of what next returned are written.
func (f *feed) wrote(n int) {
	q := f.own
	if q == nil || q.frames[0].at != f.pos() {
		f.off += n
		return
	}
	q.size -= n
	q.frames[0].data = q.frames[0].data[n:]
	if len(q.frames[0].data) > 0 {
		return
	}
	q.frames = q.frames[1:]
	q.size -= ownCost
	if len(q.frames) == 0 {
		f.own = nil
	}
}

// lateFactor times a log's budget is how far a connection may fall behind that
// could be written to: then it is us who are late, not the reader.
const lateFactor = 16

package ws

import "encoding/binary"

// defaultLimit is the Limit of a Decoder that names none.
const defaultLimit = 16 << 10

// A Message is a whole data message, its fragments joined, or a control frame.
type Message struct {
	Op      Opcode // 0: none
	Payload []byte // of a close frame: the reason
	Code    uint16 // of a close frame: the code, CodeNoStatus if it has none
}

// A Decoder turns the bytes of one client into messages, however they were
// split on their way. Its zero value is ready. It holds memory of its own only
// while a message or control frame has arrived in part.
type Decoder struct {
	// Limit is the size in bytes that a message may have, fragments summed.
	// A longer one is refused as soon as its header says so, before the
	// payload is there. Zero means 16 KiB.
	Limit int

	buf  []byte // what has come of a message that is not whole, then of a control frame
	need int    // bytes of the current frame's payload still to come

	key  uint32             // the current frame's masking key, see unmask
	head [maskedHeader]byte // the current frame's header, as far as it has come
	have uint8              // bytes of head in place; 0 once the header is complete
	op   Opcode             // of the message whose fragments are coming; 0 outside
	tail uint8              // bytes at the end of the message that begin a rune
	ctl  uint8              // bytes at the end of buf that are a control frame's
}

// maskedHeader is the size of the longest header a client sends.
const maskedHeader = maxHeader + 4

// Next takes the next message out of in. Without a whole one it keeps what it
// needs of in and returns a Message whose Op is 0 and no rest. Otherwise rest
// is what stands behind the message.
//
// Next unmasks in place, so in must be the caller's to change. The payload
// lies in in or in the Decoder and is valid until the next call. An error is
// always a *CloseError; after one, and after a close frame, the Decoder must
// not be used any more.
func (d *Decoder) Next(in []byte) (m Message, rest []byte, err error) {
	for {
		if d.need == 0 {
			var ok bool
			in, ok, err = d.header(in)
			if err != nil || !ok {
				return Message{}, nil, err
			}
		}
		p := in[:min(len(in), d.need)]
		in = in[len(p):]
		d.need -= len(p)
		d.key = unmask(p, d.key)

		if d.head[0]&bitControl != 0 {
			m, err = d.control(p)
		} else {
			m, err = d.data(p)
		}
		if err != nil {
			return Message{}, nil, err
		}
		if m.Op != 0 {
			return m, in, nil
		}
		if d.need > 0 {
			return Message{}, nil, nil
		}
	}
}

// header reads the next frame's header, or as much of it as there is. Each
// rule is applied as soon as the bytes it speaks of are there.
func (d *Decoder) header(in []byte) (rest []byte, ok bool, err error) {
	if d.have < 2 {
		if in, ok = d.fill(in, 2); !ok {
			return nil, false, nil
		}
		if err := d.checkStart(); err != nil {
			return nil, false, err
		}
	}
	size := headerSize(d.head[1])
	if in, ok = d.fill(in, size); !ok {
		return nil, false, nil
	}
	d.have = 0
	return in, true, d.begin(size)
}

// fill moves bytes of in to head until it holds size of them.
func (d *Decoder) fill(in []byte, size int) (rest []byte, ok bool) {
	n := copy(d.head[d.have:size], in)
	d.have += uint8(n & 0x0F)
	return in[n:], int(d.have) == size
}

// headerSize is the length of a masked frame's header by its second byte.
func headerSize(second byte) int {
	switch second & bitsLength {
	case length16:
		return 2 + 2 + 4
	case length64:
		return 2 + 8 + 4
	}
	return 2 + 4
}

// checkStart applies the rules on a frame's first two bytes.
func (d *Decoder) checkStart() error {
	first, second := d.head[0], d.head[1]
	op := Opcode(first & bitsOpcode)
	switch {
	case first&bitsRSV != 0: // §5.2: no extension was negotiated
		return violation("reserved bit set")
	case second&bitMask == 0: // §5.1: a client masks every frame
		return violation("frame not masked")
	}
	switch op {
	case Close, Ping, Pong:
		if first&bitFin == 0 { // §5.5
			return violation("control frame in fragments")
		}
		if second&bitsLength > maxControl { // §5.5
			return violation("control frame too long")
		}
	case continuation:
		if d.op == 0 { // §5.4
			return violation("continuation of nothing")
		}
	case Text, Binary:
		if d.op != 0 { // §5.4: fragments of two messages don't mix
			return violation("new message within a fragmented one")
		}
	default: // §5.2
		return violation("reserved opcode")
	}
	return nil
}

// begin starts the frame whose header is complete and size bytes long.
func (d *Decoder) begin(size int) error {
	n := uint64(d.head[1] & bitsLength)
	switch n {
	case length16:
		n = uint64(binary.BigEndian.Uint16(d.head[2:]))
		if n < length16 { // §5.2: the shortest encoding is the only one
			return violation("length not in its shortest form")
		}
	case length64:
		n = binary.BigEndian.Uint64(d.head[2:])
		if n <= 0xFFFF {
			return violation("length not in its shortest form")
		}
		if n>>63 != 0 { // §5.2
			return violation("length out of range")
		}
	}
	if op := Opcode(d.head[0] & bitsOpcode); op < Close {
		if n > d.room() {
			return &CloseError{Code: codeTooBig, Reason: "message too big"}
		}
		if op != continuation {
			d.op = op
		}
	}
	d.need = int(n)
	d.key = binary.LittleEndian.Uint32(d.head[size-4:])
	return nil
}

// room is how much the current message may still grow.
func (d *Decoder) room() uint64 {
	limit := d.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	return uint64(max(limit-len(d.buf), 0))
}

// data adds p to the message, and returns the message when it is complete.
func (d *Decoder) data(p []byte) (Message, error) {
	last := d.need == 0 && d.head[0]&bitFin != 0
	whole := p
	if !last || len(d.buf) > 0 {
		d.buf = append(d.buf, p...)
		whole = d.buf
	}
	if d.op == Text {
		tail, ok := checkText(whole[len(whole)-len(p)-int(d.tail):])
		if !ok || last && tail > 0 { // §8.1
			return Message{}, errInvalidText()
		}
		d.tail = uint8(tail & 0x03)
	}
	if !last {
		return Message{}, nil
	}
	m := Message{Op: d.op, Payload: whole}
	d.op, d.buf = 0, nil
	return m, nil
}

// control adds p to the control frame, and returns the frame when it is
// complete. It may come between the fragments of a message (§5.4), so what has
// come of one in part waits behind them in buf.
func (d *Decoder) control(p []byte) (Message, error) {
	if d.need > 0 || d.ctl > 0 {
		d.buf = append(d.buf, p...)
		d.ctl += uint8(len(p) & 0x7F)
		if d.need > 0 {
			return Message{}, nil
		}
		at := len(d.buf) - int(d.ctl)
		p, d.buf, d.ctl = d.buf[at:], d.buf[:at], 0
		if at == 0 {
			d.buf = nil
		}
	}
	op := Opcode(d.head[0] & bitsOpcode)
	if op == Close {
		return parseClose(p)
	}
	return Message{Op: op, Payload: p}, nil
}

package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
)

// A wire is a connection to the embedded server that speaks as much of NATS's client
// protocol as a bus needs: PUB, SUB, UNSUB and MSG. It delivers from the goroutine that
// reads, out of the buffer that was read into, and so costs no goroutine a room and
// nothing for the collector. Far servers, with TLS and reconnects, are nats.go's job.
type wire struct {
	conn net.Conn
	kick chan struct{} // one slot: there is something to write
	gone chan struct{} // closed when the connection is

	mu    sync.Mutex // guards the following
	out   []byte     // to be written
	spare []byte     // the buffer that was written last
	pongs []chan struct{}
	err   error // why the wire ended

	subsMu sync.RWMutex // guards the following
	subs   map[uint64]func(record []byte)
	last   uint64 // sid
}

const (
	wireRead   = 64 << 10 // what is read at a time, and the longest line
	wireWindow = 16 << 20 // what may wait to be written; more means the server stands still
	wireKeep   = 1 << 20  // a write buffer that grew larger is let go
)

var (
	errProtocol = errors.New("the NATS server says what a client does not understand")
	errBusy     = errors.New("the bus is busy")
)

// dialWire greets the server on conn; run does the rest.
func dialWire(conn net.Conn, name, user, password string) (*wire, error) {
	w := &wire{
		conn: conn, kick: make(chan struct{}, 1), gone: make(chan struct{}),
		subs: make(map[uint64]func([]byte)),
	}
	connect, err := json.Marshal(map[string]any{
		"verbose": false, "pedantic": false, "lang": "parlor", "version": "1", "protocol": 1, "echo": true,
		"headers": false, "no_responders": false, "name": name, "user": user, "pass": password,
	})
	if err != nil {
		return nil, err
	}
	w.command("CONNECT " + string(connect) + "\r\n")
	return w, nil
}

// run reads and writes until the connection ends, and says why it did.
func (w *wire) run() error {
	var writer sync.WaitGroup
	writer.Go(w.write)
	err := w.read()
	w.end(err)
	writer.Wait()
	return err
}

// end closes the wire; everybody who waits for it hears why.
func (w *wire) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.err = err
	close(w.gone)
	_ = w.conn.Close()
}

// publish queues one message.
func (w *wire) publish(subject func(dst []byte) []byte, record []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return w.err
	case len(w.out) > wireWindow:
		return errBusy
	}
	w.out = subject(append(w.out, "PUB "...))
	w.out = strconv.AppendInt(append(w.out, ' '), int64(len(record)), 10)
	w.out = append(append(append(w.out, "\r\n"...), record...), "\r\n"...)
	w.wake()
	return nil
}

// subscribe calls deliver with each message of subject until cancel. The subscription
// is in force after the next flush.
func (w *wire) subscribe(subject string, deliver func([]byte)) (cancel func()) {
	w.subsMu.Lock()
	w.last++
	sid := w.last
	w.subs[sid] = deliver
	w.subsMu.Unlock()
	w.command("SUB " + subject + " " + strconv.FormatUint(sid, 10) + "\r\n")
	return func() {
		w.subsMu.Lock()
		delete(w.subs, sid)
		w.subsMu.Unlock()
		w.command("UNSUB " + strconv.FormatUint(sid, 10) + "\r\n")
	}
}

// flush returns a channel that is closed when the server has heard everything before.
func (w *wire) flush() <-chan struct{} {
	pong := make(chan struct{})
	w.mu.Lock()
	w.pongs = append(w.pongs, pong)
	w.mu.Unlock()
	w.command("PING\r\n")
	return pong
}

func (w *wire) command(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out = append(w.out, line...)
	w.wake()
}

func (w *wire) wake() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// write sends what is queued, everything at once.
func (w *wire) write() {
	for {
		select {
		case <-w.gone:
			return
		case <-w.kick:
		}
		w.mu.Lock()
		out := w.out
		w.out, w.spare = w.spare[:0], nil
		w.mu.Unlock()
		_, err := w.conn.Write(out)
		if err != nil {
			w.end(err)
			return
		}
		if cap(out) <= wireKeep {
			w.mu.Lock()
			w.spare = out
			w.mu.Unlock()
		}
	}
}

// read takes what the server says to pieces until the connection ends.
func (w *wire) read() error {
	buf, have := make([]byte, wireRead), 0
	for {
		n, err := w.conn.Read(buf[have:])
		if err != nil {
			return err
		}
		have += n
		used, need, err := w.parse(buf[:have])
		if err != nil {
			return err
		}
		have = copy(buf, buf[used:have])
		if need > len(buf) { // one message larger than the buffer
			buf = append(make([]byte, 0, need), buf[:have]...)[:need]
		}
	}
}

// parse handles every whole piece of in. It returns how much it used, and how long the
// piece is that did not fit.
func (w *wire) parse(in []byte) (used, need int, err error) {
	for {
		rest := in[used:]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			if len(rest) >= wireRead {
				return used, 0, errProtocol
			}
			return used, 0, nil
		}
		line := bytes.TrimSuffix(rest[:end], []byte("\r"))
		used += end + 1
		if bytes.HasPrefix(line, []byte("MSG ")) {
			sid, size, ok := msgLine(line[4:])
			if !ok {
				return used, 0, fmt.Errorf("%w: %.40q", errProtocol, line)
			}
			if len(in)-used < size+2 {
				return used - end - 1, end + 1 + size + 2, nil
			}
			w.deliver(sid, in[used:used+size])
			used += size + 2
			continue
		}
		if err := w.control(line); err != nil {
			return used, 0, err
		}
	}
}

// control obeys a line that is not a message.
func (w *wire) control(line []byte) error {
	switch word, _, _ := bytes.Cut(line, []byte(" ")); string(word) {
	case "PING":
		w.command("PONG\r\n")
	case "PONG":
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.pongs) > 0 {
			close(w.pongs[0])
			w.pongs = w.pongs[1:]
		}
	case "-ERR":
		return fmt.Errorf("nats server: %s", line)
	case "INFO", "+OK":
	default:
		return fmt.Errorf("%w: %.40q", errProtocol, line)
	}
	return nil
}

func (w *wire) deliver(sid uint64, record []byte) {
	w.subsMu.RLock()
	deliver := w.subs[sid]
	w.subsMu.RUnlock()
	if deliver != nil {
		deliver(record)
	}
}

const maxMsg = 64 << 20 // no server of ours lets more through

// msgLine reads "subject sid [reply] size".
func msgLine(line []byte) (sid uint64, size int, ok bool) {
	_, rest, ok1 := bytes.Cut(line, []byte(" "))
	first, rest, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok1 || !ok2 {
		return 0, 0, false
	}
	if i := bytes.LastIndexByte(rest, ' '); i >= 0 {
		rest = rest[i+1:]
	}
	sid, ok1 = number(first)
	n, ok2 := number(rest)
	return sid, int(n), ok1 && ok2 && n <= maxMsg //nolint:gosec // G115: at most maxMsg when ok.
}

func number(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' || n > 1<<56 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(b) > 0
}

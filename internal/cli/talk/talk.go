// Package talk is a conversation in a room over the Chat Messaging API, held from
// a terminal or a pipe. It comes back after a lost connection as the client SDK
// does.
package talk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Config says where to talk and how it looks.
type Config struct {
	URL   string
	HTTP  *http.Client
	Mint  func(ctx context.Context) (token string, err error) // a new token for each connection
	Once  bool                                                // there is only the one token: never come back
	Lines <-chan string                                       // what is typed; closed at its end
	Show  func(line string)                                   // prints a line
	JSON  bool                                                // lines are JSON, in and out
	Ready func()                                              // called for each connection that stands; may be nil
}

const (
	// retries is how often a connection is tried again, each time with a new token
	// and without a pause (behaviour.md §10.1).
	retries = 3
	// largest is the greatest frame that is read; the service sends none that big.
	largest = 1 << 20
	// patience is how long the end of the input waits for the last answers.
	patience = 10 * time.Second
)

// errComeBack ends a connection that is to be followed by another one.
var errComeBack = errors.New("the connection was lost")

// A conversation is the state that outlives connections.
type conversation struct {
	Config
	pending map[string]bool  // requests without an answer yet
	asked   bool             // anything was ever sent
	giveUp  <-chan time.Time // set when the input has ended: how long to wait for answers
}

// Run talks until the input ends, the server closes, or ctx is over.
func Run(ctx context.Context, cfg Config) error {
	c := &conversation{Config: cfg, pending: map[string]bool{}}
	for {
		conn, err := c.connect(ctx)
		if err != nil {
			return err
		}
		if c.Ready != nil {
			c.Ready()
		}
		err = c.converse(ctx, conn)
		if !errors.Is(err, errComeBack) {
			return err
		}
		if n := len(c.pending); c.giveUp != nil {
			return fmt.Errorf("%w before %d requests were answered", err, n)
		}
		if c.Once {
			return fmt.Errorf("%w, and a token opens only one", err)
		}
		clear(c.pending)
		c.note("the connection was lost: connecting again")
	}
}

// connect opens a connection; each try takes a new token.
func (c *conversation) connect(ctx context.Context) (*websocket.Conn, error) {
	var last error
	for range 1 + retries {
		token, err := c.Mint(ctx)
		if err != nil {
			return nil, err
		}
		conn, _, err := websocket.Dial(ctx, c.URL, &websocket.DialOptions{HTTPClient: c.HTTP, Subprotocols: []string{token}}) //nolint:bodyclose // the library closes it
		if err == nil {
			conn.SetReadLimit(largest)
			return conn, nil
		}
		last = fmt.Errorf("connect to %s: %w", c.URL, err)
		if c.Once || ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// An arrival is a frame that came, or the error that none will come any more.
type arrival struct {
	frame []byte
	err   error
}

// converse uses one connection until it or the conversation ends.
func (c *conversation) converse(ctx context.Context, conn *websocket.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	frames := make(chan arrival)
	var reader sync.WaitGroup
	defer func() {
		_ = conn.Close(websocket.StatusNormalClosure, "")
		cancel()
		reader.Wait()
	}()
	reader.Go(func() { read(ctx, conn, frames) })
	for !c.done() {
		var err error
		select {
		case a := <-frames:
			err = c.arrive(a)
		case line, more := <-c.Lines:
			err = c.enter(ctx, conn, line, more)
		case <-c.giveUp:
			err = fmt.Errorf("%d requests were not answered", len(c.pending))
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if errors.Is(err, errQuit) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// done says whether the input has ended and all that it asked is answered.
func (c *conversation) done() bool { return c.giveUp != nil && len(c.pending) == 0 }

// arrive shows what came, or says how the connection ended.
func (c *conversation) arrive(a arrival) error {
	if a.err != nil {
		return ended(a.err)
	}
	if c.receive(a.frame) {
		return errComeBack
	}
	return nil
}

// read passes on what comes until nothing does.
func read(ctx context.Context, conn *websocket.Conn, frames chan<- arrival) {
	for {
		_, frame, err := conn.Read(ctx)
		select {
		case frames <- arrival{frame, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// ended says how a connection ended: a close frame, whatever its code, is the end
// of the conversation; without one the client comes back (behaviour.md §10.1).
func ended(err error) error {
	if websocket.CloseStatus(err) != -1 {
		return errQuit
	}
	return errComeBack
}

// enter does what a line says. At the end of the input it waits for the answers;
// without any input it listens on.
func (c *conversation) enter(ctx context.Context, conn *websocket.Conn, line string, more bool) error {
	if !more {
		c.Lines = nil
		if c.asked {
			c.giveUp = time.After(patience)
		}
		return nil
	}
	request, err := c.request(line)
	if errors.Is(err, errQuit) {
		return err
	}
	if err != nil && c.JSON {
		return err // a program that writes something else must hear of it
	}
	if err != nil {
		c.note(err.Error())
		return nil
	}
	if request == nil {
		return nil
	}
	c.pending[request.id], c.asked = true, true
	if err := conn.Write(ctx, websocket.MessageText, request.frame); err != nil {
		return ended(err)
	}
	return nil
}

// note shows a word of our own, which is no frame: JSON readers don't get it.
func (c *conversation) note(text string) {
	if !c.JSON {
		c.Show("-- " + text)
	}
}

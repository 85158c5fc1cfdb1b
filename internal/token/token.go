// Package token makes and spends chat tokens: sealed claims that open one
// connection, within a minute, wherever in the cluster it is made.
//
// A token names the node that minted it and that node's boot. Whoever is given it
// opens the seal and asks that node to spend it; the node remembers for a minute
// what was spent. No answer means no entry, so that nothing lets a token in twice:
// no crash, no pause, no cut. Nothing is written to a disk.
package token

import (
	"context"
	"errors"
	"sync"
	"time"

	"parlor/chat"
)

// Why a token opens nothing. The handshake's statuses are in behaviour.md §1.4.
var (
	ErrInvalid     = errors.New("the token is invalid")                     // 403
	ErrExpired     = errors.New("the token has expired")                    // 401
	ErrUsed        = errors.New("the token was used already")               // 401
	ErrUnreachable = errors.New("nobody who could judge the token answers") // 503
)

// A Key seals tokens; nodes that share it open each other's.
type Key struct {
	ID     uint32
	Secret [32]byte
}

// Keys are the keys of the cluster.
type Keys interface {
	Current() (Key, error)                           // to seal with
	Key(ctx context.Context, id uint32) (Key, error) // to open with; fs.ErrNotExist: there is none
}

// A Node is this process among those that share the keys. Ask puts a question to
// another node, Answer is how this one is asked.
type Node interface {
	ID() string
	Boot() uint64
	Ask(ctx context.Context, node, subject string, question []byte) ([]byte, error)
	Answer(subject string, answer func(ctx context.Context, question []byte) []byte) error
}

// subject is what one node asks another about.
const subject = "spend"

// A Mint makes the tokens of one node, and spends those of all.
type Mint struct {
	node  Node
	keys  Keys
	clock chat.Clock
	start time.Time // of this node's own time, see elapsed
	spent spent

	mu    sync.RWMutex    // guards the following
	seals map[uint32]seal // a cipher ready for use for each key seen
}

// New returns a mint and lets the other nodes ask it.
func New(node Node, keys Keys, clock chat.Clock) (*Mint, error) {
	m := &Mint{node: node, keys: keys, clock: clock, start: time.Now(), seals: map[uint32]seal{}}
	return m, node.Answer(subject, m.answer)
}

// elapsed is this node's own time: what has passed since its start, whatever happens
// to the wall clock. A token's life is measured by it, and so is the memory of what
// was spent, so that a clock set back makes nothing valid that was forgotten.
func (m *Mint) elapsed() time.Duration { return time.Since(m.start) }

package cluster

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parlor/chat"
)

// A Node is this process's place in the cluster.
type Node struct {
	cfg  Config
	id   string
	boot uint64
	log  *slog.Logger

	lock   *dirLock  // nil without a directory
	server *embedded // nil with an external NATS
	talk   *nats.Conn
	bus    *bus
	js     jetstream.JetStream

	store   *store
	rooms   *Rooms
	logging *LoggingConfigurations
	ring    *Keyring
	logs    *logQueue
	members *members
	stall   *stall
	health  health

	questions  questions
	background context.Context //nolint:containedctx // Lives from Open to Close; answers run under it.
	stop       context.CancelFunc
	running    sync.WaitGroup // what Open started
}

// Open starts the embedded server, or connects to cfg.URLs, and returns when the
// records have been read. It waits for a JetStream leader until ctx ends.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Name == "" {
		cfg.Name = defaultName
	}
	n := &Node{cfg: cfg, log: cfg.Log, boot: newBoot()}
	n.members = newMembers(n)
	n.stall = newStall(n)
	n.store = newStore(n)
	n.logs = newLogQueue(n)
	if err := n.open(ctx); err != nil {
		n.Close()
		return nil, fmt.Errorf("open cluster: %w", err)
	}
	return n, nil
}

func (n *Node) open(ctx context.Context) error {
	n.background, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.questions.answers = make(map[string]func(context.Context, []byte) []byte)
	if err := n.claim(); err != nil {
		return err
	}
	if len(n.cfg.Join) > 0 {
		n.cfg.Join = n.cfg.peers(func(addr string) bool { return n.cfg.own(ctx, addr) })
	}
	if len(n.cfg.URLs) == 0 {
		server, err := embed(n.cfg, n.id, n.log)
		if err != nil {
			return err
		}
		n.server = server
	}
	if err := n.connect(ctx); err != nil {
		return err
	}
	n.running.Go(func() { n.bus.run(n.background) })
	if err := n.Answer(askEcho, func(context.Context, []byte) []byte { return nil }); err != nil {
		return err
	}
	if err := n.members.listen(); err != nil {
		return err
	}
	if err := n.store.open(ctx); err != nil {
		return err
	}
	n.rooms = newRooms(n)
	n.logging = newLoggingConfigurations(n)
	n.ring = newKeyring(n)
	n.running.Go(func() { n.store.run(n.background) })
	if err := n.store.wait(ctx); err != nil {
		return err
	}
	if err := n.ring.turn(ctx, time.Now()); err != nil {
		if _, none := n.ring.Current(); none != nil {
			return err
		}
	}
	return nil
}

// claim takes the directory, if there is one, for this process alone, and the node's
// name from it.
func (n *Node) claim() error {
	n.id = n.cfg.ID
	if n.cfg.Dir == "" {
		if n.id == "" {
			n.id = chat.NewID()
		}
		return validID(n.id)
	}
	if err := os.MkdirAll(n.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	lock, err := lockDir(n.cfg.Dir)
	if err != nil {
		return err
	}
	n.lock = lock
	if n.id != "" {
		return validID(n.id)
	}
	return n.keptID()
}

// keptID reads the name that the directory keeps, or makes one. An embedded server's
// name is its identity among the voters of JetStream, so it stays with its data.
func (n *Node) keptID() error {
	file := filepath.Join(n.cfg.Dir, "node")
	kept, err := os.ReadFile(file) //nolint:gosec // G304: the operator names the directory.
	if err == nil {
		n.id = strings.TrimSpace(string(kept))
		return validID(n.id)
	}
	n.id = chat.NewID()
	return os.WriteFile(file, []byte(n.id+"\n"), 0o600)
}

// validID keeps a node's name fit for one token of a NATS subject.
func validID(id string) error {
	const fit = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if id == "" || len(id) > 64 || strings.Trim(id, fit) != "" {
		return fmt.Errorf("node id %q: want letters, digits, - and _, 64 at most", id)
	}
	return nil
}

func newBoot() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}

// Run sends heartbeats and minds the node's health until ctx ends.
func (n *Node) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { n.members.run(ctx) })
	all.Go(func() { n.stall.run(ctx) })
	all.Go(func() { n.mind(ctx) })
	all.Go(func() { n.unpackForOlder(ctx) })
	all.Wait()
	return context.Cause(ctx)
}

// Close leaves the cluster and stops the embedded server. It waits for all that Open
// started.
func (n *Node) Close() {
	if n.stop != nil {
		n.stop()
	}
	n.members.leave()
	n.running.Wait()
	if n.talk != nil {
		n.talk.Close()
	}
	if n.server != nil {
		n.server.close()
	}
	if n.lock != nil {
		n.lock.release()
	}
}

// ID returns the node's name, one for all its boots on the same directory.
func (n *Node) ID() string { return n.id }

// Boot returns a number that no other start of this node has.
func (n *Node) Boot() uint64 { return n.boot }

// Rooms returns the rooms of all accounts.
func (n *Node) Rooms() *Rooms { return n.rooms }

// LoggingConfigurations returns the logging configurations of all accounts.
func (n *Node) LoggingConfigurations() *LoggingConfigurations { return n.logging }

// Keyring returns the keys that seal chat tokens.
func (n *Node) Keyring() *Keyring { return n.ring }

// subject returns the subject of one kind of traffic of this installation.
func (n *Node) subject(parts ...string) string {
	return n.cfg.Name + "." + strings.Join(parts, ".")
}

var errClosed = errors.New("closed")

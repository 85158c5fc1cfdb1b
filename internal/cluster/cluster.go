// Package cluster is everything that nodes share, all of it on NATS: the bus that a
// room's messages travel on, the records of rooms and keys, who the members are, and
// the stream that chat logging drains. It is the only package that speaks NATS, and
// the code above cannot tell whether the server is inside this process or far away.
package cluster

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"parlor/chat"
)

// A Config says where the shared things are. The zero Config is one node of its own
// that keeps everything in memory.
type Config struct {
	// Dir holds the embedded server's records; empty keeps them in memory until Close.
	Dir string

	// URLs name an existing NATS cluster to use instead of the embedded server.
	URLs        []string
	Credentials string      // file with a user's JWT and seed, for URLs
	NKey        string      // file with an nkey seed, for URLs
	TLS         *tls.Config // for URLs, and for the routes of Join when not nil

	// Join lists the route addresses (host:port) of the embedded servers that form one
	// cluster, with or without this one's own; the first start waits for all of them, a
	// later one for a majority. Listen is the address this one's routes come in on, and
	// Secret what the servers prove to each other.
	Join   []string
	Listen string
	Secret Secret

	// Name keeps installations on one NATS apart; empty means "parlor".
	Name string

	// ID names this node; empty takes the one kept in Dir, or a random one.
	ID string

	// LogBytes and LogAge bound the stream of chat logs; 0 means 1 GiB and a week.
	LogBytes int64
	LogAge   time.Duration

	Log *slog.Logger // nil discards
}

// A Secret is a string that no log shows.
type Secret string

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue("REDACTED") }

const (
	defaultName  = "parlor"
	writeTimeout = 4 * time.Second  // of one write to JetStream, below an SDK's own patience
	electionTime = 12 * time.Second // of a write while the servers choose a leader
	askTimeout   = 2 * time.Second  // of one question to another node
)

// Errors that callers tell apart.
var (
	ErrExists   = error(&recordError{"record exists", fs.ErrExist})
	ErrMissing  = error(&recordError{"no such record", fs.ErrNotExist})
	ErrNoAnswer = errors.New("no answer")
	errStalled  = errors.New("this node was stopped and is catching up")
)

// unavailable is what a caller of the control plane sees when JetStream is away: chat
// goes on, changes do not.
func unavailable() *chat.Error {
	return &chat.Error{Code: chat.ServiceUnavailable, Message: "The service is temporarily unable to look up or change records. Try again."}
}

// A recordError is one of io/fs's errors in our words, so that those who keep records
// through an interface of their own can tell what happened.
type recordError struct {
	text string
	is   error
}

// Error implements error.
func (e *recordError) Error() string { return e.text }

// Is reports whether target is the same in the words of io/fs.
func (e *recordError) Is(target error) bool { return target == e.is }

package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"
)

// A store of the embedded server that could not write once does not write again, even
// when the disk has room: it, or JetStream as a whole, has to start anew. That touches
// neither the bus nor this node's copies in memory.

// off reports whether JetStream can't write until its disk is better.
func (e *embedded) off() bool { return e.trouble.Load() || !e.nats.JetStreamEnabled() }

// revive starts JetStream anew if it is off and the disk takes writes again.
func (e *embedded) revive() error {
	if !e.off() {
		return nil
	}
	if err := e.tryDisk(); err != nil {
		return fmt.Errorf("the disk of the data directory is full or failing: %w", err)
	}
	if err := e.nats.ShutdownJetStream(); err != nil {
		return err
	}
	err := e.nats.EnableJetStream(&server.JetStreamConfig{
		StoreDir: e.opts.StoreDir, MaxStore: e.opts.JetStreamMaxStore, SyncAlways: e.opts.SyncAlways,
		SyncInterval: e.opts.SyncInterval, MaxMemory: e.opts.JetStreamMaxMemory,
	})
	if err == nil {
		e.trouble.Store(false)
	}
	return err
}

// diskTry is what has to fit: enough that a disk does not pass that is full again with
// the next few records.
const diskTry = 1 << 20

func (e *embedded) tryDisk() error {
	name := filepath.Join(e.dir, "try")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // G304: the operator names the directory.
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, diskTry))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(name))
}

// A natsLog passes what the embedded server says to our log. Its notices are details
// to us.
type natsLog struct {
	log  *slog.Logger
	disk func() // the disk refused a write
}

// Noticef is for the curious.
func (l natsLog) Noticef(format string, v ...any) { l.say(l.log.Debug, format, v) }

// Warnf is for the operator.
func (l natsLog) Warnf(format string, v ...any) {
	if strings.HasPrefix(format, "Plaintext passwords detected") {
		return // ours was made a moment ago and is in no file
	}
	l.say(l.log.Warn, format, v)
}

// Fatalf is an error: nothing inside this process may end it.
func (l natsLog) Fatalf(format string, v ...any) { l.say(l.log.Error, format, v) }

// Errorf is for the operator.
func (l natsLog) Errorf(format string, v ...any) {
	for _, arg := range v {
		if err, ok := arg.(error); ok && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EDQUOT)) {
			l.disk()
		}
	}
	l.say(l.log.Error, format, v)
}

// Debugf is for the curious.
func (l natsLog) Debugf(format string, v ...any) { l.say(l.log.Debug, format, v) }

// Tracef is for the curious.
func (l natsLog) Tracef(format string, v ...any) { l.say(l.log.Debug, format, v) }

func (natsLog) say(level func(string, ...any), format string, v []any) {
	level("nats server", "text", strings.TrimSpace(fmt.Sprintf(format, v...)))
}

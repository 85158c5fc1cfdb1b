package cluster

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// An embedded is the NATS server inside this process. It listens for nobody unless it
// has other Parlor processes to join.
type embedded struct {
	nats *server.Server
	opts *server.Options
	dir  string
	temp bool // dir goes with the server

	// user and password of the clients; empty where nobody but this process can reach
	// the server.
	user, password string
}

const startTimeout = 10 * time.Second

func embed(cfg Config, id string, log *slog.Logger) (*embedded, error) {
	e := &embedded{dir: cfg.Dir}
	if e.dir == "" { // JetStream wants a place to stand, even if it keeps nothing
		dir, err := os.MkdirTemp("", "parlor-")
		if err != nil {
			return nil, err
		}
		e.dir, e.temp = dir, true
	}
	if err := e.start(cfg, id, log); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *embedded) start(cfg Config, id string, log *slog.Logger) error {
	e.opts = &server.Options{
		ServerName: id,
		DontListen: true,
		NoSigs:     true,
		NoLog:      true,
		JetStream:  true,
		StoreDir:   filepath.Join(e.dir, "jetstream"),
		SyncAlways: true,
		// The disk itself is the bound; a reservation computed at start would outlive
		// the space it was computed from.
		JetStreamMaxStore: math.MaxInt64 / 2,
		MaxPayload:        1 << 20,
		// A loop that is slow for a moment must not lose the bus for it.
		MaxPending:    256 << 20,
		WriteDeadline: 10 * time.Second,
		// A peer that is away is said once and then each minute, not each second.
		ConnectErrorReports: 60, ReconnectErrorReports: 60,
	}
	if len(cfg.Join) > 0 {
		if err := e.join(cfg); err != nil {
			return err
		}
	}
	s, err := server.NewServer(e.opts)
	if err != nil {
		return err
	}
	e.nats = s
	s.SetLoggerV2(natsLog{log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) {
		return errors.New("the embedded NATS server did not start")
	}
	return nil
}

// join makes e one server of a cluster of its peers. A NATS server opens its routes
// only after a listener for clients; ours is on loopback, behind a password that this
// process alone has.
func (e *embedded) join(cfg Config) error {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return fmt.Errorf("cluster listen address: %w", err)
	}
	e.user, e.password = "parlor", rand.Text()
	e.opts.DontListen, e.opts.Host, e.opts.Port = false, "127.0.0.1", server.RANDOM_PORT
	e.opts.Username, e.opts.Password = e.user, e.password
	e.opts.Cluster = server.ClusterOpts{
		Name: cfg.Name, Host: host, Username: "parlor", Password: string(cfg.Secret),
		TLSConfig: cfg.TLS, PoolSize: -1,
		PingInterval: 2 * time.Second, MaxPingsOut: 2,
		WriteDeadline: 5 * time.Second, ConnectRetries: 1 << 30,
	}
	if e.opts.Cluster.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("cluster listen address: %w", err)
	}
	for _, peer := range cfg.peers() {
		e.opts.Routes = append(e.opts.Routes, &url.URL{
			Scheme: "nats", Host: peer, User: url.UserPassword("parlor", string(cfg.Secret)),
		})
	}
	return nil
}

func (e *embedded) close() {
	if e.nats != nil {
		e.nats.Shutdown()
		e.nats.WaitForShutdown()
	}
	if e.temp {
		os.RemoveAll(e.dir)
	}
}

// revive switches JetStream on again after the server switched it off because its disk
// was full. It reports whether it is on.
func (e *embedded) revive() error {
	if e.nats.JetStreamEnabled() {
		return nil
	}
	return e.nats.EnableJetStream(&server.JetStreamConfig{
		StoreDir: e.opts.StoreDir, MaxStore: e.opts.JetStreamMaxStore, SyncAlways: true,
		SyncInterval: e.opts.SyncInterval,
	})
}

// A natsLog passes what the embedded server says to our log. Its notices are details
// to us.
type natsLog struct{ log *slog.Logger }

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
func (l natsLog) Errorf(format string, v ...any) { l.say(l.log.Error, format, v) }

// Debugf is for the curious.
func (l natsLog) Debugf(format string, v ...any) { l.say(l.log.Debug, format, v) }

// Tracef is for the curious.
func (l natsLog) Tracef(format string, v ...any) { l.say(l.log.Debug, format, v) }

func (natsLog) say(level func(string, ...any), format string, v []any) {
	level("nats server", "text", strings.TrimSpace(fmt.Sprintf(format, v...)))
}

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
	"sync/atomic"
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

	trouble atomic.Bool // the disk refused a write; see revive

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
	s.SetLoggerV2(natsLog{log, func() { e.trouble.Store(true) }}, false, false, false)
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
	for _, peer := range cfg.Join {
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
		_ = os.RemoveAll(e.dir) // the system clears its temporary files, if we can't
	}
}

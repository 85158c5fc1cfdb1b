// Package server puts the parts together and minds their lives: it is the one place
// that knows all of them.
package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"parlor/chat"
	"parlor/internal/chatlog"
	"parlor/internal/cloud"
	"parlor/internal/cluster"
	"parlor/internal/config"
	"parlor/internal/control"
	"parlor/internal/iam"
	"parlor/internal/loop"
	"parlor/internal/messaging"
	"parlor/internal/metric"
	"parlor/internal/quota"
	"parlor/internal/review"
	"parlor/internal/room"
	"parlor/internal/token"
)

// A server is the parts of one process, in the order of their birth.
type server struct {
	cfg     config.Config
	program string // how a person calls this program again
	clock   chat.Clock
	log     *slog.Logger
	metrics *metric.Set
	node    *cluster.Node
	quotas  *quota.Quotas
	users   iam.Sources // who may sign requests
	store   iam.Store   // those of them that can be changed
	key     iam.Key     // what the command line of this user signs with
	hub     *room.Hub
	driver  *loop.Driver
	meter   *meter
	review  *review.Reviewer
	logs    *chatlog.Logger
	talk    *messaging.Server
	plane   *control.Server
	up      atomic.Bool // all of them are there
	drain   drain
}

// newLog returns the operator's log.
func newLog(cfg *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // config checked it
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// openNode opens this process's place in the cluster, which may be a cluster of one.
func openNode(ctx context.Context, cfg *config.Config, log *slog.Logger) (*cluster.Node, error) {
	c := cluster.Config{
		Dir: cfg.Data, URLs: cfg.NATS, Credentials: cfg.NATSCreds, NKey: cfg.NATSNKey, Join: cfg.Join, Listen: cfg.ClusterAddr,
		Secret: cluster.Secret(cfg.ClusterKey), ID: cfg.Node, Log: log,
		LogBytes: int64(cfg.LogStreamBytes), LogAge: cfg.LogStreamAge,
	}
	if cfg.Dev {
		c.Dir = ""
	}
	var err error
	if c.TLS, err = natsTLS(cfg); err != nil {
		return nil, err
	}
	return cluster.Open(ctx, c)
}

// natsTLS returns how to speak TLS with NATS, nil where the URLs say all there is to say.
func natsTLS(cfg *config.Config) (*tls.Config, error) {
	if cfg.NATSCA == "" && cfg.NATSCert == "" {
		return nil, nil //nolint:nilnil // no TLS of our own is no error
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.NATSCA != "" {
		pem, err := os.ReadFile(filepath.Clean(cfg.NATSCA))
		if err != nil {
			return nil, fmt.Errorf("nats-ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("nats-ca: no certificate in it")
		}
	}
	if cfg.NATSCert != "" {
		cert, err := tls.LoadX509KeyPair(cfg.NATSCert, cfg.NATSKey)
		if err != nil {
			return nil, fmt.Errorf("nats-cert: %w", err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

// limits returns the quotas in force: a profile's name, or a file.
func limits(name string) (quota.Limits, error) {
	switch name {
	case quota.ProfileAWS, quota.ProfileDev, quota.ProfileOff:
		return quota.Profile(name)
	}
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return quota.Limits{}, fmt.Errorf("quotas: %q is no profile (aws, dev, off) and no file: %w", name, err)
	}
	return quota.Parse(text)
}

// peers is the cluster as the quotas see it.
type peers struct{ *cluster.Node }

// Nodes returns the names of the live nodes.
func (p peers) Nodes() []string {
	members := p.Members()
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.ID
	}
	return names
}

// keyring is the cluster's keys as the tokens see them.
type keyring struct{ *cluster.Keyring }

// Current returns the key to seal with.
func (k keyring) Current() (token.Key, error) {
	key, err := k.Keyring.Current()
	return token.Key{ID: key.ID, Secret: key.Secret}, err
}

// Key returns the key to open with.
func (k keyring) Key(ctx context.Context, id uint32) (token.Key, error) {
	key, err := k.Keyring.Key(ctx, id)
	return token.Key{ID: key.ID, Secret: key.Secret}, err
}

// compose builds the parts upwards from the node.
func (s *server) compose() error {
	numbers, err := limits(s.cfg.Quotas)
	if err != nil {
		return err
	}
	s.meter = newMeter(s.metrics)
	s.quotas = quota.New(quota.Config{Limits: numbers, Peers: peers{s.node}, Clock: s.clock, Log: s.log})
	if err := s.quotas.Listen(s.node.Answer); err != nil {
		return err
	}
	tokens, err := token.New(s.node, keyring{s.node.Keyring()}, s.clock)
	if err != nil {
		return err
	}
	if s.review, err = review.New(s.reviewing(numbers), s.log, s.metrics); err != nil {
		return err
	}
	if err := s.composeLogs(); err != nil {
		return err
	}
	if err := s.composeTalk(tokens); err != nil {
		return err
	}
	s.watch()
	return s.composePlane(tokens)
}

// composeTalk builds the data plane.
func (s *server) composeTalk(tokens *token.Mint) (err error) {
	s.hub, err = room.New(room.Deps{Bus: s.node, Records: s.node.Rooms(), Logger: s.logs, Meter: s.meter, Log: s.log}, room.Config{})
	if err != nil {
		return err
	}
	turns := s.metrics.Histogram(metric.LoopTurns, "Turns of the loops that drive connections: so long one waits for others.").With()
	s.driver, err = loop.New(loop.Config{
		Goroutines: s.cfg.GoroutineDriver, Log: s.log, Turn: func(took time.Duration) { turns.Observe(took.Seconds()) },
	})
	if err != nil {
		return err
	}
	s.talk, err = messaging.New(messaging.Deps{
		Hub: s.hub, Driver: s.driver, Tokens: tokens, Rooms: s.node.Rooms(), Reviewer: s.review, Meter: s.meter,
		Quotas: s.quotas, Alone: func() bool { return len(s.node.Members()) < 2 }, Clock: s.clock, Log: s.log,
		PingEvery: s.cfg.PingInterval,
	})
	return err
}

// composePlane builds the control plane and the operations of our own.
func (s *server) composePlane(tokens *token.Mint) (err error) {
	s.drain.mint = tokens
	auth := iam.NewAuthenticator(s.users, iam.Config{Clock: s.clock, Operator: s.cfg.Account})
	s.plane, err = control.New(control.Deps{
		Auth: auth, Quotas: s.quotas, Rooms: s.node.Rooms(), Logging: s.node.LoggingConfigurations(),
		Tokens: &s.drain, Hub: s.hub, Log: s.log, Observe: s.meter.Observe,
	}, control.Config{
		Origins: s.cfg.CORSOrigins, Regions: s.cfg.Regions, Accounts: s.cfg.Accounts, Clock: s.clock, CloseDeleted: s.cfg.CloseDeleted,
	})
	if err != nil {
		return err
	}
	control.ExtendIAM(s.plane, &iam.Admin{Store: s.store, Auth: auth})
	return s.takeCensus()
}

// reviewing is how review handlers are reached. A development server asks no Lambda but
// an endpoint of the operator's.
func (s *server) reviewing(numbers quota.Limits) review.Config {
	functions := make(map[string]review.Function, len(s.cfg.ReviewURLs))
	for arn, url := range s.cfg.ReviewURLs {
		functions[arn] = review.Function{URL: url, Secret: s.cfg.ReviewSecret}
	}
	return review.Config{
		Timeout: s.cfg.ReviewTimeout, Own: numbers.ReviewTimeout, Functions: functions,
		UseLambda: !s.cfg.Dev, Lambda: cloud.Account{Endpoint: s.cfg.ReviewEndpoint},
	}
}

// route sends a request to the part that it is for: an upgrade to the Messaging API,
// whatever its path (behaviour.md §2.1), pages, and all else to the control plane.
func (s *server) route(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case upgrades(r):
			s.talk.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/demo/"), strings.HasPrefix(path, "/console/"):
			pages.ServeHTTP(w, r)
		case path == "/" && r.Method == http.MethodGet:
			http.Redirect(w, r, s.home(), http.StatusFound)
		case path == "/demo":
			http.Redirect(w, r, "/demo/", http.StatusFound)
		case path == "/console":
			http.Redirect(w, r, "/console/", http.StatusFound)
		default:
			s.plane.ServeHTTP(w, r)
		}
	})
}

// upgrades reports whether r asks for a WebSocket. Whoever would rather speak another
// protocol, as Java's HTTP client says with h2c on each first request, is answered as if he
// had not said so (RFC 9110 §7.8).
func upgrades(r *http.Request) bool {
	wanted := strings.ToLower(strings.Join(r.Header.Values("Upgrade"), ","))
	return strings.Contains(wanted, "websocket") || r.Header.Get("Sec-Websocket-Key") != ""
}

// home is where somebody who only typed the host wants to go.
func (s *server) home() string {
	if s.cfg.Dev {
		return "/demo/"
	}
	return "/console/"
}

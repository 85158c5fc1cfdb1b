package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"parlor/chat"
)

// devDrainWindow is short: whoever stops a server on a laptop is waiting for it.
const devDrainWindow = 500 * time.Millisecond

// finish fills what depends on other options and checks the whole.
func (l *Loaded) finish() error {
	c := &l.Config
	if q := l.find("quotas"); c.Dev && q.Source == "default" {
		c.Quotas = "dev"
	}
	if d := l.find("drain-window"); c.Dev && d.Source == "default" {
		c.DrainWindow = devDrainWindow
	}
	return errors.Join(c.checkAddresses(), c.checkData(), c.checkPages(), c.checkWords(), c.checkTLS(), c.checkCluster(), c.checkNumbers())
}

func (c *Config) checkAddresses() error {
	for _, a := range []struct{ name, addr string }{{"listen", c.Listen}, {"admin-listen", c.AdminListen}} {
		host, _, err := net.SplitHostPort(a.addr)
		if err != nil {
			return fmt.Errorf("%s: %q is not host:port", a.name, a.addr)
		}
		if c.Dev && !loopback(host) {
			return fmt.Errorf("%s: %q is reachable from other machines, and --dev has credentials that everybody knows; use a loopback address, or serve without --dev", a.name, a.addr)
		}
	}
	for _, p := range c.TrustedProxy {
		if _, err := netip.ParsePrefix(p); err != nil {
			return fmt.Errorf("trusted-proxies: %q is not a network such as 10.0.0.0/8", p)
		}
	}
	return nil
}

// checkData refuses to forget by mistake, as where a script's variable is empty.
func (c *Config) checkData() error {
	if c.Data == "" && !c.Dev && len(c.NATS) == 0 {
		return errors.New("data: a directory is needed, or nothing outlives the process; only --dev keeps its data in memory")
	}
	return nil
}

// checkPages checks what browsers compare letter by letter: an origin with a slash
// at its end is nobody's.
func (c *Config) checkPages() error {
	for _, o := range c.CORSOrigins {
		u, err := url.Parse(o)
		if o != "*" && (err != nil || !web(u) || o != strings.ToLower(u.Scheme+"://"+u.Host)) {
			return fmt.Errorf("cors-origins: %q is not an origin such as https://app.example", o)
		}
	}
	if u, err := url.Parse(c.DemoBackend); c.DemoBackend != "" && (err != nil || !web(u)) {
		return fmt.Errorf("demo-backend: %q is not a URL such as http://127.0.0.1:3000", c.DemoBackend)
	}
	return nil
}

func web(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (c *Config) checkWords() error {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		return fmt.Errorf("log-level: %q is not debug, info, warn or error", c.LogLevel)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return fmt.Errorf("log-format: %q is not text or json", c.LogFormat)
	}
	for _, account := range append([]string{c.Account}, c.Accounts...) {
		if !chat.ValidAccount(account) {
			return fmt.Errorf("account %q is not twelve digits", account)
		}
	}
	return nil
}

func (c *Config) checkTLS() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls-cert and tls-key go together")
	}
	if (c.NATSCert == "") != (c.NATSKey == "") {
		return errors.New("nats-cert and nats-key go together")
	}
	if c.TLSCert != "" && len(c.ACMEHosts) > 0 {
		return errors.New("acme-hosts and tls-cert exclude each other")
	}
	return nil
}

func (c *Config) checkCluster() error {
	switch {
	case len(c.NATS) > 0 && (len(c.Join) > 0 || c.ClusterAddr != ""):
		return errors.New("nats and join exclude each other: nodes meet on one or the other")
	case len(c.Join) > 0 && c.ClusterAddr == "":
		return errors.New("join needs cluster-listen, the address at which the others reach this node")
	case c.ClusterAddr == "":
		return nil
	}
	host, _, err := net.SplitHostPort(c.ClusterAddr)
	if err != nil {
		return fmt.Errorf("cluster-listen: %q is not host:port", c.ClusterAddr)
	}
	if !loopback(host) && c.ClusterKey == "" {
		return errors.New("cluster-listen is reachable from other machines: it needs cluster-secret")
	}
	return nil
}

func (c *Config) checkNumbers() error {
	if c.ReviewTimeout <= 0 || c.PingInterval <= 0 || c.DrainWindow < 0 || c.LogInterval <= 0 {
		return errors.New("review-timeout, ping-interval and log-interval must be more than zero, drain-window not less")
	}
	if c.LogFileBytes <= 0 || c.LogStreamBytes <= 0 || c.LogStreamAge <= 0 {
		return errors.New("log-file-bytes, log-backlog-bytes and log-backlog-age must be more than zero")
	}
	return nil
}

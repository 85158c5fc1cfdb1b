package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"parlor/internal/config"
)

// How long a client may take to say what it wants and to take the answer. Bodies are small and the longest
// answer is a page of fifty rooms, so that anything slower is stuck.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	replyTimeout  = time.Minute // from the request's header to the end of the answer
	idleTimeout   = 2 * time.Minute
	headerBytes   = 96 << 10 // fifty tag keys of 128 letters, escaped, travel in a query
)

// listen opens the service's address, with TLS when a certificate is configured.
func listen(ctx context.Context, cfg *config.Config) (l net.Listener, scheme string, err error) {
	tlsConfig, err := tlsFrom(cfg)
	if err != nil {
		return nil, "", err
	}
	l, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, "", fmt.Errorf("listen on %s: %w", cfg.Listen, err)
	}
	if tlsConfig == nil {
		return l, "http", nil
	}
	return tls.NewListener(l, tlsConfig), "https", nil
}

// tlsFrom returns how to do TLS, nil if not at all.
func tlsFrom(cfg *config.Config) (*tls.Config, error) {
	switch {
	case cfg.TLSCert != "":
		cert, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("TLS certificate: %w", err)
		}
		return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, nil
	case len(cfg.ACMEHosts) > 0:
		m := &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			HostPolicy: autocert.HostWhitelist(cfg.ACMEHosts...),
			Cache:      autocert.DirCache(filepath.Join(cfg.Data, "acme")),
		}
		c := m.TLSConfig()
		// A WebSocket upgrade needs HTTP/1.1; the challenge protocol of ACME stays.
		c.NextProtos = []string{"http/1.1", "acme-tls/1"}
		c.MinVersion = tls.VersionTLS12
		return c, nil
	}
	return nil, nil //nolint:nilnil // no TLS is no error
}

// httpServer returns a server for h with our patience.
func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      replyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// localURL is how a program on this machine reaches l.
func localURL(scheme string, l net.Listener) string {
	addr, ok := l.Addr().(*net.TCPAddr)
	if ok && addr.IP.IsUnspecified() {
		return fmt.Sprintf("%s://127.0.0.1:%d", scheme, addr.Port)
	}
	return scheme + "://" + l.Addr().String()
}

// Package web serves the two pages Parlor brings: the demo at /demo/ and the
// console at /console/. Both are clients of the public API and nothing else,
// so this package knows files and headers, not chat.
package web

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// built holds dist/, which `make web` makes, and dist.html, which stands in
// for the pages in a binary that was built without it.
//
//go:embed all:dist*
var built embed.FS

// A Config says what the pages are given. Its zero value serves the console,
// and a demo page that says it has no backend.
type Config struct {
	// Backend answers below /demo/api/ with the interface of a demo backend,
	// as NewBackend makes it. Only a development server has one.
	Backend http.Handler
	// BackendURL is where the demo page finds a backend elsewhere, such as
	// examples/backend. It is not used when Backend is set.
	BackendURL string
	// SignIn is what the console's form for signing in starts with.
	SignIn SignIn
}

// A SignIn is what somebody signs in to the console with. Only a development
// server, whose key everybody knows, has more than a region to suggest.
type SignIn struct {
	Region          string `json:"region"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
}

// Handler serves /demo/ and /console/.
func Handler(cfg Config) http.Handler {
	return handler(cfg, built)
}

func handler(cfg Config, root fs.FS) http.Handler {
	mux := http.NewServeMux()
	for _, page := range []string{"demo", "console"} {
		policy := pagePolicy
		if page == "demo" {
			policy = demoPolicy(cfg)
		}
		mux.Handle("/"+page+"/", guard(policy, http.StripPrefix("/"+page, newPage(root, page))))
		mux.Handle("GET /"+page, http.RedirectHandler("/"+page+"/", http.StatusMovedPermanently))
	}
	mux.Handle("GET /demo/config.json", guard(demoPolicy(cfg), settings(demoSettings(cfg))))
	mux.Handle("GET /console/config.json", guard(pagePolicy, settings(cfg.SignIn)))
	backend := http.NotFoundHandler() // also in a binary that has a page for all paths, to say that it has no pages
	if cfg.Backend != nil {
		backend = http.StripPrefix("/demo/api", cfg.Backend)
	}
	mux.Handle("/demo/api/", backend)
	return mux
}

// demoSettings is what the demo page has to know: where its backend is; empty
// means none. The chat is where the page came from, unless a config.json of
// somebody's own names it.
func demoSettings(cfg Config) any {
	backend := cfg.BackendURL
	if cfg.Backend != nil {
		backend = "api"
	}
	return struct {
		Backend string `json:"backend"`
	}{backend}
}

// settings answers with what a page has to know before it starts.
func settings(v any) http.Handler {
	body, err := json.Marshal(v)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			http.Error(w, "no configuration", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(body) // the peer went away: nobody to tell
	})
}

// A policy gives the sources a page may connect to, for a request to host.
type policy func(host string) []string

// pagePolicy lets a page speak to its own origin, by HTTP and by WebSocket.
// The ws: forms are spelt out because not every browser lets 'self' cover them.
func pagePolicy(host string) []string {
	if !plainHost(host) {
		return []string{"'self'"}
	}
	return []string{"'self'", "ws://" + host, "wss://" + host}
}

// demoPolicy adds the demo's backend, where it is elsewhere.
func demoPolicy(cfg Config) policy {
	u, err := url.Parse(cfg.BackendURL)
	if err != nil || u.Scheme == "" || !plainHost(u.Host) {
		return pagePolicy
	}
	return func(host string) []string { return append(pagePolicy(host), u.Scheme+"://"+u.Host) }
}

// plainHost reports whether host can stand in a policy: the Host header is the
// peer's to write, and a ';' in it would write our policy.
func plainHost(host string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"
	return host != "" && strings.Trim(host, allowed) == ""
}

// guard sets the headers that keep hostile text in a page just text: no inline
// script, no eval, no markup made from strings (Trusted Types with no policy),
// no framing, no plug-ins.
func guard(connect policy, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", strings.Join([]string{
			"default-src 'none'",
			"script-src 'self'",
			"style-src 'self'",
			"img-src 'self'",
			"font-src 'self'",
			"connect-src " + strings.Join(connect(r.Host), " "),
			"base-uri 'none'",
			"form-action 'none'",
			"frame-ancestors 'none'",
			"require-trusted-types-for 'script'",
			"trusted-types 'none'",
		}, "; "))
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

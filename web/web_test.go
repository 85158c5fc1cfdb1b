package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var site = fstest.MapFS{
	"dist.html":                  {Data: []byte("not built")},
	"dist/demo/index.html":       {Data: []byte("<!doctype html>demo")},
	"dist/demo/assets/a-1234.js": {Data: []byte(strings.Repeat("let a;", 1000))},
	"dist/console/index.html":    {Data: []byte("<!doctype html>console")},
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://chat.example:8080"+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestHandlerServesPages(t *testing.T) {
	h := handler(Config{SignIn: SignIn{Region: "eu-west-1"}}, site)
	tests := []struct {
		path   string
		status int
		kind   string
		cache  string
		body   string
	}{
		{"/demo/", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>demo"},
		{"/demo/?x=1", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>demo"},
		{"/console/", 200, "text/html; charset=utf-8", "no-cache", "<!doctype html>console"},
		{"/demo/assets/a-1234.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", strings.Repeat("let a;", 1000)},
		{"/demo/config.json", 200, "application/json", "no-cache", `{"backend":""}`},
		{"/console/config.json", 200, "application/json", "no-cache", `{"region":"eu-west-1","accessKeyId":"","secretAccessKey":""}`},
		{"/demo/nothing.js", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
		{"/demo/api/list", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
	}
	for _, tt := range tests {
		res := get(t, h, tt.path)
		if res.StatusCode != tt.status || res.Header.Get("Content-Type") != tt.kind || res.Header.Get("Cache-Control") != tt.cache {
			t.Errorf("GET %s = %d %q %q, want %d %q %q", tt.path, res.StatusCode, res.Header.Get("Content-Type"),
				res.Header.Get("Cache-Control"), tt.status, tt.kind, tt.cache)
		}
		if got := text(t, res); got != tt.body {
			t.Errorf("GET %s = %.60q, want %.60q", tt.path, got, tt.body)
		}
	}
	if res := get(t, h, "/console"); res.StatusCode != 301 || res.Header.Get("Location") != "/console/" {
		t.Errorf("GET /console = %d to %q, want 301 to /console/", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestHandlerRefusesOtherMethods(t *testing.T) {
	w := httptest.NewRecorder()
	handler(Config{}, site).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/demo/", nil))
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /demo/ = %d, Allow %q, want 405, GET, HEAD", w.Code, w.Header().Get("Allow"))
	}
}

func TestHandlerUsesCaches(t *testing.T) {
	h := handler(Config{}, site)
	for _, encoding := range []string{"", "gzip, br"} {
		res := get(t, h, "/demo/assets/a-1234.js", "Accept-Encoding", encoding)
		tag := res.Header.Get("ETag")
		if res := get(t, h, "/demo/assets/a-1234.js", "Accept-Encoding", encoding, "If-None-Match", tag); res.StatusCode != 304 {
			t.Errorf("encoding %q: GET with the known ETag %s = %d, want 304", encoding, tag, res.StatusCode)
		}
	}
	res := get(t, h, "/demo/assets/a-1234.js", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || string(body) != strings.Repeat("let a;", 1000) {
		t.Errorf("unzipped body = %.30q, %v", body, err)
	}
	if got := res.Header.Get("Vary"); got != "Accept-Encoding" {
		t.Errorf("Vary = %q, want Accept-Encoding", got)
	}
}

func TestHandlerPolicy(t *testing.T) {
	const rest = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src "
	const tail = "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	away := Config{BackendURL: "https://app.example:444/chat?a=;b"}
	tests := []struct {
		name, path, host string
		cfg              Config
		connect          string
	}{
		{"own origin", "/console/", "chat.example:8080", Config{}, "'self' ws://chat.example:8080 wss://chat.example:8080"},
		{"address", "/demo/", "[::1]:8080", Config{}, "'self' ws://[::1]:8080 wss://[::1]:8080"},
		{"a host that writes policy", "/console/", "x; script-src *", Config{}, "'self'"},
		{"demo with its backend elsewhere", "/demo/", "a.b", away, "'self' ws://a.b wss://a.b https://app.example:444"},
		{"console knows no backend", "/console/", "a.b", away, "'self' ws://a.b wss://a.b"},
		{"configuration", "/demo/config.json", "a.b", Config{}, "'self' ws://a.b wss://a.b"},
		{"not found too", "/demo/none", "a.b", Config{}, "'self' ws://a.b wss://a.b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := get(t, handler(tt.cfg, site), tt.path, "Host", tt.host)
			if got, want := res.Header.Get("Content-Security-Policy"), rest+tt.connect+tail; got != want {
				t.Errorf("Content-Security-Policy =\n %s\nwant\n %s", got, want)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "no-referrer",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestHandlerNotBuilt(t *testing.T) {
	h := handler(Config{}, fstest.MapFS{"dist.html": site["dist.html"]})
	for _, path := range []string{"/demo/", "/console/"} {
		if got := text(t, get(t, h, path)); got != "not built" {
			t.Errorf("GET %s = %q, want the page that says so", path, got)
		}
	}
}

func TestHandlerEmbedded(t *testing.T) {
	for _, path := range []string{"/demo/", "/console/"} {
		res := get(t, Handler(Config{}), path)
		if body := text(t, res); res.StatusCode != 200 || !strings.Contains(body, "Parlor") {
			t.Errorf("GET %s = %d %.80q, want a page, or the one that says it was not built", path, res.StatusCode, body)
		}
	}
}

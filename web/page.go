package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// A page is the built files of one page, in memory.
type page struct {
	files   map[string]*file // by path below the page, "/index.html"
	missing *file            // what to say when the page was not built
}

// A file is one answer and how it may be kept.
type file struct {
	body      []byte
	kind      string
	tag       string
	immutable bool
	zipped    func() []byte // nil when compressing does not pay
}

// newPage reads the page's files out of root.
func newPage(root fs.FS, name string) *page {
	p := &page{files: map[string]*file{}}
	if body, err := fs.ReadFile(root, "dist.html"); err == nil {
		p.missing = newFile("dist.html", body)
	}
	dir := "dist/" + name
	// An unreadable or absent folder leaves no files: the page was not built.
	_ = fs.WalkDir(root, dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, at)
		if err != nil {
			return err
		}
		p.files[strings.TrimPrefix(at, dir)] = newFile(at, body)
		return nil
	})
	return p
}

func newFile(at string, body []byte) *file {
	sum := sha256.Sum256(body)
	f := &file{
		body: body,
		kind: kind(at),
		tag:  `"` + hex.EncodeToString(sum[:12]) + `"`,
		// Names in assets/ carry a hash of what is in them.
		immutable: path.Base(path.Dir(at)) == "assets",
	}
	if !strings.HasSuffix(at, ".woff2") && len(body) > 1024 {
		f.zipped = sync.OnceValue(func() []byte { return zip(body) })
	}
	return f
}

// ServeHTTP answers with the file at the request's path.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	at := r.URL.Path
	if strings.HasSuffix(at, "/") {
		at += "index.html"
	}
	if f, ok := p.files[at]; ok {
		f.ServeHTTP(w, r)
		return
	}
	if len(p.files) == 0 && p.missing != nil {
		p.missing.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// ServeHTTP answers with f, from the browser's cache where it may.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "no-cache")
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, tag := f.body, f.tag
	if f.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body, tag = f.zipped(), strings.TrimSuffix(tag, `"`)+`-gz"`
		}
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// kind is the content type of a file we build. The list is ours because the
// machine's own table of types may lack some, and nosniff forgives nothing.
func kind(at string) string {
	switch path.Ext(at) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(at)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func zip(body []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(body) // a bytes.Buffer takes all it is given
	_ = z.Close()
	return out.Bytes()
}

package control

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"parlor/chat"
	"parlor/internal/iam"
	"parlor/internal/sigv4"
)

// unknownRoute stands for the operation of a request that asks for none.
var unknownRoute = route{name: "Unknown"}

const (
	contentJSON = "application/json"
	contentXML  = "text/xml"
)

// reply answers a request that succeeded, and writes its line in the log.
func (s *Server) reply(w http.ResponseWriter, q *Request, r *route, out any) {
	h := w.Header()
	h["X-Amzn-Requestid"] = []string{q.ID}
	var body []byte
	switch out := out.(type) {
	case []byte: // XML
		h["Content-Type"] = []string{contentXML}
		body = out
	case nil:
	default:
		h["Content-Type"] = []string{contentJSON}
		var err error
		if body, err = json.Marshal(out, json.Deterministic(true)); err != nil {
			s.refuse(w, q, r, chat.Public(err), http.StatusInternalServerError, slog.Any("err", err))
			return
		}
	}
	if r.status == http.StatusNoContent {
		delete(h, "Content-Type")
		body = nil
	} else {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(body) // a caller that has gone is no matter
	s.done(q, r, r.status, "")
}

// refuse answers a request that failed, and writes its line in the log. It is the one
// place where an error becomes an answer.
func (s *Server) refuse(w http.ResponseWriter, q *Request, r *route, e *chat.Error, code int, attrs ...slog.Attr) {
	h := w.Header()
	h["X-Amzn-Requestid"] = []string{q.ID}
	h["X-Amzn-Errortype"] = []string{string(e.Code)}
	var body []byte
	if r.xml {
		h["Content-Type"] = []string{contentXML}
		body = xmlError(e, code, q.ID)
	} else {
		h["Content-Type"] = []string{contentJSON}
		body = appendError(nil, e)
	}
	if code == http.StatusMethodNotAllowed {
		h["Allow"] = []string{s.methods(q.http)}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(code)
	if q.http.Method != http.MethodHead {
		_, _ = w.Write(body) // a caller that has gone is no matter
	}
	s.done(q, r, code, e.Code, attrs...)
}

// methods lists what a path can be asked with.
func (s *Server) methods(r *http.Request) string {
	if s.paths[r.URL.EscapedPath()] != nil {
		return http.MethodPost
	}
	return "DELETE, GET, POST"
}

// done writes the one line that a request has in the log. It names who asked for
// what, never what was said: user ids, tokens and attributes are the callers' own.
func (s *Server) done(q *Request, r *route, status int, code chat.Code, extra ...slog.Attr) {
	took := time.Since(q.Time.Add(-s.cfg.Clock.Offset))
	s.Observe(r.name, code, took)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	ctx := q.http.Context()
	if !s.Log.Enabled(ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 12), slog.String("op", r.name), slog.Int("status", status), slog.Duration("dur", took), slog.String("request_id", q.ID))
	if code != "" {
		attrs = append(attrs, slog.String("code", string(code)))
	}
	if q.Caller != nil {
		attrs = append(attrs, slog.String("caller", q.Caller.ARN()), slog.String("region", q.Scope.Region))
	}
	if q.Target != (chat.ARN{}) {
		attrs = append(attrs, slog.String("resource", q.Target.String()))
	}
	for _, a := range extra {
		if a.Value.Any() != nil {
			attrs = append(attrs, a)
		}
	}
	s.Log.LogAttrs(ctx, level, "request", attrs...)
}

// private returns err if it holds more than its caller may see.
func private(err error) error {
	if _, ok := errors.AsType[*chat.Error](err); ok {
		return nil
	}
	return err
}

// signatureError gives a refusal of a signature the form of all errors.
func signatureError(err error) error {
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return &chat.Error{Code: chat.Code(e.Kind), Message: e.Message}
	}
	return err
}

// serves says no to regions and accounts that the operator doesn't serve.
func (s *Server) serves(scope chat.Scope) error {
	if len(s.cfg.Regions) > 0 && !slices.Contains(s.cfg.Regions, scope.Region) {
		return &chat.Error{Code: chat.AccessDenied, Message: "The region " + scope.Region + " is not served here."}
	}
	if len(s.cfg.Accounts) > 0 && !slices.Contains(s.cfg.Accounts, scope.Account) {
		return &chat.Error{Code: chat.AccessDenied, Message: "The account " + scope.Account + " is not served here."}
	}
	return nil
}

// context is what policies may ask about q.
func (s *Server) context(q *Request) iam.Context {
	c := iam.Context{Time: q.Time, SecureTransport: q.http.TLS != nil, UserAgent: q.http.UserAgent()}
	if addr, err := netip.ParseAddrPort(q.http.RemoteAddr); err == nil {
		c.SourceIP = addr.Addr()
	}
	return c
}

// newRequestID returns a random UUID.
func newRequestID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	var out [36]byte
	hex.Encode(out[:8], raw[:4])
	hex.Encode(out[9:13], raw[4:6])
	hex.Encode(out[14:18], raw[6:8])
	hex.Encode(out[19:23], raw[8:10])
	hex.Encode(out[24:], raw[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

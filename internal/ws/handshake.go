package ws

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 §4.2.2 prescribes SHA-1; nothing secret hangs on it
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// version is the one version of the protocol there is (RFC 6455 §4.1).
const version = "13"

// acceptGUID turns a key into its acceptance (§1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// answerTimeout is how long the client may take to read the answer.
const answerTimeout = 10 * time.Second

// A HandshakeError says why a request is no opening handshake, and how to
// answer it.
type HandshakeError struct {
	Status int
	Header http.Header // what the answer must carry beside the status
	Reason string
}

// Error gives the reason.
func (e *HandshakeError) Error() string { return "websocket handshake: " + e.Reason }

// Check reports whether r is an opening handshake as §4.2.1 demands. An error
// is a *HandshakeError.
func Check(r *http.Request) error {
	switch {
	case r.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "method is not GET", "Allow", http.MethodGet)
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return refuse(http.StatusBadRequest, "protocol is not HTTP/1.1")
	case !names(r.Header, "Connection", "upgrade") || !names(r.Header, "Upgrade", "websocket"):
		return refuse(http.StatusUpgradeRequired, "no upgrade to websocket asked for",
			"Connection", "Upgrade", "Upgrade", "websocket")
	case !only(r.Header, "Sec-WebSocket-Version", version):
		return refuse(http.StatusUpgradeRequired, "version is not "+version,
			"Sec-WebSocket-Version", version)
	case !validKey(r.Header):
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key is not 16 bytes in base64")
	case r.ContentLength != 0: // a body would be read as frames
		return refuse(http.StatusBadRequest, "request has a body")
	}
	return nil
}

func refuse(status int, reason string, header ...string) error {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &HandshakeError{Status: status, Header: h, Reason: reason}
}

// names reports whether the list in header key holds token, in any case.
func names(h http.Header, key, token string) bool {
	for item := range list(h, key) {
		if strings.EqualFold(item, token) {
			return true
		}
	}
	return false
}

// only reports whether header key is there once and says value.
func only(h http.Header, key, value string) bool {
	v := h.Values(key)
	return len(v) == 1 && v[0] == value
}

func validKey(h http.Header) bool {
	v := h.Values("Sec-WebSocket-Key")
	if len(v) != 1 {
		return false
	}
	key, err := base64.StdEncoding.Strict().DecodeString(v[0])
	return err == nil && len(key) == 16
}

// list yields the items of a comma-separated header, over all its lines.
func list(h http.Header, key string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range h.Values(key) {
			for item := range strings.SplitSeq(line, ",") {
				if item = strings.Trim(item, " \t"); item != "" && !yield(item) {
					return
				}
			}
		}
	}
}

// Protocols returns the subprotocols that r offers, in the client's order.
func Protocols(r *http.Request) []string {
	return slices.Collect(list(r.Header, "Sec-WebSocket-Protocol"))
}

// Accept answers r, which has passed Check, with 101 and takes the connection
// over from the HTTP server. It echoes protocol, one of those r offers, or
// names none if it is empty; it negotiates no extension. What the client has
// sent behind its request is in buffered. The connection has no deadline; only
// the answer has one, so that a client which reads nothing can't hold its caller.
func Accept(w http.ResponseWriter, r *http.Request, protocol string) (conn net.Conn, buffered []byte, err error) {
	if protocol != "" && (!isToken(protocol) || !slices.Contains(Protocols(r), protocol)) {
		return nil, nil, errors.New("websocket handshake: the subprotocol to echo was not offered")
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("websocket handshake: take the connection over: %w", err)
	}
	if n := rw.Reader.Buffered(); n > 0 {
		waiting, _ := rw.Peek(n)
		buffered = slices.Clone(waiting)
	}
	err = errors.Join(conn.SetDeadline(time.Now().Add(answerTimeout)), answer(conn, r, protocol), conn.SetDeadline(time.Time{}))
	if err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("websocket handshake: answer: %w", err)
	}
	return conn, buffered, nil
}

func answer(conn net.Conn, r *http.Request, protocol string) error {
	b := make([]byte, 0, 192+len(protocol))
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = append(b, acceptKey(r.Header.Get("Sec-WebSocket-Key"))...)
	if protocol != "" {
		b = append(b, "\r\nSec-WebSocket-Protocol: "...)
		b = append(b, protocol...)
	}
	b = append(b, "\r\n\r\n"...)
	_, err := conn.Write(b)
	return err
}

// acceptKey proves to the client that its key was read (§4.2.2 item 5.4).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID)) //nolint:gosec // see the import
	return base64.StdEncoding.EncodeToString(sum[:])
}

// isToken reports whether s is a token of HTTP, and so may be a subprotocol's
// name (§4.1 item 10).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

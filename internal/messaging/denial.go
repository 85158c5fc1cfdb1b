package messaging

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"

	"parlor/chat"
	"parlor/internal/token"
	"parlor/internal/ws"
)

// A deniedError is a handshake's answer that is not 101 (behaviour.md §1.4).
// Browsers hide it from their scripts; it is there for people.
type deniedError struct {
	status  int
	message string
	header  http.Header
	err     error // for the log
}

func (e *deniedError) Error() string {
	if e.err != nil {
		return e.message + ": " + e.err.Error()
	}
	return e.message
}

func (e *deniedError) Unwrap() error { return e.err }

// badToken says what is wrong with a token (behaviour.md §1.4).
func badToken(err error) error {
	switch {
	case errors.Is(err, token.ErrInvalid):
		return &deniedError{status: http.StatusForbidden, message: "The token is not valid", err: err}
	case errors.Is(err, token.ErrExpired):
		return &deniedError{status: http.StatusUnauthorized, message: "The token has expired", err: err}
	case errors.Is(err, token.ErrUsed):
		return &deniedError{status: http.StatusUnauthorized, message: "The token was used already", err: err}
	}
	return &deniedError{status: http.StatusServiceUnavailable, message: "The token cannot be checked now", err: err}
}

// denialOf is the one place that turns an error into a handshake's answer.
func denialOf(err error) *deniedError {
	if d, ok := errors.AsType[*deniedError](err); ok {
		return d
	}
	if h, ok := errors.AsType[*ws.HandshakeError](err); ok {
		return &deniedError{status: h.Status, message: h.Reason, header: h.Header, err: err}
	}
	if e, ok := errors.AsType[*chat.Error](err); ok {
		if e.Code == chat.ResourceNotFound {
			return &deniedError{status: http.StatusNotFound, message: "Room not found", err: err}
		}
		if e.Code == chat.ServiceQuotaExceeded || e.Code == chat.Throttling {
			return &deniedError{status: http.StatusTooManyRequests, message: "Too many connections", err: err}
		}
	}
	return &deniedError{status: http.StatusServiceUnavailable, message: "The server cannot take the connection now", err: err}
}

// write answers with the status and a JSON body.
func (e *deniedError) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), e.header)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": e.message}) // the client may be gone
}

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// A BackendConfig says where a demo backend sends its requests and who signs
// them.
type BackendConfig struct {
	// Endpoint is the control plane's public address, "http://127.0.0.1:8480".
	Endpoint string
	// Sign puts an AWS signature for body on the request.
	Sign func(r *http.Request, body []byte) error
	// Client sends the requests; nil means http.DefaultClient.
	Client *http.Client
	// Room is the name of the room that GET /list makes when there is none,
	// so that the demo has a place to talk in. Empty makes none.
	Room string
}

// NewBackend returns a small application server: POST /auth hands out chat tokens,
// POST /event sends an event, GET /list lists rooms. It speaks the HTTP
// interface of AWS's chat demo, and reaches the control plane by its public,
// signed API like any other application.
func NewBackend(cfg BackendConfig) http.Handler {
	b := &backend{cfg: cfg}
	if b.cfg.Client == nil {
		b.cfg.Client = http.DefaultClient
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /auth", b.auth)
	mux.HandleFunc("POST /event", b.event)
	mux.HandleFunc("GET /list", b.list)
	mux.HandleFunc("OPTIONS /", func(http.ResponseWriter, *http.Request) {})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Headers", "*")
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// maxRequest is more than any request here can need: a token's attributes end
// at 1 KB, an event's at 4 KB.
const maxRequest = 64 << 10

type backend struct {
	cfg BackendConfig

	mu sync.Mutex // guards the making of the first room
}

// auth trades a name and the wished capabilities for a chat token. A real
// application would look at who is asking before it answers.
func (b *backend) auth(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ARN               string            `json:"arn"`
		RoomIdentifier    string            `json:"roomIdentifier"` // what the mobile demos call it
		UserID            string            `json:"userId"`
		Attributes        map[string]string `json:"attributes"`
		Capabilities      []string          `json:"capabilities"`
		DurationInMinutes int               `json:"durationInMinutes"`
	}
	if !decode(w, r, &in) {
		return
	}
	if in.ARN == "" {
		in.ARN = in.RoomIdentifier
	}
	if in.ARN == "" || in.UserID == "" {
		refuse(w, http.StatusBadRequest, "Missing parameters: `arn or roomIdentifier`, `userId`")
		return
	}
	if in.DurationInMinutes == 0 {
		in.DurationInMinutes = 55
	}
	ask := map[string]any{
		"roomIdentifier":           in.ARN,
		"userId":                   in.UserID,
		"sessionDurationInMinutes": in.DurationInMinutes,
	}
	if len(in.Attributes) > 0 {
		ask["attributes"] = in.Attributes
	}
	if len(in.Capabilities) > 0 {
		ask["capabilities"] = in.Capabilities
	}
	out, err := b.call(r.Context(), "CreateChatToken", ask)
	if err == nil {
		out, err = inMilliseconds(out)
	}
	b.reply(w, out, err)
}

// event sends an application's event to a room.
func (b *backend) event(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ARN             string            `json:"arn"`
		EventName       string            `json:"eventName"`
		EventAttributes map[string]string `json:"eventAttributes"`
	}
	if !decode(w, r, &in) {
		return
	}
	if in.ARN == "" || in.EventName == "" {
		refuse(w, http.StatusBadRequest, "Missing parameters: `arn`, `eventName`")
		return
	}
	ask := map[string]any{"roomIdentifier": in.ARN, "eventName": in.EventName}
	if len(in.EventAttributes) > 0 {
		ask["attributes"] = in.EventAttributes
	}
	if _, err := b.call(r.Context(), "SendEvent", ask); err != nil {
		b.reply(w, nil, err)
		return
	}
	out, err := json.Marshal(map[string]string{"arn": in.ARN, "status": "success"})
	b.reply(w, out, err)
}

// list answers with the first page of rooms, and makes the first room.
func (b *backend) list(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock() // two pages opened at once must not make two rooms
	defer b.mu.Unlock()
	out, err := b.call(r.Context(), "ListRooms", map[string]any{})
	var found struct {
		Rooms []struct{} `json:"rooms"`
	}
	if err == nil && b.cfg.Room != "" && json.Unmarshal(out, &found) == nil && len(found.Rooms) == 0 {
		if _, err = b.call(r.Context(), "CreateRoom", map[string]any{"name": b.cfg.Room}); err == nil {
			out, err = b.call(r.Context(), "ListRooms", map[string]any{})
		}
	}
	b.reply(w, out, err)
}

// call asks the control plane to do op and returns its answer's body.
func (b *backend) call(ctx context.Context, op string, in any) ([]byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.cfg.Endpoint+"/"+op, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	r.Header.Set("Content-Type", "application/json")
	if err := b.cfg.Sign(r, body); err != nil {
		return nil, fmt.Errorf("%s: sign: %w", op, err)
	}
	res, err := b.cfg.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if res.StatusCode/100 != 2 {
		var e struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(out, &e) // no words: the status alone has to do
		return nil, fmt.Errorf("%s: %s: %s", op, res.Header.Get("X-Amzn-Errortype"), e.Message)
	}
	return out, nil
}

// reply writes the control plane's answer, or its error as text with status
// 500, which is what AWS's demo backend does and its pages expect.
func (b *backend) reply(w http.ResponseWriter, out []byte, err error) {
	if err != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(out)
}

// inMilliseconds rewrites a token's times as the AWS SDK for JavaScript prints
// them: Android's demo parses exactly three digits of a second.
func inMilliseconds(token []byte) ([]byte, error) {
	var in struct {
		Token                                      string
		SessionExpirationTime, TokenExpirationTime time.Time
	}
	if err := json.Unmarshal(token, &in); err != nil {
		return nil, fmt.Errorf("CreateChatToken: %w", err)
	}
	const layout = "2006-01-02T15:04:05.000Z"
	return json.Marshal(map[string]string{
		"token":                 in.Token,
		"sessionExpirationTime": in.SessionExpirationTime.UTC().Format(layout),
		"tokenExpirationTime":   in.TokenExpirationTime.UTC().Format(layout),
	})
}

func decode(w http.ResponseWriter, r *http.Request, in any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(in); err != nil {
		refuse(w, http.StatusBadRequest, "the body is not the JSON this takes: "+err.Error())
		return false
	}
	return true
}

// refuse answers with {"error": why}.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why}) // the peer went away: nobody to tell
}

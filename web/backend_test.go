package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plane is a control plane that remembers what it was asked.
type plane struct {
	asked []string
	rooms int
	fail  string // the exception to answer with
}

func (p *plane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.asked = append(p.asked, r.Header.Get("Authorization")+" "+r.URL.Path+" "+string(body))
	if p.fail != "" {
		w.Header().Set("X-Amzn-Errortype", p.fail)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"because"}`)
		return
	}
	switch r.URL.Path {
	case "/CreateRoom":
		p.rooms++
	case "/CreateChatToken":
		_, _ = io.WriteString(w, `{"token":"a.b","sessionExpirationTime":"2026-01-02T03:04:05.123456789Z","tokenExpirationTime":"2026-01-02T03:04:05Z"}`)
	case "/ListRooms":
		_, _ = io.WriteString(w, `{"rooms":[`+strings.Repeat(`{"name":"demo"}`, p.rooms)+`]}`)
	}
}

// token is what the backend makes of the plane's: times in milliseconds.
const token = `{"sessionExpirationTime":"2026-01-02T03:04:05.123Z","token":"a.b","tokenExpirationTime":"2026-01-02T03:04:05.000Z"}`

func backendFor(t *testing.T, p *plane, room string) http.Handler {
	t.Helper()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	return NewBackend(BackendConfig{
		Endpoint: srv.URL,
		Room:     room,
		Sign: func(r *http.Request, body []byte) error {
			if len(body) == 0 {
				return errors.New("nothing to sign")
			}
			r.Header.Set("Authorization", "signed")
			return nil
		},
	})
}

func TestBackend(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		fail                     string
		status                   int
		reply                    string
		asked                    []string
	}{
		{
			name: "auth as the web demo asks", method: "POST", path: "/auth",
			body:   `{"arn":"arn:r","userId":"ann.1","attributes":{"username":"ann"},"capabilities":["SEND_MESSAGE"]}`,
			status: 200, reply: token,
			asked: []string{`signed /CreateChatToken {"attributes":{"username":"ann"},"capabilities":["SEND_MESSAGE"],"roomIdentifier":"arn:r","sessionDurationInMinutes":55,"userId":"ann.1"}`},
		},
		{
			name: "auth as the mobile demos ask", method: "POST", path: "/auth",
			body:   `{"roomIdentifier":"arn:r","userId":"u","capabilities":[],"durationInMinutes":5}`,
			status: 200, reply: token,
			asked: []string{`signed /CreateChatToken {"roomIdentifier":"arn:r","sessionDurationInMinutes":5,"userId":"u"}`},
		},
		{
			name: "auth without a user", method: "POST", path: "/auth", body: `{"arn":"arn:r"}`,
			status: 400, reply: "{\"error\":\"Missing parameters: `arn or roomIdentifier`, `userId`\"}\n",
		},
		{
			name: "auth with no JSON", method: "POST", path: "/auth", body: `arn`,
			status: 400, reply: "{\"error\":\"the body is not the JSON this takes: invalid character 'a' looking for beginning of value\"}\n",
		},
		{
			name: "auth refused", method: "POST", path: "/auth", body: `{"arn":"arn:r","userId":"u"}`,
			fail: "ResourceNotFoundException", status: 500, reply: "CreateChatToken: ResourceNotFoundException: because",
			asked: []string{`signed /CreateChatToken {"roomIdentifier":"arn:r","sessionDurationInMinutes":55,"userId":"u"}`},
		},
		{
			name: "event", method: "POST", path: "/event",
			body:   `{"arn":"arn:r","eventName":"app:DELETE_BY_USER","eventAttributes":{"userId":"u"}}`,
			status: 200, reply: `{"arn":"arn:r","status":"success"}`,
			asked: []string{`signed /SendEvent {"attributes":{"userId":"u"},"eventName":"app:DELETE_BY_USER","roomIdentifier":"arn:r"}`},
		},
		{
			name: "event without a name", method: "POST", path: "/event", body: `{"arn":"arn:r"}`,
			status: 400, reply: "{\"error\":\"Missing parameters: `arn`, `eventName`\"}\n",
		},
		{
			name: "event refused", method: "POST", path: "/event", body: `{"arn":"arn:r","eventName":"e"}`,
			fail: "ThrottlingException", status: 500, reply: "SendEvent: ThrottlingException: because",
			asked: []string{`signed /SendEvent {"eventName":"e","roomIdentifier":"arn:r"}`},
		},
		{
			name: "list", method: "GET", path: "/list", status: 200, reply: `{"rooms":[]}`,
			asked: []string{`signed /ListRooms {}`},
		},
		{name: "preflight", method: "OPTIONS", path: "/auth", status: 200},
		{name: "wrong method", method: "GET", path: "/auth", status: 405, reply: "Method Not Allowed\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &plane{fail: tt.fail}
			w := httptest.NewRecorder()
			backendFor(t, p, "").ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body)))
			if w.Code != tt.status || w.Body.String() != tt.reply {
				t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.path, w.Code, w.Body, tt.status, tt.reply)
			}
			if d := cmp.Diff(tt.asked, p.asked); d != "" {
				t.Errorf("asked the control plane (-want +got):\n%s", d)
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != "*" {
				t.Errorf("Access-Control-Allow-Origin = %q, want *", got)
			}
		})
	}
}

func TestBackendMakesTheFirstRoom(t *testing.T) {
	p := &plane{}
	h := handler(Config{Backend: backendFor(t, p, "demo")}, site)
	for range 2 {
		var got struct{ Rooms []struct{ Name string } }
		if err := json.Unmarshal([]byte(text(t, get(t, h, "/demo/api/list"))), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Rooms) != 1 || got.Rooms[0].Name != "demo" {
			t.Errorf("GET /demo/api/list = %v, want the one room demo", got.Rooms)
		}
	}
	if got := text(t, get(t, h, "/demo/config.json")); got != `{"backend":"api"}` {
		t.Errorf("GET /demo/config.json = %s, want the backend api", got)
	}
}

func TestBackendUnreachable(t *testing.T) {
	h := NewBackend(BackendConfig{Endpoint: "http://127.0.0.1:1", Sign: func(*http.Request, []byte) error { return nil }})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/list", nil))
	if w.Code != 500 || !strings.HasPrefix(w.Body.String(), "ListRooms: ") {
		t.Errorf("GET /list = %d %q, want 500 and what went wrong", w.Code, w.Body)
	}
}

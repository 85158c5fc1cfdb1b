package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/coder/websocket"
)

// An entity is a frame of the Messaging API, whatever its kind.
type entity struct {
	Type       string
	ID         string `json:"Id"`
	RequestID  string `json:"RequestId"`
	EventName  string
	Attributes map[string]string
	Content    string
	SendTime   string
	Sender     struct {
		UserID     string `json:"UserId"`
		Attributes map[string]string
	}
	ErrorCode    int
	ErrorMessage string

	raw string
}

// A socket is one connection of a chat user, spoken by coder/websocket.
type socket struct {
	conn *websocket.Conn
	seen map[string]bool // ids of the entities that have come
}

// join connects user to room with a fresh token.
func (s *server) join(t *testing.T, room, user string, can ...types.ChatTokenCapability) *socket {
	t.Helper()
	return s.connect(t, s.token(t, room, user, can...))
}

// connect opens a connection with token.
func (s *server) connect(t *testing.T, token string) *socket {
	t.Helper()
	conn, resp, err := s.dial(t, token)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != token {
		t.Fatalf("the server selected the subprotocol %q, want the token", got)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{conn: conn, seen: map[string]bool{}}
}

func (s *server) dial(t *testing.T, token string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	return websocket.Dial(within(t), s.ws(), &websocket.DialOptions{Subprotocols: []string{token}})
}

// refused tries to connect with token and returns the status it is refused with.
func (s *server) refused(t *testing.T, token string) int {
	t.Helper()
	conn, resp, err := s.dial(t, token)
	if err == nil {
		_ = conn.CloseNow()
		return http.StatusSwitchingProtocols
	}
	if resp == nil {
		t.Fatalf("connect: %v", err)
	}
	return resp.StatusCode
}

// say sends text as a frame of its own.
func (k *socket) say(t *testing.T, text string) {
	t.Helper()
	if err := k.conn.Write(within(t), websocket.MessageText, []byte(text)); err != nil {
		t.Fatalf("send %.80s: %v", text, err)
	}
}

// message sends a SEND_MESSAGE action.
func (k *socket) message(t *testing.T, content, request string) {
	t.Helper()
	k.say(t, fmt.Sprintf(`{"Action":"SEND_MESSAGE","RequestId":%q,"Content":%s}`, request, quote(content)))
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// next reads the next entity, which must be sound in every way that holds for
// all of them.
func (k *socket) next(t *testing.T) entity {
	t.Helper()
	kind, raw, err := k.conn.Read(within(t))
	if err != nil {
		t.Fatalf("wait for the next frame: %v", err)
	}
	e := entity{raw: string(raw)}
	if err := json.Unmarshal(raw, &e); err != nil || kind != websocket.MessageText {
		t.Fatalf("frame %q: %v, want one JSON object in a text frame", raw, err)
	}
	if k.seen[e.ID] {
		t.Errorf("the id %s came twice on one connection: %s", e.ID, raw)
	}
	k.seen[e.ID] = true
	checkEntity(t, raw)
	return e
}

// expect reads the next entity and checks its kind and the request it answers.
func (k *socket) expect(t *testing.T, kind, request string) entity {
	t.Helper()
	e := k.next(t)
	if e.Type != kind || e.RequestID != request {
		t.Fatalf("got %s, want a %s with the RequestId %q", e.raw, kind, request)
	}
	return e
}

// refusal reads the next entity, which must be an ERROR.
func (k *socket) refusal(t *testing.T, request string, code int) entity {
	t.Helper()
	e := k.expect(t, "ERROR", request)
	if e.ErrorCode != code {
		t.Errorf("got %s, want the ErrorCode %d", e.raw, code)
	}
	return e
}

// closed waits for the connection's end and returns the close code.
func (k *socket) closed(t *testing.T) websocket.StatusCode {
	t.Helper()
	_, raw, err := k.conn.Read(within(t))
	if err == nil {
		t.Fatalf("got %s, want the connection closed", raw)
	}
	return websocket.CloseStatus(err)
}

var (
	idPattern = regexp.MustCompile(`^[a-zA-Z0-9]{12}$`)
	// From one to nine digits, the last not a zero: never a whole second.
	timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{0,8}[1-9]Z$`)
	errorCodes  = []int{400, 401, 403, 404, 406, 413, 429, 500}
	shapes      = map[string][]string{
		"MESSAGE": {"Type", "Id", "RequestId", "Attributes", "Content", "SendTime", "Sender"},
		"EVENT":   {"Type", "Id", "RequestId", "EventName", "Attributes", "SendTime"},
		"ERROR":   {"Type", "Id", "RequestId", "ErrorCode", "ErrorMessage"},
	}
)

// checkEntity holds a frame against what every client demands of all frames:
// members and their order (behaviour.md §2.4), the closed enum of error codes
// and times with a fraction (§0 item 7, §2.2), RequestId always a string (§0
// item 3).
func checkEntity(t *testing.T, raw []byte) {
	t.Helper()
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Errorf("frame %s: %v", raw, err)
		return
	}
	var e entity
	_ = json.Unmarshal(raw, &e)
	if got, want := order(t, raw), shapes[e.Type]; want == nil || !slices.Equal(got, want) {
		t.Errorf("frame %s has the members %v, want %v", raw, got, want)
	}
	if !idPattern.MatchString(e.ID) {
		t.Errorf("frame %s: the Id is not 12 letters and digits", raw)
	}
	if members["RequestId"] == nil || members["RequestId"][0] != '"' {
		t.Errorf("frame %s: the RequestId is no string", raw)
	}
	if e.Type == "ERROR" {
		if !slices.Contains(errorCodes, e.ErrorCode) || e.ErrorMessage == "" {
			t.Errorf("frame %s: want a known ErrorCode and an ErrorMessage", raw)
		}
		return
	}
	if _, err := time.Parse(time.RFC3339Nano, e.SendTime); err != nil || !timePattern.MatchString(e.SendTime) {
		t.Errorf("frame %s: the SendTime is not RFC 3339 with a fraction", raw)
	}
}

// order lists the members of a JSON object as they stand.
func order(t *testing.T, raw []byte) (names []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(raw)))
	_, _ = d.Token() // {
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Errorf("frame %s: %v", raw, err)
			return nil
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Errorf("frame %s: %v", raw, err)
			return nil
		}
		names = append(names, fmt.Sprint(name))
	}
	return names
}

package talk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"parlor/internal/cli/talk"
)

// A room plays one part for each connection: what it does with it.
type room func(ctx context.Context, conn *websocket.Conn, token string)

// talkTo runs a conversation with lines typed, and returns what it showed.
func talkTo(t *testing.T, cfg talk.Config, lines []string, parts ...room) ([]string, error) {
	t.Helper()
	var mu sync.Mutex // guards the following
	connections, minted := 0, 0
	var shown []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n := connections
		connections++
		mu.Unlock()
		if n >= len(parts) || parts[n] == nil {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		token := r.Header.Get("Sec-WebSocket-Protocol")
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{token}})
		if err != nil {
			t.Error(err)
			return
		}
		parts[n](r.Context(), conn, token)
		_ = conn.CloseNow()
	}))
	defer server.Close()
	typed := make(chan string, len(lines))
	for _, l := range lines {
		typed <- l
	}
	close(typed)
	cfg.URL, cfg.Lines = "ws"+strings.TrimPrefix(server.URL, "http"), typed
	cfg.Mint = func(context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		minted++
		return fmt.Sprintf("token-%d", minted), nil
	}
	cfg.Show = func(line string) { shown = append(shown, line) }
	err := talk.Run(t.Context(), cfg)
	return shown, err
}

// echo answers n requests as a room would.
func echo(n int) room {
	return func(ctx context.Context, conn *websocket.Conn, token string) {
		for range n {
			_, text, err := conn.Read(ctx)
			if err != nil {
				return
			}
			var a struct{ Action, RequestID, Content, ID, UserID, Reason string }
			_ = json.Unmarshal(text, &a)
			answer := fmt.Sprintf(`{"Type":"MESSAGE","Id":"m1","RequestId":%q,"Content":%q,"SendTime":"2022-12-02T08:21:20Z","Sender":{"UserId":%q}}`, a.RequestID, a.Content, token)
			switch a.Action {
			case "DELETE_MESSAGE":
				answer = fmt.Sprintf(`{"Type":"EVENT","Id":"e1","RequestId":%q,"EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":%q,"Reason":%q}}`, a.RequestID, a.ID, a.Reason)
			case "DISCONNECT_USER":
				answer = fmt.Sprintf(`{"Type":"ERROR","Id":"x1","RequestId":%q,"ErrorCode":403,"ErrorMessage":"not %s"}`, a.RequestID, a.UserID)
			}
			_ = conn.Write(ctx, websocket.MessageText, []byte(answer))
		}
		_, _, _ = conn.Read(ctx)
	}
}

// send sends frames and then ends as told.
func send(end func(*websocket.Conn), frames ...string) room {
	return func(ctx context.Context, conn *websocket.Conn, _ string) {
		for _, f := range frames {
			_ = conn.Write(ctx, websocket.MessageText, []byte(f))
		}
		end(conn)
	}
}

func drop(conn *websocket.Conn)       { _ = conn.CloseNow() }
func closeClean(conn *websocket.Conn) { _ = conn.Close(4001, "bye") }

func TestTalk(t *testing.T) {
	shown, err := talkTo(t, talk.Config{}, []string{"hello", "", "/delete m9 off topic", "/kick bob", "/what", "//me"}, echo(4))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(shown, "\n")
	for _, want := range []string{"m1 token-1: hello", "message m9 was deleted (off topic)", "!! error 403: not bob", "-- type a message", "token-1: /me"} {
		if !strings.Contains(got, want) {
			t.Errorf("nothing shown like %q:\n%s", want, got)
		}
	}
}

func TestJSON(t *testing.T) {
	shown, err := talkTo(t, talk.Config{JSON: true}, []string{`"hi"`, `{"Content":"you","RequestId":"r1"}`}, echo(2))
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) != 2 || !strings.Contains(shown[1], `"RequestId":"r1","Content":"you"`) {
		t.Errorf("shown: %q", shown)
	}
}

// TestJSONMistake: a program that writes what can't be sent hears of it.
func TestJSONMistake(t *testing.T) {
	if shown, err := talkTo(t, talk.Config{JSON: true}, []string{"nonsense"}, echo(1)); err == nil || !strings.Contains(err.Error(), "JSON string or object") {
		t.Errorf("Run() = %v and shows %q, want an error that says what a line must be", err, shown)
	}
}

// TestComeBack: a drop and an ERROR 401 bring a new token and a new connection, a
// close frame of any code is the end (behaviour.md §10.1).
func TestComeBack(t *testing.T) {
	expired := `{"Type":"ERROR","Id":"x","ErrorCode":401,"ErrorMessage":"Session expired"}`
	hello := `{"Type":"EVENT","Id":"e","EventName":"app:hello","SendTime":"2022-12-02T08:21:20Z"}`
	shown, err := talkTo(t, talk.Config{}, nil,
		send(drop), send(closeClean, expired), nil, nil, nil, send(closeClean, hello))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(shown, "\n"); strings.Count(got, "connecting again") != 2 || !strings.HasSuffix(got, "event app:hello") {
		t.Errorf("shown:\n%s", got)
	}
}

func TestGiveUp(t *testing.T) {
	if _, err := talkTo(t, talk.Config{}, nil, nil, nil, nil, nil, echo(0)); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("four refusals: %v", err)
	}
	if _, err := talkTo(t, talk.Config{Once: true}, nil, send(drop), echo(0)); err == nil {
		t.Error("came back with a token that opens only one connection")
	}
}

// TestClean: what others write can't steer the terminal.
func TestClean(t *testing.T) {
	shown, err := talkTo(t, talk.Config{}, nil, send(closeClean,
		`{"Type":"MESSAGE","Id":"m","Content":"a\u001b[2Jb\nc\u202ed","SendTime":"2022-12-02T08:21:20Z","Sender":{"UserId":"eve"}}`))
	if err != nil || len(shown) != 1 || !strings.HasSuffix(shown[0], "eve: a[2Jb cd") {
		t.Errorf("shown %q, %v", shown, err)
	}
}

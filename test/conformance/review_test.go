package conformance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"

	"parlor/chat"
)

// A reviewed is what a message review handler is asked (behaviour.md §4).
type reviewed struct {
	Content    string
	MessageID  string `json:"MessageId"`
	RoomArn    string
	Attributes map[string]string
	Sender     struct {
		UserID     string `json:"UserId"`
		IP         string `json:"Ip"`
		Attributes map[string]string
	}
}

const reviewSecret = "shared with the handler"

// A judge is a review handler that does what the message's first word says.
type judge struct {
	t     *testing.T
	asked chan reviewed // what it was asked, if someone wants to know
}

func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		j.t.Error(err)
	}
	mac := hmac.New(sha256.New, []byte(reviewSecret))
	mac.Write([]byte(r.Header.Get("X-Parlor-Timestamp") + "." + string(body)))
	if got := r.Header.Get("X-Parlor-Signature"); got != "v1="+hex.EncodeToString(mac.Sum(nil)) {
		j.t.Errorf("the request to the handler is signed %q", got)
	}
	var ask reviewed
	if err := json.Unmarshal(body, &ask); err != nil {
		j.t.Errorf("%s: %v", body, err)
	}
	if got, want := order(j.t, body), "Content MessageId RoomArn Attributes Sender"; strings.Join(got, " ") != want {
		j.t.Errorf("the handler is asked with %v, want %s", got, want)
	}
	select {
	case j.asked <- ask:
	default:
	}
	word, _, _ := strings.Cut(ask.Content, " ")
	switch word {
	case "replace":
		fmt.Fprint(w, `{"ReviewResult":"ALLOW","Content":"replaced","Attributes":{"by":"judge"}}`)
	case "deny":
		fmt.Fprint(w, `{"ReviewResult":"DENY","Content":"","Attributes":{"Reason":"not here"}}`)
	case "reasonless":
		fmt.Fprint(w, `{"ReviewResult":"DENY","Content":"x"}`)
	case "slow":
		select {
		case <-r.Context().Done():
		case <-time.After(patience):
		}
	case "late": // but within its time
		select {
		case <-r.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
		fmt.Fprintf(w, `{"ReviewResult":"ALLOW","Content":%s,"Attributes":null}`, quote(ask.Content))
	case "tardy": // as a quota of the account allows
		select {
		case <-r.Context().Done():
		case <-time.After(2 * chat.ReviewTimeout):
		}
		fmt.Fprint(w, `{"ReviewResult":"ALLOW","Content":"after all"}`)
	case "broken":
		w.WriteHeader(http.StatusInternalServerError)
	case "rubbish":
		fmt.Fprint(w, `{"ReviewResult":`)
	case "undecided":
		fmt.Fprintf(w, `{"ReviewResult":"PERHAPS","Content":"x"}`)
	case "long":
		fmt.Fprintf(w, `{"ReviewResult":"ALLOW","Content":%q}`, strings.Repeat("x", 501))
	default:
		fmt.Fprintf(w, `{"ReviewResult":"ALLOW","Content":%s,"Attributes":null}`, quote(ask.Content))
	}
}

// judged starts a server whose function is j, and makes a room with it.
func judged(t *testing.T, j *judge, fallback types.FallbackResult, more ...string) (s *server, room string) {
	t.Helper()
	handler := httptest.NewServer(j)
	t.Cleanup(handler.Close)
	args := []string{"--dev", "--listen", "127.0.0.1:0", "--review-urls", someLambda + "=" + handler.URL, "--review-secret", reviewSecret}
	s = start(t, append(args, more...)...)
	return s, s.room(t, &ivschat.CreateRoomInput{
		MaximumMessageRatePerSecond: aws.Int32(100),
		MessageReviewHandler:        &types.MessageReviewHandler{Uri: aws.String(someLambda), FallbackResult: fallback},
	})
}

func TestReviewAllows(t *testing.T) {
	t.Parallel()
	j := &judge{t: t, asked: make(chan reviewed, 1)}
	// The machine may be busy; the deadline has a test of its own.
	quotas := filepath.Join(t.TempDir(), "quotas.json")
	if err := os.WriteFile(quotas, []byte(`{"profile":"dev","accounts":{"`+devAccount+`":{"ReviewTimeout":30000}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, room := judged(t, j, types.FallbackResultDeny, "--quotas", quotas)
	alice, bob := s.join(t, room, "alice", send), s.join(t, room, "bob", send)
	alice.say(t, `{"Action":"SEND_MESSAGE","RequestId":"1","Content":"hello","Attributes":{"a":"b"}}`)
	e := bob.expect(t, "MESSAGE", "1")
	if e.Content != "hello" || e.Attributes["a"] != "b" {
		t.Errorf("null attributes of the handler give %s, want the original ones", e.raw)
	}
	ask := <-j.asked
	if ask.Content != "hello" || ask.MessageID != e.ID || ask.RoomArn != room || ask.Attributes["a"] != "b" ||
		ask.Sender.UserID != "alice" || ask.Sender.Attributes["name"] != "alice" || ask.Sender.IP != "127.0.0.1" {
		t.Errorf("the handler was asked %+v about %s", ask, e.raw)
	}
	alice.expect(t, "MESSAGE", "1")
	alice.say(t, `{"Action":"SEND_MESSAGE","RequestId":"2","Content":"replace me","Attributes":{"a":"b"}}`)
	if e := bob.expect(t, "MESSAGE", "2"); e.Content != "replaced" || len(e.Attributes) != 1 || e.Attributes["by"] != "judge" {
		t.Errorf("a replaced message came as %s", e.raw)
	}
	alice.expect(t, "MESSAGE", "2")
	// Events are not reviewed.
	if _, err := s.sdk(region).SendEvent(within(t), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("deny")}); err != nil {
		t.Fatal(err)
	}
	bob.expect(t, "EVENT", "")
	alice.expect(t, "EVENT", "")
	// One sender's messages keep their order though their reviews take different
	// times; others don't wait.
	alice.message(t, "late 1", "3")
	alice.message(t, "quick 2", "4")
	alice.expect(t, "MESSAGE", "3")
	alice.expect(t, "MESSAGE", "4")
	// A review may take longer than the service's 200 ms where a quota says so.
	alice.message(t, "tardy", "5")
	if e := alice.expect(t, "MESSAGE", "5"); e.Content != "after all" {
		t.Errorf("a message reviewed for longer came as %s", e.raw)
	}
}

func TestReviewDenies(t *testing.T) {
	t.Parallel()
	s, room := judged(t, &judge{t: t}, types.FallbackResultAllow, "--review-timeout", "30s")
	alice, bob := s.join(t, room, "alice", send), s.join(t, room, "bob")
	alice.message(t, "deny this", "1")
	if e := alice.refusal(t, "1", 406); e.ErrorMessage != "not here" {
		t.Errorf("the refusal is %s, want the handler's reason", e.raw)
	}
	alice.message(t, "reasonless", "2")
	alice.refusal(t, "2", 406)
	alice.message(t, "fine", "3")
	bob.expect(t, "MESSAGE", "3") // the first that he hears
	alice.expect(t, "MESSAGE", "3")
}

// A handler that fails in whatever way leaves the decision to the fallback, and
// the message as it was.
func TestReviewFallback(t *testing.T) {
	t.Parallel()
	for _, fallback := range []types.FallbackResult{types.FallbackResultAllow, types.FallbackResultDeny} {
		for _, failure := range []string{"broken", "rubbish", "undecided", "long", "slow"} {
			t.Run(string(fallback)+"/"+failure, func(t *testing.T) {
				t.Parallel()
				s, room := judged(t, &judge{t: t}, fallback)
				k := s.join(t, room, "u", send)
				began := time.Now()
				k.message(t, failure+" it", "1")
				if fallback == types.FallbackResultDeny {
					k.refusal(t, "1", 406)
				} else if e := k.expect(t, "MESSAGE", "1"); e.Content != failure+" it" {
					t.Errorf("the fallback delivered %s", e.raw)
				}
				if took := time.Since(began); failure == "slow" && (took < 200*time.Millisecond || took > patience/4) {
					t.Errorf("a slow handler held the message up for %v, want 200ms", took)
				}
			})
		}
	}
}

package conformance

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

func TestTokenLimits(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	full := map[string]string{"k": strings.Repeat("é", 511) + "x"} // 1 + 1022 + 1 bytes
	over := map[string]string{"k": strings.Repeat("é", 512)}
	tests := []struct {
		name  string
		in    ivschat.CreateChatTokenInput
		field string // "": accepted
	}{
		{"user of 1", ivschat.CreateChatTokenInput{UserId: aws.String("u")}, ""},
		{"user of 128 runes", ivschat.CreateChatTokenInput{UserId: aws.String(strings.Repeat("é", 128))}, ""},
		{"user that is an ARN", ivschat.CreateChatTokenInput{UserId: aws.String("arn:aws:ivs:us-west-2:1:channel/a")}, ""},
		{"no user", ivschat.CreateChatTokenInput{UserId: aws.String("")}, "userId"},
		{"user of 129 runes", ivschat.CreateChatTokenInput{UserId: aws.String(strings.Repeat("é", 129))}, "userId"},
		{"1 minute", ivschat.CreateChatTokenInput{UserId: aws.String("u"), SessionDurationInMinutes: aws.Int32(1)}, ""},
		{"180 minutes", ivschat.CreateChatTokenInput{UserId: aws.String("u"), SessionDurationInMinutes: aws.Int32(180)}, ""},
		{"181 minutes", ivschat.CreateChatTokenInput{UserId: aws.String("u"), SessionDurationInMinutes: aws.Int32(181)}, "sessionDurationInMinutes"},
		{"-1 minutes", ivschat.CreateChatTokenInput{UserId: aws.String("u"), SessionDurationInMinutes: aws.Int32(-1)}, "sessionDurationInMinutes"},
		{"attributes of 1 KB", ivschat.CreateChatTokenInput{UserId: aws.String("u"), Attributes: full}, ""},
		{"attributes over 1 KB", ivschat.CreateChatTokenInput{UserId: aws.String("u"), Attributes: over}, "attributes"},
		{"a capability twice", ivschat.CreateChatTokenInput{UserId: aws.String("u"), Capabilities: []types.ChatTokenCapability{send, send}}, ""},
		{"an unknown capability", ivschat.CreateChatTokenInput{UserId: aws.String("u"), Capabilities: []types.ChatTokenCapability{"FLY"}}, "capabilities"},
	}
	for _, tt := range tests {
		tt.in.RoomIdentifier = &room
		_, err := shared.sdk(region).CreateChatToken(within(t), &tt.in)
		if tt.field == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		e := as[*types.ValidationException](t, tt.name, err)
		if got := fieldNames(e); len(got) != 1 || !strings.HasPrefix(got[0], tt.field) {
			t.Errorf("%s: blames %q, want %s", tt.name, got, tt.field)
		}
	}
	// What no SDK would send.
	for name, body := range map[string]string{
		"0 minutes":       `{"roomIdentifier":` + quote(room) + `,"userId":"u","sessionDurationInMinutes":0}`,
		"no user":         `{"roomIdentifier":` + quote(room) + `}`,
		"a bare room id":  `{"roomIdentifier":` + quote(room[strings.LastIndex(room, "/")+1:]) + `,"userId":"u"}`,
		"a number's text": `{"roomIdentifier":` + quote(room) + `,"userId":"u","sessionDurationInMinutes":"5"}`,
	} {
		if r := shared.call(t, "CreateChatToken", body); r.status != http.StatusBadRequest {
			t.Errorf("%s: status %d %s, want 400", name, r.status, r.body)
		}
	}
}

func TestTokenTimes(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	for minutes, want := range map[int32]time.Duration{0: time.Hour, 1: time.Minute, 180: 3 * time.Hour} {
		var duration *int32
		if minutes > 0 {
			duration = &minutes
		}
		before := time.Now()
		out, err := shared.sdk(region).CreateChatToken(within(t), &ivschat.CreateChatTokenInput{
			RoomIdentifier: &room, UserId: aws.String("u"), SessionDurationInMinutes: duration,
		})
		if err != nil {
			t.Fatal(err)
		}
		after := time.Now()
		check := func(name string, got *time.Time, from time.Duration) {
			// The wire cuts times to its own precision.
			if got.Before(before.Add(from-time.Millisecond)) || got.After(after.Add(from)) {
				t.Errorf("%d minutes: %s is %v, want %v after %v", minutes, name, got, from, before)
			}
		}
		check("tokenExpirationTime", out.TokenExpirationTime, time.Minute)
		check("sessionExpirationTime", out.SessionExpirationTime, want)
		if d := out.SessionExpirationTime.Sub(*out.TokenExpirationTime); d != want-time.Minute {
			t.Errorf("%d minutes: the two times are %v apart, want %v: they count from one instant", minutes, d, want-time.Minute)
		}
	}
	// On the wire: ISO 8601 strings with a fraction (behaviour.md §1.2), and a
	// token that is legal as the name of a subprotocol (§1.3).
	r := shared.call(t, "CreateChatToken", `{"roomIdentifier":`+quote(room)+`,"userId":"u"}`)
	var out map[string]string
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	iso := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$`)
	for _, name := range []string{"tokenExpirationTime", "sessionExpirationTime"} {
		if !iso.MatchString(out[name]) {
			t.Errorf("%s is %q, want ISO 8601 with a fraction in UTC", name, out[name])
		}
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`).MatchString(out["token"]) {
		t.Errorf("the token is %q, want two segments of base64url", out["token"])
	}
}

// A token that carries all it may is still fit for a header.
func TestTokenSize(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	user := strings.Repeat("😀", 128)
	out, err := shared.sdk(region).CreateChatToken(within(t), &ivschat.CreateChatTokenInput{
		RoomIdentifier: &room, UserId: &user, Capabilities: []types.ChatTokenCapability{send, remove, disconnect},
		Attributes: map[string]string{"k": strings.Repeat("x", 1023)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(*out.Token) >= 4096 {
		t.Errorf("the token is %d bytes long, want less than 4 KB", len(*out.Token))
	}
	k := shared.connect(t, *out.Token)
	k.message(t, "hi", "1")
	if e := k.expect(t, "MESSAGE", "1"); e.Sender.UserID != user || len(e.Sender.Attributes["k"]) != 1023 {
		t.Errorf("the sender is %.80s with %d attributes", e.Sender.UserID, len(e.Sender.Attributes))
	}
}

func TestTokenSpentOnce(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	token := shared.token(t, room, "u")
	shared.connect(t, token)
	for range 2 {
		if got := shared.refused(t, token); got != http.StatusUnauthorized {
			t.Errorf("a used token gets %d, want 401", got)
		}
	}
}

// A token that many try at once lets one of them in.
func TestTokenRace(t *testing.T) {
	t.Parallel()
	token := shared.token(t, shared.room(t, nil), "u")
	got := make(chan int, 8)
	for range cap(got) {
		go func() {
			conn, resp, err := shared.dial(t, token)
			switch {
			case err == nil:
				_ = conn.CloseNow()
				got <- http.StatusSwitchingProtocols
			case resp != nil:
				got <- resp.StatusCode
			default:
				got <- 0
			}
		}()
	}
	var all []int
	for range cap(got) {
		all = append(all, <-got)
	}
	slices.Sort(all)
	if all[0] != http.StatusSwitchingProtocols || slices.Index(all[1:], http.StatusSwitchingProtocols) >= 0 ||
		slices.ContainsFunc(all[1:], func(n int) bool { return n != http.StatusUnauthorized }) {
		t.Errorf("one token tried at once gets %v, want one 101 and else 401", all)
	}
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	early, late := shared.token(t, room, "u"), shared.token(t, room, "u")
	select {
	case <-t.Context().Done():
		return
	case <-time.After(61 * time.Second):
	}
	for _, token := range []string{early, late} {
		if got := shared.refused(t, token); got != http.StatusUnauthorized {
			t.Errorf("an expired token gets %d, want 401", got)
		}
	}
}

// A session's clock runs from the minting of its token. At its end the server
// says 401, then closes 1000 (behaviour.md §1.5). Until then it stays open
// though nothing is said.
func TestSessionExpires(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	out, err := shared.sdk(region).CreateChatToken(within(t), &ivschat.CreateChatTokenInput{
		RoomIdentifier: &room, UserId: aws.String("u"), SessionDurationInMinutes: aws.Int32(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	k := shared.connect(t, *out.Token)
	_, raw, err := k.conn.Read(t.Context())
	if err != nil {
		t.Fatalf("wait for the session's end: %v", err)
	}
	now := time.Now()
	checkEntity(t, raw)
	var e entity
	if err := json.Unmarshal(raw, &e); err != nil || e.Type != "ERROR" || e.ErrorCode != 401 || e.RequestID != "" {
		t.Errorf("the session ended with %s, want an ERROR 401", raw)
	}
	if d := now.Sub(*out.SessionExpirationTime); d < -time.Millisecond || d > 10*time.Second {
		t.Errorf("the session ended %v after its time", d)
	}
	if code := k.closed(t); code != 1000 {
		t.Errorf("the session ended with the close code %d, want 1000", code)
	}
}

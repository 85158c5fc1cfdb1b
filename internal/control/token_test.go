package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/chattest"
)

func TestCreateChatToken(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	for _, c := range []struct {
		members string
		want    chat.Claims
		minutes int
	}{
		{`"userId":"u"`, chat.Claims{UserID: "u"}, 60},
		{`"userId":"u","sessionDurationInMinutes":1,"capabilities":[],"attributes":{}`, chat.Claims{UserID: "u", Attributes: map[string]string{}}, 1},
		{
			`"userId":"arn:aws:x/😀","sessionDurationInMinutes":180,"capabilities":["SEND_MESSAGE","DISCONNECT_USER"],"attributes":{"a":"b"}`,
			chat.Claims{UserID: "arn:aws:x/😀", Capabilities: []chat.Capability{chat.DisconnectUser, chat.SendMessage}, Attributes: map[string]string{"a": "b"}},
			180,
		},
		{`"userId":"u","capabilities":["SEND_MESSAGE","SEND_MESSAGE"]`, chat.Claims{UserID: "u", Capabilities: []chat.Capability{chat.SendMessage}}, 60},
	} {
		r := w.Post(t, "CreateChatToken", `{"roomIdentifier":"`+arn+`",`+c.members+`}`)
		want(t, r, 200, `{"token":"<[a-zA-Z0-9_-]+>","tokenExpirationTime":"`+instant+`","sessionExpirationTime":"`+instant+`"}`)
		got, err := chattest.Mint{}.Claims(r.Text("token"))
		if err != nil {
			t.Fatal(err)
		}
		if got.Room.String() != arn || got.UserID != c.want.UserID || !slices.Equal(got.Capabilities, c.want.Capabilities) ||
			fmt.Sprint(got.Attributes) != fmt.Sprint(c.want.Attributes) || !chat.ValidID(got.ID) {
			t.Errorf("claims = %+v, want %+v", got, c.want)
		}
		// Both times count from the minting (behaviour.md §1.2).
		if age := time.Since(got.Issued); age < 0 || age > time.Minute {
			t.Errorf("issued %v ago", age)
		}
		if d := got.Expires.Sub(got.Issued); d != time.Minute || !parse(t, r.Text("tokenExpirationTime")).Equal(got.Expires) {
			t.Errorf("token expires after %v, says %s", d, r.Text("tokenExpirationTime"))
		}
		if d := got.SessionExpires.Sub(got.Issued); d != time.Duration(c.minutes)*time.Minute || !parse(t, r.Text("sessionExpirationTime")).Equal(got.SessionExpires) {
			t.Errorf("session expires after %v, says %s", d, r.Text("sessionExpirationTime"))
		}
	}
}

func TestCreateChatTokenRefuses(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	size := func(n int) string { return `{"kk":"` + strings.Repeat("ä", n) + `"}` }
	for _, c := range []struct {
		members string
		fields  []string
	}{
		{`"userId":""`, []string{"userId"}},
		{`"roomIdentifier":"abcdefghijkl"`, []string{"roomIdentifier", "userId"}},
		{`"userId":"` + strings.Repeat("😀", 129) + `"`, []string{"userId"}},
		{`"userId":"u","sessionDurationInMinutes":0`, []string{"sessionDurationInMinutes"}},
		{`"userId":"u","sessionDurationInMinutes":181`, []string{"sessionDurationInMinutes"}},
		{`"userId":"u","capabilities":["SEND"]`, []string{"capabilities.1.member"}},
		{`"userId":"u","attributes":` + size(512), []string{"attributes"}},
	} {
		body := `{` + c.members + `}`
		if !strings.Contains(body, "roomIdentifier") {
			body = `{"roomIdentifier":"` + arn + `",` + c.members + `}`
		}
		invalid(t, w.Post(t, "CreateChatToken", body), c.fields...)
	}
	for _, members := range []string{`"userId":"` + strings.Repeat("😀", 128) + `"`, `"userId":"u","attributes":` + size(511)} {
		want(t, w.Post(t, "CreateChatToken", `{"roomIdentifier":"`+arn+`",`+members+`}`), 200, `{"token"<.*>`)
	}
	missing(t, w.Post(t, "CreateChatToken", `{"roomIdentifier":"`+someRoom+`","userId":"u"}`), someRoom)
	wantError(t, w.As(chattest.Account, chattest.Reader).Post(t, "CreateChatToken", `{"roomIdentifier":"`+arn+`","userId":"u"}`), 403, "AccessDeniedException", "")
}

// What the user is called and what the token says stays out of the log.
func TestTokensAreNotLogged(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	_ = w.log.String() // of the room's creation
	r := w.Post(t, "CreateChatToken", `{"roomIdentifier":"`+arn+`","userId":"secret-user","attributes":{"secret-key":"secret-value"}}`)
	w.Post(t, "CreateChatToken", `{"roomIdentifier":"`+arn+`","userId":"`+strings.Repeat("secret", 30)+`"}`)
	w.Post(t, "DisconnectUser", `{"roomIdentifier":"`+arn+`","userId":"secret-user","reason":"secret-reason"}`)
	text := w.log.String()
	if n := strings.Count(text, "\n"); n != 3 {
		t.Errorf("%d lines for 3 requests: %s", n, text)
	}
	for _, secret := range []string{"secret", r.Text("token")[:20], "Signature", "PARLOR"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q: %s", secret, text)
		}
	}
	for _, part := range []string{"op=CreateChatToken", "status=200", "status=400", "code=ValidationException", "resource=" + arn, "caller=arn:aws:iam::111111111111:user/admin", "region=us-west-2", "request_id=", "dur="} {
		if !strings.Contains(text, part) {
			t.Errorf("the log lacks %q: %s", part, text)
		}
	}
}

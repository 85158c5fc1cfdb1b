package control_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"parlor/internal/chattest"
	"parlor/internal/control"
)

func readAll(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestGetCallerIdentity(t *testing.T) {
	w := newWorld(t)
	sts := w.As(chattest.Account, chattest.Nobody)
	sts.Service = "sts"
	r := sts.Do(t, "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15")
	for _, part := range []string{`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`, "<Arn>arn:aws:iam::111111111111:user/nobody</Arn>", "<Account>111111111111</Account>", "<UserId>AIDA", "<RequestId>" + r.Header.Get("X-Amzn-Requestid")} {
		if !strings.Contains(r.Body, part) {
			t.Errorf("answer lacks %s: %s", part, r.Body)
		}
	}
	if got := r.Header.Get("Content-Type"); got != "text/xml" {
		t.Errorf("Content-Type = %q", got)
	}
	for _, c := range []struct {
		reply  *chattest.Reply
		status int
		code   string
	}{
		{sts.Do(t, "POST", "/", "Action=AssumeRole"), 400, "InvalidAction"},
		{sts.Do(t, "POST", "/", "%"), 400, "InvalidAction"},
		{w.Do(t, "POST", "/", "Action=GetCallerIdentity"), 403, "SignatureDoesNotMatch"},
		{(&chattest.Client{URL: w.URL, Region: w.Region, Service: "sts", HTTP: w.HTTP}).Do(t, "POST", "/", ""), 403, "IncompleteSignature"},
	} {
		if c.reply.Status != c.status || !strings.Contains(c.reply.Body, "<Type>Sender</Type><Code>"+c.code+"</Code>") {
			t.Errorf("got %d %s, want %d %s", c.reply.Status, c.reply.Body, c.status, c.code)
		}
	}
}

func TestCORS(t *testing.T) {
	ask := func(w *world, method, origin string) *http.Response {
		t.Helper()
		r := w.Request(t, http.MethodPost, "/CreateRoom", `{}`)
		r.Method = method
		if method == http.MethodOptions {
			r.Header.Del("Authorization")
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "authorization,x-amz-date")
		}
		r.Header.Set("Origin", origin)
		resp, err := w.HTTP.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	off, one := newWorld(t), newWorldWith(t, `{"profile":"dev"}`, control.Config{Origins: []string{"https://a.example"}})
	all := newWorldWith(t, `{"profile":"dev"}`, control.Config{Origins: []string{"*"}})
	for _, c := range []struct {
		w              *world
		method, origin string
		status         int
		allowed        string
	}{
		{off, "OPTIONS", "https://a.example", 405, ""},
		{off, "POST", "https://a.example", 200, ""},
		{one, "OPTIONS", "https://a.example", 204, "https://a.example"},
		{one, "POST", "https://a.example", 200, "https://a.example"},
		{one, "OPTIONS", "https://b.example", 405, ""},
		{one, "POST", "https://b.example", 200, ""},
		{all, "OPTIONS", "https://b.example", 204, "https://b.example"},
	} {
		r := ask(c.w, c.method, c.origin)
		if got := r.Header.Get("Access-Control-Allow-Origin"); r.StatusCode != c.status || got != c.allowed {
			t.Errorf("%s from %s = %d for %q, want %d for %q", c.method, c.origin, r.StatusCode, got, c.status, c.allowed)
		}
		if c.status == 204 && r.Header.Get("Access-Control-Allow-Headers") != "authorization,x-amz-date" {
			t.Errorf("allowed headers = %q", r.Header.Get("Access-Control-Allow-Headers"))
		}
	}
}

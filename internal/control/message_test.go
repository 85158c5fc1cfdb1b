package control_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parlor/internal/chattest"
)

// said returns the one thing that the hub was told.
func (w *world) said(t *testing.T) chattest.Said {
	t.Helper()
	all := w.hub.Said()
	if len(all) != 1 {
		t.Fatalf("the hub was told %v, want one thing", all)
	}
	if age := time.Since(all[0].Event.SendTime); age < 0 || age > time.Minute {
		t.Errorf("sendTime was %v ago", age)
	}
	return all[0]
}

func TestSendEvent(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	for _, c := range []struct{ members, attributes string }{
		{`"eventName":"app:poll"`, "map[]"},
		{`"eventName":"` + strings.Repeat("ä", 100) + `","attributes":{"a":"b"}`, "map[a:b]"},
		{`"eventName":"e","attributes":{"kkkk":"` + strings.Repeat("v", 4092) + `"}`, "map[kkkk:" + strings.Repeat("v", 4092) + "]"},
	} {
		r := w.Post(t, "SendEvent", `{"roomIdentifier":"`+arn+`",`+c.members+`}`)
		want(t, r, 200, `{"id":"`+roomID+`"}`)
		got := w.said(t)
		if got.Room.String() != arn || got.Event.ID != r.Text("id") || got.Event.RequestID != "" || fmt.Sprint(got.Event.Attributes) != c.attributes {
			t.Errorf("said %+v, want attributes %s", got, c.attributes)
		}
	}
	for _, c := range []struct{ members, field string }{
		{`"eventName":""`, "eventName"},
		{`"eventName":"` + strings.Repeat("e", 101) + `"`, "eventName"},
		{`"eventName":"aws:DELETE_MESSAGE"`, "eventName"},
		{`"eventName":"AWS:x"`, "eventName"},
		{`"eventName":"e","attributes":{"kkkk":"` + strings.Repeat("v", 4093) + `"}`, "attributes"},
	} {
		invalid(t, w.Post(t, "SendEvent", `{"roomIdentifier":"`+arn+`",`+c.members+`}`), c.field)
	}
	// All at once, whichever rule is broken.
	invalid(t, w.Post(t, "SendEvent", `{"roomIdentifier":"x","eventName":"aws:x","attributes":{"k":"`+strings.Repeat("v", 4096)+`"}}`),
		"roomIdentifier", "attributes", "eventName")
	missing(t, w.Post(t, "SendEvent", `{"roomIdentifier":"`+someRoom+`","eventName":"e"}`), someRoom)
	if said := w.hub.Said(); len(said) > 0 {
		t.Errorf("refused, yet said %v", said)
	}
}

func TestDeleteMessage(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	for _, c := range []struct{ members, reason string }{{``, ""}, {`,"reason":"spam"`, "spam"}, {`,"reason":null`, ""}} {
		r := w.Post(t, "DeleteMessage", `{"roomIdentifier":"`+arn+`","id":"M2YcHkgffEvU"`+c.members+`}`)
		want(t, r, 200, `{"id":"`+roomID+`"}`)
		got := w.said(t)
		if got.MessageID != "M2YcHkgffEvU" || got.Event.ID != r.Text("id") || got.Event.EventName != "aws:DELETE_MESSAGE" ||
			fmt.Sprint(got.Event.Attributes) != "map[MessageID:M2YcHkgffEvU MessageId:M2YcHkgffEvU Reason:"+c.reason+"]" {
			t.Errorf("said %+v", got)
		}
	}
	for _, c := range []struct {
		members string
		fields  []string
	}{
		{``, []string{"id"}},
		{`,"id":"short"`, []string{"id"}},
		{`,"id":"M2YcHkgffEv-"`, []string{"id"}},
		{`,"id":"M2YcHkgffEvU","reason":""`, []string{"reason"}},
		{`,"id":"M2YcHkgffEvU","reason":"` + strings.Repeat("r", 257) + `"`, []string{"reason"}},
	} {
		invalid(t, w.Post(t, "DeleteMessage", `{"roomIdentifier":"`+arn+`"`+c.members+`}`), c.fields...)
	}
	missing(t, w.Post(t, "DeleteMessage", `{"roomIdentifier":"`+someRoom+`","id":"M2YcHkgffEvU"}`), someRoom)
}

func TestDisconnectUser(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{}`)
	want(t, w.Post(t, "DisconnectUser", `{"roomIdentifier":"`+arn+`","userId":"u","reason":"bye"}`), 200, ``)
	got := w.said(t)
	if got.UserID != "u" || got.Event.EventName != "aws:DISCONNECT_USER" || fmt.Sprint(got.Event.Attributes) != "map[Reason:bye UserId:u]" {
		t.Errorf("said %+v", got)
	}
	invalid(t, w.Post(t, "DisconnectUser", `{"roomIdentifier":"`+arn+`"}`), "userId")
	missing(t, w.Post(t, "DisconnectUser", `{"roomIdentifier":"`+someRoom+`","userId":"u"}`), someRoom)
}

package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

func TestDeleteEvent(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	alice, moderator := shared.join(t, room, "alice", send), shared.join(t, room, "moderator", remove)
	alice.message(t, "rude", "1")
	id := alice.expect(t, "MESSAGE", "1").ID
	moderator.expect(t, "MESSAGE", "1")

	check := func(e entity, reason string) {
		t.Helper()
		want := fmt.Sprintf(`"EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":%q,"MessageId":%q,"Reason":%q}`, id, id, reason)
		if !strings.Contains(e.raw, want) || e.ID == id {
			t.Errorf("got %s, want %s under an id of its own", e.raw, want)
		}
	}
	// Over the socket: with a reason, without, and with the null that the JS SDK sends.
	for i, part := range []string{`,"Reason":"Deleted by moderator"`, ``, `,"Reason":null`} {
		request := fmt.Sprint("del", i)
		moderator.say(t, fmt.Sprintf(`{"Action":"DELETE_MESSAGE","RequestId":%q,"Id":%q%s}`, request, id, part))
		reason := ""
		if i == 0 {
			reason = "Deleted by moderator"
		}
		check(alice.expect(t, "EVENT", request), reason)
		check(moderator.expect(t, "EVENT", request), reason)
	}
	// Over HTTP: the same event, its id the answer's, its RequestId "".
	out, err := shared.sdk(region).DeleteMessage(within(t), &ivschat.DeleteMessageInput{RoomIdentifier: &room, Id: &id, Reason: aws.String("spam")})
	if err != nil {
		t.Fatal(err)
	}
	e := alice.expect(t, "EVENT", "")
	check(e, "spam")
	if aws.ToString(out.Id) != e.ID {
		t.Errorf("DeleteMessage.id = %s, the event's Id is %s", aws.ToString(out.Id), e.ID)
	}
	for name, in := range map[string]ivschat.DeleteMessageInput{
		"an id of 11":     {Id: aws.String("M2YcHkgffEv")},
		"an id with a -":  {Id: aws.String("M2YcHkgff-vU")},
		"an empty reason": {Id: &id, Reason: aws.String("")},
		"a reason of 257": {Id: &id, Reason: aws.String(strings.Repeat("x", 257))},
	} {
		in.RoomIdentifier = &room
		_, err := shared.sdk(region).DeleteMessage(within(t), &in)
		as[*types.ValidationException](t, name, err)
	}
}

func TestDisconnectUser(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	moderator, observer := shared.join(t, room, "moderator", disconnect), shared.join(t, room, "observer", send)

	check := func(e entity, reason string) {
		t.Helper()
		want := fmt.Sprintf(`"EventName":"aws:DISCONNECT_USER","Attributes":{"Reason":%q,"UserId":"bob"}`, reason)
		if !strings.Contains(e.raw, want) {
			t.Errorf("got %s, want %s", e.raw, want)
		}
	}
	round := func(kick func(), request, reason string) {
		t.Helper()
		one, two := shared.join(t, room, "bob"), shared.join(t, room, "bob")
		kick()
		for _, k := range []*socket{one, two} {
			check(k.expect(t, "EVENT", request), reason) // first the event …
			if code := k.closed(t); code != 1000 {       // … then the close
				t.Errorf("the user was disconnected with %d, want 1000", code)
			}
		}
		check(moderator.expect(t, "EVENT", request), reason)
		check(observer.expect(t, "EVENT", request), reason)
	}
	round(func() {
		moderator.say(t, `{"Action":"DISCONNECT_USER","RequestId":"1","UserId":"bob","Reason":"Kicked"}`)
	}, "1", "Kicked")
	// A new token lets him in again, so that there is someone for the next rounds.
	round(func() {
		moderator.say(t, `{"Action":"DISCONNECT_USER","RequestId":"2","UserId":"bob","Reason":null}`)
	}, "2", "")
	round(func() {
		_, err := shared.sdk(region).DisconnectUser(within(t), &ivschat.DisconnectUserInput{RoomIdentifier: &room, UserId: aws.String("bob"), Reason: aws.String("by HTTP")})
		if err != nil {
			t.Fatal(err)
		}
	}, "", "by HTTP")
	// The others are still there, and so is the event for one who isn't.
	moderator.say(t, `{"Action":"DISCONNECT_USER","RequestId":"3","UserId":"bob"}`)
	check(observer.expect(t, "EVENT", "3"), "")
	check(moderator.expect(t, "EVENT", "3"), "")
	// One may disconnect oneself.
	moderator.say(t, `{"Action":"DISCONNECT_USER","RequestId":"4","UserId":"moderator"}`)
	moderator.expect(t, "EVENT", "4")
	if code := moderator.closed(t); code != 1000 {
		t.Errorf("disconnecting oneself closes with %d, want 1000", code)
	}
}

func TestSendEvent(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	one, two := shared.join(t, room, "one"), shared.join(t, room, "two")
	c := shared.sdk(region)
	full := map[string]string{"k": strings.Repeat("x", 4095)}
	for _, in := range []ivschat.SendEventInput{
		{EventName: aws.String("app:poll"), Attributes: map[string]string{"b": "2", "a": "<1>"}},
		{EventName: aws.String(strings.Repeat("é", 100)), Attributes: full},
		{EventName: aws.String("e")},
	} {
		in.RoomIdentifier = &room
		out, err := c.SendEvent(within(t), &in)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []*socket{one, two} {
			e := k.expect(t, "EVENT", "")
			if e.ID != aws.ToString(out.Id) || e.EventName != *in.EventName || len(e.Attributes) != len(in.Attributes) {
				t.Errorf("SendEvent answered %s, the room heard %.200s", aws.ToString(out.Id), e.raw)
			}
			for name, value := range in.Attributes {
				if e.Attributes[name] != value {
					t.Errorf("the attribute %s came as %.80q", name, e.Attributes[name])
				}
			}
		}
	}
	over := map[string]string{"k": strings.Repeat("x", 4096)}
	for name, in := range map[string]ivschat.SendEventInput{
		"no name":              {EventName: aws.String("")},
		"a name of 101":        {EventName: aws.String(strings.Repeat("x", 101))},
		"a name of the system": {EventName: aws.String("aws:DELETE_MESSAGE")},
		"attributes over 4 KB": {EventName: aws.String("e"), Attributes: over},
	} {
		in.RoomIdentifier = &room
		_, err := c.SendEvent(within(t), &in)
		as[*types.ValidationException](t, name, err)
	}
	// Nothing of it was heard.
	if _, err := c.SendEvent(within(t), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("last")}); err != nil {
		t.Fatal(err)
	}
	if e := one.expect(t, "EVENT", ""); e.EventName != "last" {
		t.Errorf("a refused event was heard: %.200s", e.raw)
	}
}

package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/coder/websocket"
)

func TestSendReachesAll(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	alice := shared.join(t, room, "alice", send)
	bob, carol := shared.join(t, room, "bob"), shared.join(t, room, "carol")
	before := time.Now()
	alice.say(t, `{"Action":"SEND_MESSAGE","RequestId":"8fe65e61","Content":"Hi <b>&\u2028é😀","Attributes":{"z":"1","a":"<2>"}}`)
	first := alice.expect(t, "MESSAGE", "8fe65e61")
	for _, k := range []*socket{bob, carol} {
		if e := k.expect(t, "MESSAGE", "8fe65e61"); e.raw != first.raw {
			t.Errorf("one hears %s, another %s", first.raw, e.raw)
		}
	}
	if first.Content != "Hi <b>&\u2028é😀" || first.Attributes["a"] != "<2>" || first.Attributes["z"] != "1" || len(first.Attributes) != 2 {
		t.Errorf("the message came as %s", first.raw)
	}
	if first.Sender.UserID != "alice" || first.Sender.Attributes["name"] != "alice" {
		t.Errorf("the sender of %s is not alice with her attributes", first.raw)
	}
	if at, err := time.Parse(time.RFC3339Nano, first.SendTime); err != nil || at.Before(before.Add(-time.Millisecond)) || at.After(time.Now().Add(time.Millisecond)) {
		t.Errorf("the SendTime of %s is not when it was sent", first.raw)
	}
}

// The frame byte for byte, as captured from the service (behaviour.md §2.4).
func TestMessageBytes(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	k := shared.join(t, room, "u", send)
	want := regexp.MustCompile(`^\{"Type":"MESSAGE","Id":"[a-zA-Z0-9]{12}","RequestId":"","Attributes":null,"Content":"Hi","SendTime":"[^"]+Z","Sender":\{"UserId":"u","Attributes":\{"name":"u"\}\}\}$`)
	for _, text := range []string{
		`{"Action":"SEND_MESSAGE","Content":"Hi"}`,
		`{"Action":"SEND_MESSAGE","Content":"Hi","Attributes":null,"RequestId":null}`,
		`{"action":"SEND_MESSAGE","content":"Hi"}`,
		`{"ACTION":"SEND_MESSAGE","cOnTeNt":"Hi","Unknown":{"x":[1]}}`,
	} {
		k.say(t, text)
		if e := k.next(t); !want.MatchString(e.raw) {
			t.Errorf("%s came as %s, want %v", text, e.raw, want)
		}
	}
	k.say(t, `{"action":"SEND_MESSAGE","content":"Hi","requestId":"r","attributes":{}}`)
	if e := k.expect(t, "MESSAGE", "r"); !strings.Contains(e.raw, `"Attributes":{},"Content"`) {
		t.Errorf("empty attributes came as %s, want {}", e.raw)
	}
	// Escaped as encoding/json does, with which the service is very probably written (§2.2).
	k.message(t, "<b>&\u2028\x7f\b\x01é😀/\"\\", "e")
	if e := k.expect(t, "MESSAGE", "e"); !strings.Contains(e.raw, `"Content":"\u003cb\u003e\u0026\u2028`+"\x7f"+`\b\u0001é😀/\"\\","SendTime"`) {
		t.Errorf("came as %s, want it escaped as encoding/json does", e.raw)
	}
}

// A token that names no attributes gives the sender {} (behaviour.md §2.4): a
// demo of AWS reads them unguarded.
func TestSenderWithoutAttributes(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	r := shared.call(t, "CreateChatToken", `{"roomIdentifier":`+quote(room)+`,"userId":"u","capabilities":["SEND_MESSAGE"]}`)
	token := regexp.MustCompile(`"token":"([^"]+)"`).FindSubmatch(r.body)
	if token == nil {
		t.Fatalf("CreateChatToken: %s", r.body)
	}
	k := shared.connect(t, string(token[1]))
	k.message(t, "hi", "1")
	if e := k.next(t); !strings.Contains(e.raw, `"Sender":{"UserId":"u","Attributes":{}}`) {
		t.Errorf("got %s, want the sender's Attributes as {}", e.raw)
	}
}

func TestLengthInCodePoints(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	k := shared.join(t, room, "u", send)
	for _, r := range []string{"x", "é", "😀", "e\u0301"} {
		n := 500 / len([]rune(r))
		k.message(t, strings.Repeat(r, n), "fits")
		if e := k.expect(t, "MESSAGE", "fits"); e.Content != strings.Repeat(r, n) {
			t.Errorf("500 code points of %q came back changed", r)
		}
		k.message(t, strings.Repeat(r, n)+"x", "over")
		if e := k.refusal(t, "over", 400); e.ErrorMessage != "Message exceeds maximum length" {
			t.Errorf("501 code points of %q: %s, want the text that AWS's demo compares with", r, e.raw)
		}
	}
}

// A room's own limit holds, and a change of it holds at once for those who are
// connected.
func TestRoomLength(t *testing.T) {
	t.Parallel()
	room := shared.room(t, &ivschat.CreateRoomInput{MaximumMessageLength: aws.Int32(5)})
	k := shared.join(t, room, "u", send)
	k.message(t, "12345", "1")
	k.expect(t, "MESSAGE", "1")
	k.message(t, "123456", "2")
	k.refusal(t, "2", 400)
	if _, err := shared.sdk(region).UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &room, MaximumMessageLength: aws.Int32(6)}); err != nil {
		t.Fatal(err)
	}
	k.message(t, "123456", "3")
	k.expect(t, "MESSAGE", "3")
}

func TestMissingCapability(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	viewer := shared.join(t, room, "viewer")
	for i, action := range []string{
		`"Action":"SEND_MESSAGE","Content":"hi"`,
		`"Action":"DELETE_MESSAGE","Id":"M2YcHkgffEvU"`,
		`"Action":"DISCONNECT_USER","UserId":"viewer"`,
	} {
		request := fmt.Sprint(i)
		viewer.say(t, `{`+action+`,"RequestId":"`+request+`"}`)
		viewer.refusal(t, request, 403)
	}
	// Each capability is for its own action alone.
	sender := shared.join(t, room, "sender", send)
	sender.say(t, `{"Action":"DELETE_MESSAGE","Id":"M2YcHkgffEvU","RequestId":"1"}`)
	sender.refusal(t, "1", 403)
	moderator := shared.join(t, room, "moderator", remove, disconnect)
	moderator.message(t, "hi", "2")
	moderator.refusal(t, "2", 403)
}

func TestViewOnly(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	viewer, sender := shared.join(t, room, "viewer"), shared.join(t, room, "sender", send)
	viewer.message(t, "may I?", "no")
	viewer.refusal(t, "no", 403)
	sender.message(t, "hi", "1")
	viewer.expect(t, "MESSAGE", "1")
	sender.expect(t, "MESSAGE", "1") // and not the viewer's attempt
}

// What is malformed is refused with 400; the connection stays (behaviour.md §2.3).
func TestMalformedFrames(t *testing.T) {
	t.Parallel()
	room := shared.room(t, &ivschat.CreateRoomInput{MaximumMessageRatePerSecond: aws.Int32(100)})
	tests := []struct{ text, request string }{
		{`[object Object]`, ""},
		{`[]`, ""},
		{`null`, ""},
		{`"SEND_MESSAGE"`, ""},
		{``, ""},
		{`{}`, ""},
		{`{"Action":"SEND_MESSAGE","Content":"hi"`, ""},
		{`{"Action":"SEND_MESSAGE","Content":"hi"} {}`, ""},
		{`{"Action":"SEND_MESSAGE","Content":"hi"}` + "\x00", ""},
		{"\ufeff" + `{"Action":"SEND_MESSAGE","Content":"hi"}`, ""},
		{`{"Action":"SHOUT","RequestId":"r","Content":"hi"}`, "r"},
		{`{"Action":"send_message","RequestId":"r","Content":"hi"}`, "r"},
		{`{"RequestId":"r","Content":"hi"}`, "r"},
		{`{"Action":"SEND_MESSAGE","RequestId":"r"}`, "r"},
		{`{"Action":"SEND_MESSAGE","RequestId":"r","Content":""}`, "r"},
		{`{"Action":"SEND_MESSAGE","RequestId":"r","Content":null}`, "r"},
		{`{"Action":"SEND_MESSAGE","RequestId":"r","Content":5}`, "r"},
		{`{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hi","Attributes":{"a":1}}`, "r"},
		{`{"Action":"SEND_MESSAGE","RequestId":"r","Content":"hi","Attributes":[]}`, "r"},
		{`{"Action":"DELETE_MESSAGE","RequestId":"r"}`, "r"},
		{`{"Action":"DISCONNECT_USER","RequestId":"r"}`, "r"},
		{`{"Action":"DISCONNECT_USER","RequestId":"r","UserId":""}`, "r"},
	}
	for _, tt := range tests {
		k := shared.join(t, room, "u", send, remove, disconnect)
		k.say(t, tt.text)
		e := k.next(t)
		if e.Type != "ERROR" || e.ErrorCode != 400 || e.RequestID != tt.request {
			t.Errorf("%s is answered by %s, want an ERROR 400", tt.text, e.raw)
		}
		k.message(t, "still here", "after")
		k.expect(t, "MESSAGE", "after")
		_ = k.conn.CloseNow()
	}
	k := shared.join(t, room, "u", send)
	if err := k.conn.Write(within(t), websocket.MessageBinary, []byte(`{"Action":"SEND_MESSAGE","Content":"hi"}`)); err != nil {
		t.Fatal(err)
	}
	k.refusal(t, "", 400)
	k.message(t, "still here", "after")
	k.expect(t, "MESSAGE", "after")
}

// A request that is well formed but for one member still has its RequestId
// answered, since the SDKs wait for it without end (behaviour.md §2.6).
func TestRefusalNamesItsRequest(t *testing.T) {
	t.Parallel()
	k := shared.join(t, shared.room(t, nil), "u", send)
	for i, text := range []string{
		`{"Action":"SHOUT","RequestId":"%d","Content":"hi"}`,
		`{"Action":"SEND_MESSAGE","RequestId":"%d"}`,
		`{"Action":"SEND_MESSAGE","RequestId":"%d","Content":""}`,
		`{"Action":"SEND_MESSAGE","Content":5,"RequestId":"%d"}`,
		`{"Action":"SEND_MESSAGE","Content":"hi","Attributes":{"a":null},"RequestId":"%d"}`,
	} {
		k.say(t, fmt.Sprintf(text, i))
		k.refusal(t, fmt.Sprint(i), 400)
	}
}

func TestAttributesTooBig(t *testing.T) {
	t.Parallel()
	k := shared.join(t, shared.room(t, nil), "u", send)
	with := func(n int, request string) string {
		return fmt.Sprintf(`{"Action":"SEND_MESSAGE","RequestId":%q,"Content":"hi","Attributes":{"k":"%s"}}`, request, strings.Repeat("x", n-1))
	}
	k.say(t, with(1024, "fits"))
	k.expect(t, "MESSAGE", "fits")
	k.say(t, with(1025, "over"))
	k.refusal(t, "over", 413)
	k.say(t, with(2048, "far over"))
	k.refusal(t, "far over", 413)
	k.message(t, "still here", "after")
	k.expect(t, "MESSAGE", "after")
}

// Deleting a room leaves its connections open; what they ask for is 404
// (behaviour.md §3.4).
func TestRoomDeletedWhileConnected(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	k := shared.join(t, room, "u", send, remove, disconnect)
	viewer := shared.open(t, room, "viewer")
	if _, err := shared.sdk(region).DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: &room}); err != nil {
		t.Fatal(err)
	}
	for i, action := range []string{
		`"Action":"SEND_MESSAGE","Content":"hi"`,
		`"Action":"DELETE_MESSAGE","Id":"M2YcHkgffEvU"`,
		`"Action":"DISCONNECT_USER","UserId":"u"`,
	} {
		request := fmt.Sprint(i)
		k.say(t, `{`+action+`,"RequestId":"`+request+`"}`)
		k.refusal(t, request, 404)
	}
	viewer.write(t, 0x89, "open?")
	if first, payload := viewer.read(t); first != 0x8A || payload != "open?" {
		t.Errorf("the viewer of a deleted room hears %x %q, want its pong", first, payload)
	}
}

// The id of an ERROR is never one that was delivered (behaviour.md §0 item 9).
func TestErrorIDsFresh(t *testing.T) {
	t.Parallel()
	k := shared.join(t, shared.room(t, nil), "u", send)
	ids := map[string]bool{}
	for i := range 4 {
		k.message(t, "hi", fmt.Sprint("send", i))
		e := k.expect(t, "MESSAGE", fmt.Sprint("send", i))
		k.say(t, fmt.Sprintf(`{"Action":"DELETE_MESSAGE","Id":%q,"RequestId":"del%d"}`, e.ID, i))
		refusal := k.refusal(t, fmt.Sprint("del", i), 403)
		for _, id := range []string{e.ID, refusal.ID} {
			if ids[id] {
				t.Errorf("the id %s was used twice", id)
			}
			ids[id] = true
		}
	}
}

// Frames of every kind are fit for the strictest client (behaviour.md §0 items
// 3 and 7): each is read through socket.next, which checks it.
func TestFramesSafeForIOS(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	k := shared.join(t, room, "u", send, remove, disconnect)
	kinds := map[string]int{}
	for _, text := range []string{
		`{"Action":"SEND_MESSAGE","Content":"hi"}`,
		`{"Action":"DELETE_MESSAGE","Id":"M2YcHkgffEvU"}`,
		`{"Action":"DISCONNECT_USER","UserId":"nobody"}`,
		`{"Action":"NOTHING"}`,
		`nothing`,
	} {
		k.say(t, text)
		kinds[k.next(t).Type]++
	}
	if _, err := shared.sdk(region).SendEvent(within(t), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("e")}); err != nil {
		t.Fatal(err)
	}
	kinds[k.next(t).Type]++
	if kinds["MESSAGE"] != 1 || kinds["EVENT"] != 3 || kinds["ERROR"] != 2 {
		t.Errorf("heard %v, want 1 MESSAGE, 3 EVENTs and 2 ERRORs", kinds)
	}
}

// Each sender's messages keep their order, and all hear one order.
func TestSenderOrder(t *testing.T) {
	t.Parallel()
	s := start(t, "--dev", "--listen", "127.0.0.1:0", "--quotas", "off")
	room := s.room(t, nil)
	const senders, each = 3, 100
	var sockets []*socket
	for i := range senders {
		sockets = append(sockets, s.join(t, room, fmt.Sprint("s", i), send))
	}
	watcher := s.join(t, room, "watcher")
	for _, k := range sockets {
		go func() {
			for n := range each {
				text := fmt.Sprintf(`{"Action":"SEND_MESSAGE","Content":"%d"}`, n)
				if err := k.conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
					return // the readers below will miss it
				}
			}
		}()
	}
	var orders [senders + 1][]string
	for i, k := range append(sockets, watcher) {
		last := map[string]int{}
		for range senders * each {
			e := k.next(t)
			if e.Content != fmt.Sprint(last[e.Sender.UserID]) {
				t.Fatalf("after %d of %s came %s", last[e.Sender.UserID]-1, e.Sender.UserID, e.raw)
			}
			last[e.Sender.UserID]++
			orders[i] = append(orders[i], e.ID)
		}
		if !slices.Equal(orders[i], orders[0]) {
			t.Errorf("two members heard two orders")
		}
	}
}

func TestRoomsAreApart(t *testing.T) {
	t.Parallel()
	here, there := shared.room(t, nil), shared.room(t, nil)
	a, b := shared.join(t, here, "same", send), shared.join(t, there, "same", send)
	a.message(t, "here", "1")
	a.expect(t, "MESSAGE", "1")
	b.message(t, "there", "2")
	b.expect(t, "MESSAGE", "2") // the first thing heard: "here" did not come
	// Disconnecting the user here leaves the connection there.
	if _, err := shared.sdk(region).DisconnectUser(within(t), &ivschat.DisconnectUserInput{RoomIdentifier: &here, UserId: aws.String("same")}); err != nil {
		t.Fatal(err)
	}
	a.expect(t, "EVENT", "")
	if code := a.closed(t); code != 1000 {
		t.Errorf("close code %d, want 1000", code)
	}
	b.message(t, "still there", "3")
	b.expect(t, "MESSAGE", "3")
}

package messaging

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"parlor/chat"
)

func TestParseAction(t *testing.T) {
	const noJSON = "Request is not a JSON object"
	for _, c := range []struct {
		text    string
		want    action
		problem string
	}{
		{`{"Action":"SEND_MESSAGE","Content":"x"}`, action{name: chat.SendMessage, content: "x"}, ""},
		{" {\t\"ACTION\" :\r\n\"SEND_MESSAGE\" , \"cOnTeNt\":\"x\" } ", action{name: chat.SendMessage, content: "x"}, ""},
		{`{"Action":"DELETE_MESSAGE","Id":"i","Reason":"r"}`, action{name: chat.DeleteMessage, id: "i", reason: "r"}, ""},
		{`{"Action":"DISCONNECT_USER","UserId":"u","Reason":null}`, action{name: chat.DisconnectUser, userID: "u"}, ""},
		{`{"Action":"SEND_MESSAGE","Content":"\u00e9\ud83d\ude00\n\/"}`, action{name: chat.SendMessage, content: "é😀\n/"}, ""},
		{`{"Action":"SEND_MESSAGE","Content":"\ud83d-\ude00\ud83d\u0041"}`, action{name: chat.SendMessage, content: "\uFFFD-\uFFFD\uFFFDA"}, ""},
		{`{"Action":"SEND_MESSAGE","Attributes":{"a":"b","c":""}}`, action{name: chat.SendMessage, attributes: map[string]string{"a": "b", "c": ""}}, ""},
		{`{"Action":"SEND_MESSAGE","Attributes":{}}`, action{name: chat.SendMessage, attributes: map[string]string{}}, ""},
		{`{"x":[{},[],-0.5E+7,true,false,null,"\u0000"],"Action":"SEND_MESSAGE"}`, action{name: chat.SendMessage}, ""},

		{`{}`, action{}, "Action is missing"},
		{`{"Action":null}`, action{}, "Action is missing"},
		{`{"Action":"send_message"}`, action{}, "Unknown action"},
		{`{"Action":7,"RequestId":"r"}`, action{requestID: "r"}, "A member has the wrong type"},
		{`{"Action":"SEND_MESSAGE","Content":{"x":[1]},"RequestId":"r"}`, action{name: chat.SendMessage, requestID: "r"}, "A member has the wrong type"},
		{`{"Action":"SEND_MESSAGE","content":"a","Content":"b"}`, action{name: chat.SendMessage, content: "a"}, "A member is given twice"},
		{`{"Action":"SEND_MESSAGE","Attributes":[]}`, action{name: chat.SendMessage}, "Attributes is not an object"},
		{`{"Action":"SEND_MESSAGE","Attributes":{"a":null}}`, action{name: chat.SendMessage, attributes: map[string]string{}}, "An attribute is not a string"},
		{`{"Action":"SEND_MESSAGE","Attributes":{"a":"b","a":"c"}}`, action{name: chat.SendMessage, attributes: map[string]string{"a": "c"}}, "An attribute is given twice"},

		{``, action{}, noJSON},
		{`[]`, action{}, noJSON},
		{`null`, action{}, noJSON},
		{`[object Object]`, action{}, noJSON},
		{`{"RequestId":"r","Action":"SEND_MESSAGE"} x`, action{name: chat.SendMessage, requestID: "r"}, noJSON},
		{`{"RequestId":"r","Action":"SEND_MESSAGE"}` + "\x00", action{name: chat.SendMessage, requestID: "r"}, noJSON},
		{"\ufeff" + `{"RequestId":"r","Action":"SEND_MESSAGE"}`, action{}, noJSON},
		{`{"RequestId":"r",}`, action{requestID: "r"}, noJSON},
		{`{"RequestId":"r"`, action{requestID: "r"}, noJSON},
		{`{"a":01}`, action{}, noJSON},
		{`{"a":1.}`, action{}, noJSON},
		{`{"a":1e}`, action{}, noJSON},
		{`{"a":+1}`, action{}, noJSON},
		{`{"a":nul}`, action{}, noJSON},
		{`{"Content":nul}`, action{}, noJSON},
		{`{"a":"\x"}`, action{}, noJSON},
		{`{"a":"\u12g4"}`, action{}, noJSON},
		{`{"a":"\ud83d\u12"}`, action{}, noJSON},
		{"{\"a\":\"\n\"}", action{}, noJSON},
		{"{\"a\":\"\\n\n\"}", action{}, noJSON},
		{`{"a":` + strings.Repeat("[", 5000), action{}, noJSON},
		{`{"a":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`, action{}, noJSON},
		{`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `,"Action":"SEND_MESSAGE"}`, action{name: chat.SendMessage}, ""},
		{`{"a":` + strings.Repeat(`{"b":`, 32) + "1" + strings.Repeat("}", 32) + `,"Action":"SEND_MESSAGE"}`, action{}, noJSON},
		{`{"Attributes":{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}}`, action{attributes: map[string]string{}}, noJSON},
	} {
		got, problem := parseAction(c.text)
		same := maps.Equal(got.attributes, c.want.attributes) && (got.attributes == nil) == (c.want.attributes == nil)
		got.attributes, c.want.attributes = nil, nil
		if problem != c.problem || !same || got.name != c.want.name || got.content != c.want.content ||
			got.requestID != c.want.requestID || got.id != c.want.id || got.userID != c.want.userID || got.reason != c.want.reason {
			t.Errorf("parseAction(%.80s) = %+v, %q, want %+v, %q", c.text, got, problem, c.want, c.problem)
		}
	}
}

// FuzzParseAction holds the parser against encoding/json: it must never take
// what that one does not, and understand the same of what both take.
func FuzzParseAction(f *testing.F) {
	for _, s := range []string{
		`{"Action":"SEND_MESSAGE","Content":"x","RequestId":"r","Attributes":{"a":"\u00e9\ud83d"}}`,
		`{"Action":"DELETE_MESSAGE","Id":"i","Reason":null,"x":[1,-2.5e+3,{"y":true}]}`,
		`{"action":"DISCONNECT_USER","userid":"u"} `,
		`{"action":"DISCONNECT_USER","userid":"u"}` + "\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // such a frame never gets here
		}
		a, problem := parseAction(text)
		if problem != "" {
			return
		}
		var want struct {
			Action, RequestID, Content, ID, UserID, Reason string
			Attributes                                     map[string]string
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("taken, but %v", err)
		}
		if string(a.name) != want.Action || a.requestID != want.RequestID || a.content != want.Content ||
			a.id != want.ID || a.userID != want.UserID || a.reason != want.Reason || !maps.Equal(a.attributes, want.Attributes) {
			t.Errorf("got %+v, want %+v", a, want)
		}
	})
}

func TestRate(t *testing.T) {
	var r rate
	now := 1000 * time.Second
	take := func(n int) (got int) {
		for range n {
			if r.allow(now, 10) {
				got++
			}
		}
		return got
	}
	if got := take(20); got != 10 {
		t.Errorf("a full bucket gave %d, want 10", got)
	}
	now += 250 * time.Millisecond
	if got := take(20); got != 2 {
		t.Errorf("after 250 ms: %d, want 2", got)
	}
	now += time.Hour
	if got := take(20); got != 10 {
		t.Errorf("after an hour: %d, want 10", got)
	}
	if !r.allow(now, -1) || r.allow(now, 0) {
		t.Error("no limit is no limit, and a limit of none lets nothing pass")
	}
}

func BenchmarkParseAction(b *testing.B) {
	text := []byte(`{"Action":"SEND_MESSAGE","RequestId":"8fe65e61-0b3c-4b52-9c3e-5a4c1f0c2f11","Content":"` + strings.Repeat("the quick brown fox ", 10) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, problem := parseAction(string(text)); problem != "" {
			b.Fatal(problem)
		}
	}
}

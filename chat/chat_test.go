package chat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestParseARN(t *testing.T) {
	const room = "arn:aws:ivschat:us-west-2:123456789012:room/g1H2I3j4k5L6"
	arn, err := ParseARN(room)
	if err != nil || arn != (ARN{"us-west-2", "123456789012", KindRoom, "g1H2I3j4k5L6"}) || arn.String() != room {
		t.Errorf("ParseARN(%q) = %+v, %v", room, arn, err)
	}
	for _, bad := range []string{
		"", "g1H2I3j4k5L6", "arn:aws:ivschat:us-west-2:123456789012:channel/x", "arn:aws:ivschat:us-west-2:12a:room/x",
		"arn:aws:ivs:us-west-2:123456789012:room/x", "arn:aws:ivschat:US:1:room/x", "arn:aws:ivschat::1:room/x", "arn:aws:ivschat:r::room/x",
		"arn:aws:ivschat:r:1:room/", "arn:aws:ivschat:r:1:room/a/b", "arn:aws:ivschat:r:1:room/a b", room + "\n", "arn:aws-cn:ivschat:r:1:room/x",
		"arn:aws:ivschat:r:1:room/" + strings.Repeat("x", 128),
	} {
		if got, err := ParseARN(bad); err == nil {
			t.Errorf("ParseARN(%q) = %+v, want an error", bad, got)
		}
	}
}

func FuzzParseARN(f *testing.F) {
	f.Add("arn:aws:ivschat:us-west-2:123456789012:room/g1H2I3j4k5L6")
	f.Add("arn:aws:ivschat:r:1:logging-configuration/a-b")
	f.Fuzz(func(t *testing.T, s string) {
		if arn, err := ParseARN(s); err == nil && arn.String() != s {
			t.Errorf("ParseARN(%q).String() = %q", s, arn)
		}
	})
}

func TestValidAccount(t *testing.T) {
	for account, want := range map[string]bool{
		"000000000000": true, "123456789012": true,
		"": false, "12345678901": false, "1234567890123": false, "12345678901a": false, "-12345678901": false, "１２３４": false,
	} {
		if got := ValidAccount(account); got != want {
			t.Errorf("ValidAccount(%q) = %t, want %t", account, got, want)
		}
	}
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if !ValidID(id) || seen[id] {
			t.Fatalf("NewID() = %q, want twelve letters and digits, never twice", id)
		}
		seen[id] = true
	}
	for _, bad := range []string{"", "short", "thirteenchars", "twelve chars", "twelve-chars"} {
		if ValidID(bad) {
			t.Errorf("ValidID(%q) = true", bad)
		}
	}
}

func TestTimesAreNeverWhole(t *testing.T) {
	for _, tt := range []struct {
		nanos int
		want  string
	}{
		{136912720, "2022-12-02T08:25:51.13691272Z"},
		{754555595, "2022-12-02T08:25:51.754555595Z"},
		{500000000, "2022-12-02T08:25:51.5Z"},
		{0, "2022-12-02T08:25:51.000000001Z"},
	} {
		at := time.Date(2022, 12, 2, 9, 25, 51, tt.nanos, time.FixedZone("", 3600))
		if got := string(AppendTime(nil, at)); got != tt.want {
			t.Errorf("AppendTime(%v) = %s, want %s", at, got, tt.want)
		}
	}
}

// TestEntitiesByteForByte holds the frames against those captured from the service.
func TestEntitiesByteForByte(t *testing.T) {
	at := time.Date(2022, 12, 2, 8, 21, 20, 754555595, time.UTC)
	message := Message{
		ID: "M2YcHkgffEvU", RequestID: "8fe65e61", Content: "Hi", SendTime: at,
		Sender: Sender{UserID: "u.55b2", Attributes: map[string]string{"username": "u", "avatar": "https://x/<a>&b"}},
	}
	bare := Message{ID: "M2YcHkgffEvU", Attributes: map[string]string{}, SendTime: at}
	event := Event{
		ID: "IxTh2Ad9fZIr", EventName: EventDeleteMessage, SendTime: at,
		Attributes: map[string]string{"Reason": "r", "MessageID": "m", "MessageId": "m"},
	}
	refusal := Refusal{ID: "IG5mcmlvdGlv", RequestID: "497f", ErrorCode: 400, ErrorMessage: `a "quoted" \ text` + "\n\x01"}
	for _, tt := range []struct {
		got  []byte
		want string
	}{
		{message.AppendJSON(nil), `{"Type":"MESSAGE","Id":"M2YcHkgffEvU","RequestId":"8fe65e61","Attributes":null,"Content":"Hi","SendTime":"2022-12-02T08:21:20.754555595Z","Sender":{"UserId":"u.55b2","Attributes":{"avatar":"https://x/\u003ca\u003e\u0026b","username":"u"}}}`},
		{bare.AppendJSON(nil), `{"Type":"MESSAGE","Id":"M2YcHkgffEvU","RequestId":"","Attributes":{},"Content":"","SendTime":"2022-12-02T08:21:20.754555595Z","Sender":{"UserId":"","Attributes":{}}}`},
		{event.AppendJSON(nil), `{"Type":"EVENT","Id":"IxTh2Ad9fZIr","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"m","MessageId":"m","Reason":"r"},"SendTime":"2022-12-02T08:21:20.754555595Z"}`},
		{refusal.AppendJSON(nil), `{"Type":"ERROR","Id":"IG5mcmlvdGlv","RequestId":"497f","ErrorCode":400,"ErrorMessage":"a \"quoted\" \\ text\n\u0001"}`},
	} {
		if string(tt.got) != tt.want {
			t.Errorf("AppendJSON() =\n%s, want\n%s", tt.got, tt.want)
		}
	}
}

func TestSystemEvents(t *testing.T) {
	at := time.Now()
	deletion := Deletion("M2YcHkgffEvU", "r", "", at)
	if a := deletion.Attributes; a["MessageID"] != "M2YcHkgffEvU" || a["MessageId"] != "M2YcHkgffEvU" || len(a) != 3 || deletion.ID == "M2YcHkgffEvU" {
		t.Errorf("Deletion() = %+v, want both spellings, a reason and an id of its own", deletion)
	}
	kick := Disconnection("ada", "r", "spam", at)
	if a := kick.Attributes; a["UserId"] != "ada" || a["Reason"] != "spam" || len(a) != 2 {
		t.Errorf("Disconnection() = %+v", kick)
	}
}

// FuzzAppendString holds our encoder against encoding/json, byte for byte.
func FuzzAppendString(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\x1f\x7f\b\f\n\r\t\"\\/\u2027\u2028\u2029\u202a🚀\xff")
	f.Add("<b>&amp;\ufffd\xc3\xed\xa0\x80\u0080")
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := AppendString(nil, s); string(got) != string(want) {
			t.Errorf("AppendString(%q) = %s, want %s", s, got, want)
		}
	})
}

func TestPublicHidesTheRest(t *testing.T) {
	inner := NotFound(ARN{"r", "1", KindRoom, "x"})
	if got := Public(inner); got != inner || got.ResourceID != "x" || got.ResourceType != TypeRoom {
		t.Errorf("Public(%v) = %v", inner, got)
	}
	if got := Public(strings.NewReader("secret").UnreadByte()); got.Code != Internal || got.Message != "internal error" {
		t.Errorf("Public(other) = %v, want nothing of the inside", got)
	}
}

func TestTags(t *testing.T) {
	for key, want := range map[string]bool{"aws:x": true, "AWS:x": true, "aws": false, "team": false, "xaws:": false} {
		if got := ReservedTag(key); got != want {
			t.Errorf("ReservedTag(%q) = %v, want %v", key, got, want)
		}
	}
	for text, want := range map[string]bool{"a b_.:/=+-@9é": true, "": true, "a;b": false, "{": false} {
		if got := ValidTagText(text); got != want {
			t.Errorf("ValidTagText(%q) = %v, want %v", text, got, want)
		}
	}
}

func BenchmarkMessageAppendJSON(b *testing.B) {
	m := Message{ID: NewID(), RequestID: "8fe65e61-0000-0000-0000-000000000000", Content: strings.Repeat("x", 100), SendTime: time.Now(), Sender: Sender{UserID: "ada"}}
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = m.AppendJSON(buf[:0])
	}
}

package quota

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, text string) Limits {
	t.Helper()
	l, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		profile string
		name    Name
		want    int
	}{
		{ProfileAWS, "CreateChatToken", 200},
		{ProfileAWS, "UpdateRoom", 5},
		{ProfileAWS, "DeleteLoggingConfiguration", 3},
		{ProfileAWS, "TagResource", 10},
		{ProfileAWS, SendMessage, 1000},
		{ProfileAWS, Connections, 50_000},
		{ProfileDev, "UpdateRoom", Unlimited},
		{ProfileDev, DeleteMessage, 100},
		{ProfileDev, RoomMessages, 100},
		{ProfileDev, LoggingConfigurations, 10},
		{ProfileOff, RoomMessages, Unlimited},
		{ProfileOff, Rooms, Unlimited},
		{ProfileAWS, "no such", Unlimited},
	} {
		l, err := Profile(c.profile)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Of("1", c.name); got != c.want {
			t.Errorf("profile %s, %s = %d, want %d", c.profile, c.name, got, c.want)
		}
	}
	if _, err := Profile("lax"); err == nil {
		t.Error(`Profile("lax") = nil error`)
	}
	if got := New(Config{}).Limit("1", "ListRooms"); got != 5 {
		t.Errorf("zero Config: ListRooms = %d, want 5", got)
	}
}

func TestParse(t *testing.T) {
	l := parse(t, `{"profile":"dev","quotas":{"SendMessage":50},
		"accounts":{"111111111111":{"SendMessage":-1,"Connections":7,"ReviewTimeout":900},"222222222222":{}}}`)
	if one, two := l.ReviewTimeout("111111111111"), l.ReviewTimeout("222222222222"); one != 900*time.Millisecond || two != 0 {
		t.Errorf("ReviewTimeout = %v and %v, want 900ms and none", one, two)
	}
	for _, c := range []struct {
		account string
		name    Name
		want    int
	}{
		{"111111111111", SendMessage, Unlimited},
		{"111111111111", Connections, 7},
		{"111111111111", DeleteMessage, 100},
		{"222222222222", SendMessage, 50},
		{"333333333333", SendMessage, 50},
		{"333333333333", Connections, 50_000},
		{"111111111111", "ListRooms", Unlimited},
	} {
		if got := l.Of(c.account, c.name); got != c.want {
			t.Errorf("account %s, %s = %d, want %d", c.account, c.name, got, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{`{"profile":"lax"}`, "lax"},
		{`{"quotas":{"SendMessages":1}}`, "SendMessages"},
		{`{"quotas":{"SendMessage":-2}}`, "-2"},
		{`{"quotas":{"ReviewTimeout":0}}`, "0 ms"},
		{`{"accounts":{"999999999999":{"Nope":1}}}`, "account 999999999999"},
		{`{"accounts":{"99999999999":{}}}`, "twelve digits"},
		{`{"quota":{}}`, "quota"},
		{`{"quotas":{"Rooms":1,"Rooms":2}}`, "duplicate"},
		{`{`, "quota file"},
	} {
		if _, err := Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Parse(%s) = %v, want an error with %q", c.text, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"profile":"aws","quotas":{"Rooms":1},"accounts":{"111111111111":{"Rooms":-1}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Parse(data)
		if err != nil {
			return
		}
		for _, q := range table() {
			if n := l.Of("1", q.name); n < Unlimited {
				t.Errorf("%s = %d", q.name, n)
			}
		}
	})
}

// Whatever another node asks, it is granted no more than it wants and than there is.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"Key":{"Name":"SendEvent","Account":"1","Region":"r","ID":""},"Rate":10,"Want":3}`))
	f.Add([]byte(`{"Key":{"Name":"Connections","Account":"1"},"Limit":10,"Want":3,"Node":"b"}`))
	f.Add([]byte(`{"Rate":1,"Want":-1}`))
	f.Add([]byte(`{"Peek":true,"Rate":2000000000}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		q := New(Config{Peers: peer{newWire(Limits{}), "a"}})
		reply := q.answer(t.Context(), data)
		var ask question
		if json.Unmarshal(data, &ask) != nil {
			return
		}
		var got answer
		if err := json.Unmarshal(reply, &got); err != nil {
			t.Fatalf("answer(%s) = %s: %v", data, reply, err)
		}
		if got.Got < 0 || ask.Rate > 0 && got.Got > max(0, ask.Want) || ask.Limit > 0 && got.Got > ask.Limit {
			t.Errorf("answer(%s) = %s", data, reply)
		}
	})
}

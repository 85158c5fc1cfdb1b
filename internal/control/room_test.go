package control_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parlor/internal/chattest"
	"parlor/internal/control"
)

const (
	instant  = `<20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z>`
	roomID   = `<[a-zA-Z0-9]{12}>`
	roomARN  = `arn:aws:ivschat:us-west-2:111111111111:room/<[a-zA-Z0-9]{12}>`
	someRoom = "arn:aws:ivschat:us-west-2:111111111111:room/abcdefghijkl"
	handler  = "arn:aws:lambda:us-west-2:111111111111:function:f"
)

func httptimes(r *chattest.Reply) (time.Time, error) { return http.ParseTime(r.Header.Get("Date")) }

func TestRoomLife(t *testing.T) {
	w := newWorld(t)
	r := w.Post(t, "CreateRoom", `{}`)
	want(t, r, 200, `{"arn":"`+roomARN+`","id":"`+roomID+`","name":"","createTime":"`+instant+`","updateTime":"`+instant+`",`+
		`"maximumMessageRatePerSecond":10,"maximumMessageLength":500,"tags":{}}`)
	arn := r.Text("arn")
	if !strings.HasSuffix(arn, "/"+r.Text("id")) {
		t.Errorf("id = %s, want the last part of %s", r.Text("id"), arn)
	}
	want(t, w.Post(t, "GetRoom", `{"identifier":"`+arn+`"}`), 200, r.Body)

	// An update is a patch (behaviour.md §3.3).
	for _, step := range []struct{ change, name, rate, length, handler string }{
		{`"name":"n"`, "n", "10", "500", ""},
		{`"maximumMessageLength":5`, "n", "10", "5", ""},
		{`"maximumMessageRatePerSecond":100`, "n", "100", "5", ""},
		{`"name":""`, "", "100", "5", ""},
		{`"messageReviewHandler":{}`, "", "100", "5", ""},
		{`"messageReviewHandler":null,"name":null`, "", "100", "5", ""},
		{`"messageReviewHandler":{"uri":"` + handler + `"}`, "", "100", "5", `{"uri":"` + handler + `","fallbackResult":"ALLOW"}`},
		{`"messageReviewHandler":{"fallbackResult":"DENY"}`, "", "100", "5", `{"uri":"` + handler + `","fallbackResult":"DENY"}`},
		{`"messageReviewHandler":{"uri":"` + handler + `:1"}`, "", "100", "5", `{"uri":"` + handler + `:1","fallbackResult":"DENY"}`},
		{`"messageReviewHandler":{"uri":""}`, "", "100", "5", `{"uri":"","fallbackResult":"DENY"}`},
	} {
		if step.handler != "" {
			step.handler = `"messageReviewHandler":` + step.handler + `,`
		}
		before := r.Text("updateTime")
		r = w.Post(t, "UpdateRoom", `{"identifier":"`+arn+`",`+step.change+`}`)
		want(t, r, 200, `{"arn":"`+arn+`","id":"`+roomID+`","name":"`+step.name+`","createTime":"`+instant+`","updateTime":"`+instant+`",`+
			`"maximumMessageRatePerSecond":`+step.rate+`,"maximumMessageLength":`+step.length+`,`+step.handler+`"tags":{}}`)
		want(t, w.Post(t, "GetRoom", `{"identifier":"`+arn+`"}`), 200, r.Body)
		if parse(t, r.Text("updateTime")).Compare(parse(t, before)) <= 0 {
			t.Errorf("updateTime = %s, want it after %s", r.Text("updateTime"), before)
		}
	}

	r = w.Post(t, "DeleteRoom", `{"identifier":"`+arn+`"}`)
	want(t, r, 204, ``)
	if got := r.Header.Get("Content-Type"); got != "" {
		t.Errorf("Content-Type of nothing = %q", got)
	}
	for _, op := range []string{"GetRoom", "UpdateRoom", "DeleteRoom"} {
		missing(t, w.Post(t, op, `{"identifier":"`+arn+`"}`), arn)
	}
}

func parse(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestCreateRoomFull(t *testing.T) {
	w := newWorld(t)
	want(t, w.Post(t, "CreateRoom", `{"name":"A-z_9","maximumMessageRatePerSecond":1,"maximumMessageLength":1,"unknown":[1],`+
		`"messageReviewHandler":{"uri":"`+handler+`","fallbackResult":"DENY"},"tags":{"b c":"=","a":""},"loggingConfigurationIdentifiers":[]}`), 200,
		`{"arn":"`+roomARN+`","id":"`+roomID+`","name":"A-z_9","createTime":"`+instant+`","updateTime":"`+instant+`",`+
			`"maximumMessageRatePerSecond":1,"maximumMessageLength":1,"messageReviewHandler":{"uri":"`+handler+`","fallbackResult":"DENY"},`+
			`"tags":{"a":"","b c":"="}}`)
	want(t, w.Post(t, "CreateRoom", ``), 200, `{"arn"<.*>}`)
}

func TestRoomValidation(t *testing.T) {
	w := newWorld(t)
	tags := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`"k%d":"v"`, i))
		}
		return `{` + strings.Join(list, ",") + `}`
	}
	for _, c := range []struct {
		body   string
		fields []string
	}{
		{`{"name":"a b"}`, []string{"name"}},
		{`{"name":"` + strings.Repeat("n", 129) + `"}`, []string{"name"}},
		{`{"maximumMessageRatePerSecond":0}`, []string{"maximumMessageRatePerSecond"}},
		{`{"maximumMessageRatePerSecond":101}`, []string{"maximumMessageRatePerSecond"}},
		{`{"maximumMessageLength":0}`, []string{"maximumMessageLength"}},
		{`{"maximumMessageLength":501}`, []string{"maximumMessageLength"}},
		{`{"messageReviewHandler":{"uri":"http://x"}}`, []string{"messageReviewHandler.uri"}},
		{`{"messageReviewHandler":{"fallbackResult":"MAYBE"}}`, []string{"messageReviewHandler.fallbackResult"}},
		{`{"name":"?","maximumMessageLength":-1,"messageReviewHandler":{"fallbackResult":""}}`, []string{"name", "maximumMessageLength", "messageReviewHandler.fallbackResult"}},
		{`{"tags":` + tags(51) + `}`, []string{"tags"}},
		{`{"tags":{"aws:x":"v"}}`, []string{"tags.key"}},
		{`{"tags":{"":"v"}}`, []string{"tags.key"}},
		{`{"tags":{"k":"a!"}}`, []string{"tags.value"}},
		{`{"loggingConfigurationIdentifiers":["x"]}`, []string{"loggingConfigurationIdentifiers.1.member"}},
	} {
		r := w.Post(t, "CreateRoom", c.body)
		invalid(t, r, c.fields...)
	}
	want(t, w.Post(t, "CreateRoom", `{"tags":`+tags(50)+`}`), 200, `<.*>`)
	for _, id := range []string{"", "abcdefghijkl", "arn:aws:ivschat:us-west-2:111111111111:channel/x", "arn:aws:ivschat:us-west-2:111111111111:logging-configuration/abcdefghijkl"} {
		invalid(t, w.Post(t, "GetRoom", `{"identifier":"`+id+`"}`), "identifier")
	}
	invalid(t, w.Post(t, "GetRoom", `{}`), "identifier")
}

// Rooms of the other account are forbidden, those of another region not there
// (behaviour.md §9.3).
func TestRoomsAreApart(t *testing.T) {
	w := newWorld(t)
	arn := w.room(t, `{"name":"mine"}`)
	other := w.As(chattest.OtherAccount, chattest.Admin)
	body := `{"identifier":"` + arn + `"}`
	for _, op := range []string{"GetRoom", "UpdateRoom", "DeleteRoom"} {
		wantError(t, other.Post(t, op, body), 403, "AccessDeniedException", "")
		missing(t, w.In("eu-west-1").Post(t, op, body), arn)
	}
	for _, c := range []*chattest.Client{other, w.In("eu-west-1")} {
		want(t, c.Post(t, "ListRooms", `{}`), 200, `{"rooms":[]}`)
	}
	want(t, w.Post(t, "GetRoom", body), 200, `{"arn"<.*>`)
}

func TestListRooms(t *testing.T) {
	w := newWorld(t)
	var arns []string
	for i := range 60 {
		arns = append(arns, w.room(t, fmt.Sprintf(`{"name":"r%d"}`, i)))
		if i%7 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
	time.Sleep(5 * time.Millisecond)
	w.Post(t, "UpdateRoom", `{"identifier":"`+arns[3]+`","name":"touched"}`)

	for _, size := range []string{`"maxResults":7,`, ``, `"maxResults":50,`, `"maxResults":1,`} {
		var seen []string
		last, token, pages := time.Now().Add(time.Hour), "", 0
		for {
			r := w.Post(t, "ListRooms", `{`+size+`"nextToken":"`+token+`"}`)
			rooms, _ := r.Member("rooms").([]any)
			for _, room := range rooms {
				m, _ := room.(map[string]any)
				at := parse(t, m["updateTime"].(string))
				if at.After(last) {
					t.Errorf("%v is listed after one of %v", m, last)
				}
				last = at
				seen = append(seen, m["arn"].(string))
				if _, ok := m["maximumMessageLength"]; ok {
					t.Errorf("summary %v has a maximum", m)
				}
			}
			pages++
			if token = r.Text("nextToken"); token == "" {
				if strings.Contains(r.Body, "nextToken") {
					t.Errorf("last page %s has a token", r.Body)
				}
				break
			}
		}
		if seen[0] != arns[3] {
			t.Errorf("first = %s, want the one touched last", seen[0])
		}
		slices.Sort(seen)
		if got := len(slices.Compact(seen)); got != 60 {
			t.Errorf("%s: %d rooms on %d pages, want each once", size, got, pages)
		}
	}
}

func TestListRoomsFilters(t *testing.T) {
	w := newWorld(t)
	logging := w.Post(t, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}}}`).Text("arn")
	a := w.room(t, `{"name":"a","messageReviewHandler":{"uri":"`+handler+`"}}`)
	b := w.room(t, `{"name":"b","loggingConfigurationIdentifiers":["`+logging+`"]}`)
	w.room(t, `{"name":"c"}`)
	for _, c := range []struct {
		filter string
		want   []string
	}{
		{`"name":"a"`, []string{a}},
		{`"name":"A"`, nil},
		{`"messageReviewHandlerUri":"` + handler + `"`, []string{a}},
		{`"loggingConfigurationIdentifier":"` + logging + `"`, []string{b}},
		{`"loggingConfigurationIdentifier":"` + logging[:len(logging)-4] + `xxxx"`, nil},
		{`"name":"b","loggingConfigurationIdentifier":"` + logging + `"`, []string{b}},
		{`"name":"b","messageReviewHandlerUri":"` + handler + `"`, nil},
	} {
		r := w.Post(t, "ListRooms", `{`+c.filter+`}`)
		var got []string
		rooms, _ := r.Member("rooms").([]any)
		for _, room := range rooms {
			got = append(got, room.(map[string]any)["arn"].(string))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("ListRooms(%s) = %v, want %v", c.filter, got, c.want)
		}
	}
}

// A page token is good for the query that it came from, and nothing else is a token.
func TestPageTokens(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.room(t, `{"name":"r"}`)
	}
	token := w.Post(t, "ListRooms", `{"maxResults":1}`).Text("nextToken")
	for _, body := range []string{
		`{"nextToken":"` + token + `","name":"r"}`,
		`{"nextToken":"` + token + `="}`,
		`{"nextToken":"` + strings.ToUpper(token) + `"}`,
		`{"nextToken":"x"}`, `{"nextToken":"AAAA"}`,
	} {
		invalid(t, w.Post(t, "ListRooms", body), "nextToken")
	}
	invalid(t, w.In("eu-west-1").Post(t, "ListRooms", `{"nextToken":"`+token+`"}`), "nextToken")
	invalid(t, w.Post(t, "ListRooms", `{"maxResults":0,"nextToken":"`+strings.Repeat("x", 1025)+`"}`), "nextToken", "maxResults")
	invalid(t, w.Post(t, "ListRooms", `{"maxResults":51}`), "maxResults")
	want(t, w.Post(t, "ListRooms", `{"maxResults":50,"nextToken":"`+token+`"}`), 200, `{"rooms":[{<.*>},{<.*>}]}`)
}

func TestRoomQuota(t *testing.T) {
	w := newWorldWith(t, `{"profile":"dev","quotas":{"Rooms":2}}`, control.Config{})
	arn := w.room(t, `{}`)
	w.room(t, `{}`)
	wantError(t, w.Post(t, "CreateRoom", `{}`), 402, "ServiceQuotaExceededException", `,"resourceId":"111111111111","resourceType":"ROOM","limit":2`)
	w.Post(t, "DeleteRoom", `{"identifier":"`+arn+`"}`)
	w.room(t, `{}`)
	want(t, w.In("eu-west-1").Post(t, "CreateRoom", `{}`), 200, `<.*>`)
}

// The connections of a deleted room stay, unless the operator wants otherwise.
func TestDeletedRoomsConnections(t *testing.T) {
	for _, closes := range []bool{false, true} {
		w := newWorldWith(t, `{"profile":"dev"}`, control.Config{CloseDeleted: closes})
		arn := w.room(t, `{}`)
		want(t, w.Post(t, "DeleteRoom", `{"identifier":"`+arn+`"}`), 204, ``)
		said := w.hub.Said()
		if closed := len(said) == 1 && said[0].Room.String() == arn && said[0].Closed != ""; closed != closes {
			t.Errorf("CloseDeleted %v: said %v", closes, said)
		}
	}
}

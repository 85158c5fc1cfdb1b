package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"parlor/api"
	"parlor/chat"
)

// Whatever decode accepts, another reader of JSON understands in the same way; what it
// refuses it refuses as SerializationException.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"name":"a","tags":{"k":"v"},"messageReviewHandler":{"uri":""}}`,
		`{"name":"a","name":"b"}`, `{"maximumMessageLength":1e2}`, `[]`, `{"name":"\ud83d\ude00"} `, `{"tags":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in api.CreateRoomInput
		if err := decode(body, &in); err != nil {
			if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.Serialization || e.Message == "" {
				t.Errorf("decode(%q) = %v", body, err)
			}
			return
		}
		if len(body) == 0 {
			return
		}
		var other map[string]json.RawMessage
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(&other); err != nil {
			t.Errorf("decode(%q) = %+v, but encoding/json: %v", body, in, err)
		}
		var name *string
		if text, ok := other["name"]; ok && json.Unmarshal(text, &name) != nil || (name == nil) != (in.Name == nil) || name != nil && *name != *in.Name {
			t.Errorf("decode(%q): name = %v, encoding/json has %s", body, in.Name, other["name"])
		}
		api.CreateRoom.Check(&in)
		unstated(&in)
	})
}

func FuzzPosition(f *testing.F) {
	f.Add("", "q")
	f.Add(position{time.Unix(1, 2), "abc"}.encode("q"), "q")
	f.Fuzz(func(t *testing.T, token, query string) {
		p, ok := decodePosition(token, query)
		if !ok {
			return
		}
		if again, ok := decodePosition(p.encode(query), query); !ok || again.compare(p) != 0 {
			t.Errorf("%q reads as %v, and written again as %v, %v", token, p, again, ok)
		}
		if _, ok := decodePosition(token, query+"x"); ok {
			t.Errorf("%q is good for two queries", token)
		}
		if strings.ContainsAny(token, "=+/") {
			t.Errorf("%q is accepted", token)
		}
	})
}

package review

import (
	"testing"

	"parlor/chat"
)

// Whatever a handler answers, it is refused or within the limits of a message.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"ReviewResult":"ALLOW","Content":"x","Attributes":{"a":"b"}}`), 500)
	f.Add([]byte(`{"ReviewResult":"DENY"}`), 1)
	f.Add([]byte(`null`), 0)
	f.Fuzz(func(t *testing.T, answer []byte, maxLength int) {
		v, err := parse(answer, maxLength)
		if err != nil {
			if classOf(err) != response {
				t.Errorf("%q: %v", answer, err)
			}
			return
		}
		msg, err := v.apply(chat.Message{Content: "original"})
		if v.denied != (err != nil) {
			t.Errorf("%q: denied %t, %v", answer, v.denied, err)
		}
		if n := chat.Length(msg.Content); !v.denied && (n < 1 || n > chat.MaxMessageLength && n > maxLength) {
			t.Errorf("%q: content of %d", answer, n)
		}
		if err != nil && len(err.Error()) > maxReason {
			t.Errorf("a reason of %d bytes", len(err.Error()))
		}
	})
}

package talk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A frame is what the service sends (behaviour.md §2.4).
type frame struct {
	Type       string
	ID         string `json:"Id"`
	RequestID  string `json:"RequestId"`
	Content    string
	EventName  string
	Attributes map[string]string
	SendTime   time.Time
	Sender     struct {
		UserID     string `json:"UserId"`
		Attributes map[string]string
	}
	ErrorCode    int
	ErrorMessage string
}

// unauthorized is the error code that ends a session: the client comes back with a
// new token.
const unauthorized = 401

// receive shows a frame and says whether the client must come back.
func (c *conversation) receive(text []byte) (comeBack bool) {
	var f frame
	if err := json.Unmarshal(text, &f); err != nil {
		c.note("a frame came that is none: " + err.Error())
		return false
	}
	delete(c.pending, f.RequestID)
	if c.JSON {
		c.Show(string(text))
	} else {
		c.Show(f.String())
	}
	return f.Type == "ERROR" && f.ErrorCode == unauthorized
}

// String returns f as a line for people. What others wrote can't steer the
// terminal: control characters are dropped.
func (f frame) String() string {
	at := f.SendTime.Local().Format(time.TimeOnly)
	switch f.Type {
	case "MESSAGE":
		return clean(fmt.Sprintf("%s %s %s: %s%s", at, f.ID, f.name(), f.Content, attributes(f.Attributes)))
	case "EVENT":
		reason := ""
		if r := f.Attributes["Reason"]; r != "" {
			reason = " (" + r + ")"
		}
		switch f.EventName {
		case "aws:DELETE_MESSAGE":
			return clean(fmt.Sprintf("%s -- message %s was deleted%s", at, f.Attributes["MessageID"], reason))
		case "aws:DISCONNECT_USER":
			return clean(fmt.Sprintf("%s -- %s was disconnected%s", at, f.Attributes["UserId"], reason))
		}
		return clean(fmt.Sprintf("%s -- event %s%s", at, f.EventName, attributes(f.Attributes)))
	case "ERROR":
		return clean(fmt.Sprintf("!! error %d: %s", f.ErrorCode, f.ErrorMessage))
	}
	return clean("-- " + f.Type)
}

// name returns how the sender is shown: the display name of the token, if any,
// and the user id.
func (f frame) name() string {
	for _, key := range []string{"displayName", "username", "name"} {
		if n := f.Sender.Attributes[key]; n != "" {
			return n + " <" + f.Sender.UserID + ">"
		}
	}
	return f.Sender.UserID
}

func attributes(m map[string]string) string {
	var list []string
	for k, v := range m {
		list = append(list, k+"="+v)
	}
	if list == nil {
		return ""
	}
	slices.Sort(list)
	return " [" + strings.Join(list, " ") + "]"
}

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200d':
			return -1
		}
		return r
	}, s)
}

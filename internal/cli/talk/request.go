package talk

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// errQuit is what /quit comes to.
var errQuit = errors.New("quit")

// A request is an action as a frame, and the id its answer will carry.
type request struct {
	id    string
	frame []byte
}

// An action is what a client may ask for; members that are empty are not sent.
type action struct {
	Action     string            `json:"Action"`
	RequestID  string            `json:"RequestId"`
	Content    *string           `json:"Content,omitempty"`
	Attributes map[string]string `json:"Attributes,omitempty"`
	ID         string            `json:"Id,omitempty"`
	UserID     string            `json:"UserId,omitempty"`
	Reason     string            `json:"Reason,omitempty"`
}

// request makes the request that a line asks for, or nil if it asks for none.
func (c *conversation) request(line string) (*request, error) {
	if c.JSON {
		return fromJSON(line)
	}
	line = strings.TrimRight(line, "\r\n")
	if strings.TrimSpace(line) == "" {
		return nil, nil
	}
	if !strings.HasPrefix(line, "/") || strings.HasPrefix(line, "//") {
		text := strings.TrimPrefix(line, "/") // //me says /me
		return encode(action{Action: "SEND_MESSAGE", Content: &text})
	}
	word, rest, _ := strings.Cut(line, " ")
	what, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
	switch word {
	case "/quit":
		return nil, errQuit
	case "/delete":
		if what == "" {
			return nil, errors.New("/delete takes a message's id, and a reason if you like")
		}
		return encode(action{Action: "DELETE_MESSAGE", ID: what, Reason: strings.TrimSpace(reason)})
	case "/kick":
		if what == "" {
			return nil, errors.New("/kick takes a user's id, and a reason if you like")
		}
		return encode(action{Action: "DISCONNECT_USER", UserID: what, Reason: strings.TrimSpace(reason)})
	}
	return nil, errors.New("type a message, /delete ID [reason], /kick USER [reason], or /quit; //… sends a line that begins with /")
}

// fromJSON reads a line of the pipe mode: an action, its Action and RequestId
// added where they are missing, or a string to say.
func fromJSON(line string) (*request, error) {
	line = strings.TrimSpace(line)
	if line == "" {
		return nil, nil
	}
	var text string
	if json.Unmarshal([]byte(line), &text) == nil {
		return encode(action{Action: "SEND_MESSAGE", Content: &text})
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &members); err != nil || members == nil {
		return nil, fmt.Errorf("a line must be a JSON string or object: %w", err)
	}
	if _, ok := members["Action"]; !ok {
		members["Action"] = json.RawMessage(`"SEND_MESSAGE"`)
	}
	var id string
	if raw, ok := members["RequestId"]; !ok || json.Unmarshal(raw, &id) != nil || id == "" {
		id = newID()
		members["RequestId"] = json.RawMessage(`"` + id + `"`)
	}
	frame, err := json.Marshal(members)
	return &request{id, frame}, err
}

func encode(a action) (*request, error) {
	a.RequestID = newID()
	frame, err := json.Marshal(a)
	return &request{a.RequestID, frame}, err
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/coder/websocket"
)

// An entity is a frame of the Messaging API, whatever its kind.
type entity struct {
	Type       string
	ID         string `json:"Id"`
	RequestID  string `json:"RequestId"`
	EventName  string
	Attributes map[string]string
	Content    string
	Sender     struct {
		UserID string `json:"UserId"`
	}
	ErrorCode    int
	ErrorMessage string

	at time.Time
}

// A member is one person in a room: a connection, all it heard, and what it said.
type member struct {
	t    *testing.T
	user string
	node *node
	conn *websocket.Conn
	gone chan struct{} // closed when the connection is

	mu       sync.Mutex // guards the following
	heard    []entity
	accepted map[int]time.Time // what it said and heard itself say
	said     map[int]time.Time // what it said, heard or not
	last     int               // number said last
	ended    error
	endAt    time.Time
}

// token mints a token at the node.
func (n *node) token(room, user string) (string, error) {
	ctx, cancel := context.WithTimeout(n.t.Context(), 10*time.Second)
	defer cancel()
	out, err := n.control(3).CreateChatToken(ctx, &ivschat.CreateChatTokenInput{
		RoomIdentifier: &room, UserId: &user, Capabilities: []types.ChatTokenCapability{
			types.ChatTokenCapabilitySendMessage, types.ChatTokenCapabilityDeleteMessage, types.ChatTokenCapabilityDisconnectUser,
		},
	})
	if err != nil {
		return "", err
	}
	return *out.Token, nil
}

// enter connects to n with a token that at minted.
func enter(t *testing.T, room, user string, at, n *node) (*member, error) {
	t.Helper()
	token, err := at.token(room, user)
	if err != nil {
		return nil, fmt.Errorf("token at %s: %w", at.id, err)
	}
	return n.spend(t, user, token)
}

// spend connects with a token.
func (n *node) spend(t *testing.T, user, token string) (*member, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, n.endpoint(), &websocket.DialOptions{Subprotocols: []string{token}})
	if err != nil {
		if resp != nil {
			return nil, statusError(resp.StatusCode)
		}
		return nil, err
	}
	m := &member{t: t, user: user, node: n, conn: conn, gone: make(chan struct{}), accepted: map[int]time.Time{}, said: map[int]time.Time{}}
	go m.listen()
	t.Cleanup(func() { _ = conn.CloseNow(); <-m.gone })
	return m, nil
}

type statusError int

func (s statusError) Error() string { return fmt.Sprint("refused with status ", int(s)) }

// must is for members that have to get in.
func must(t *testing.T) func(*member, error) *member {
	t.Helper()
	return func(m *member, err error) *member {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func (m *member) listen() {
	defer close(m.gone)
	for {
		_, frame, err := m.conn.Read(context.Background())
		if err != nil {
			m.mu.Lock()
			m.ended, m.endAt = err, time.Now()
			m.mu.Unlock()
			return
		}
		e := entity{at: time.Now()}
		if err := json.Unmarshal(frame, &e); err != nil {
			m.t.Errorf("%s hears what is no JSON: %q", m.user, frame)
		}
		m.mu.Lock()
		m.heard = append(m.heard, e)
		if who, number, ok := spoken(e); ok && who == m.user {
			m.accepted[number] = e.at
		}
		m.mu.Unlock()
	}
}

// say says the member's next numbered sentence.
func (m *member) say() error {
	m.mu.Lock()
	m.last++
	n := m.last
	m.said[n] = time.Now()
	m.mu.Unlock()
	return m.act(map[string]any{"Action": "SEND_MESSAGE", "RequestId": fmt.Sprint(n), "Content": fmt.Sprintf("%s %d", m.user, n)})
}

func (m *member) act(action map[string]any) error {
	frame, err := json.Marshal(action)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return m.conn.Write(ctx, websocket.MessageText, frame)
}

// speak says something every so often until stop, or the connection ends.
func (m *member) speak(every time.Duration, stop <-chan struct{}) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-m.gone:
			return
		case <-t.C:
			if m.say() != nil {
				return
			}
		}
	}
}

// spoken reads a sentence of ours.
func spoken(e entity) (user string, n int, ok bool) {
	if e.Type != "MESSAGE" || e.Sender.UserID != strings.Split(e.Content, " ")[0] {
		return "", 0, false
	}
	_, err := fmt.Sscanf(e.Content, e.Sender.UserID+" %d", &n)
	return e.Sender.UserID, n, err == nil
}

// all returns what the member heard so far.
func (m *member) all() []entity {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.heard)
}

// sure returns what the member said and heard itself say.
func (m *member) sure() map[int]time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.accepted)
}

// saidAt returns when the member said what it said.
func (m *member) saidAt() map[int]time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.said)
}

// await waits for an entity that the member has heard or will hear.
func (m *member) await(what string, is func(entity) bool) entity {
	m.t.Helper()
	var found entity
	eventually(m.t, 15*time.Second, m.user+" hears "+what, func() bool {
		for _, e := range m.all() {
			if is(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// hears waits for a text.
func (m *member) hears(text string) entity {
	m.t.Helper()
	return m.await(text, func(e entity) bool { return e.Type == "MESSAGE" && e.Content == text })
}

// judge reads every frame that listener heard: no id twice, every sender's sentences in
// order, and, between the first and the last heard of a speaker, none missing that the
// speaker heard itself, unless excused.
func judge(t *testing.T, listener *member, speakers []*member, excused func(speaker *member, n int, at time.Time) bool) {
	t.Helper()
	ids := make(map[string]bool)
	got := make(map[string][]int)
	for _, e := range listener.all() {
		if ids[e.ID] {
			t.Errorf("%s@%s hears id %s twice", listener.user, listener.node.id, e.ID)
		}
		ids[e.ID] = true
		if user, n, ok := spoken(e); ok {
			got[user] = append(got[user], n)
		}
	}
	for _, s := range speakers {
		numbers := got[s.user]
		if !slices.IsSorted(numbers) {
			t.Errorf("%s@%s hears %s out of order: %v", listener.user, listener.node.id, s.user, numbers)
		}
		if len(numbers) == 0 {
			continue
		}
		have := make(map[int]bool, len(numbers))
		for _, n := range numbers {
			have[n] = true
		}
		for n, at := range s.sure() {
			if n > numbers[0] && n < numbers[len(numbers)-1] && !have[n] && (excused == nil || !excused(s, n, at)) {
				t.Errorf("%s@%s misses %s %d", listener.user, listener.node.id, s.user, n)
			}
		}
	}
}

// complete adds to judge that the listener heard everything of a speaker from the time
// from on, to the last sentence.
func complete(t *testing.T, listener *member, speakers []*member, from time.Time) {
	t.Helper()
	for _, s := range speakers {
		for n, at := range s.sure() {
			if at.Before(from) {
				continue
			}
			eventually(t, 10*time.Second, fmt.Sprintf("%s@%s hears %s %d", listener.user, listener.node.id, s.user, n), func() bool {
				return slices.ContainsFunc(listener.all(), func(e entity) bool {
					user, number, ok := spoken(e)
					return ok && user == s.user && number == n
				})
			})
		}
	}
}

// ends waits until the connection is gone, and says whether by a close frame.
func (m *member) ends(within time.Duration) (closed bool) {
	m.t.Helper()
	select {
	case <-m.gone:
	case <-time.After(within):
		m.t.Fatalf("%s@%s is still connected after %v", m.user, m.node.id, within)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var c websocket.CloseError
	return errors.As(m.ended, &c)
}

func (m *member) endedAt() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.endAt
}

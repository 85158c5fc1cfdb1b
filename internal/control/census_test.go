package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/chattest"
	"parlor/internal/control"
	"parlor/internal/quota"
	"parlor/internal/room"
)

// seats are the connections of one node.
type seats map[chat.ARN][]room.Info

func (s seats) Connections(a chat.ARN) []room.Info { return s[a] }

func (s seats) Count() (rooms, connections int) {
	for _, all := range s {
		rooms, connections = rooms+1, connections+len(all)
	}
	return rooms, connections
}

// maxAnswer is how much NATS carries at once.
const maxAnswer = 1 << 20

// nodes are the nodes a, b and c; c is silent.
type nodes struct {
	id     string
	census map[string]*control.Census
}

func (n nodes) ID() string    { return n.id }
func (nodes) Nodes() []string { return []string{"c", "a", "b"} }

func (n nodes) Ask(ctx context.Context, node, subject string, data []byte) ([]byte, error) {
	c := n.census[node]
	if c == nil || subject != control.CensusSubject {
		return nil, errors.New("no answer")
	}
	answer := c.Answer(ctx, data)
	if len(answer) > maxAnswer {
		return nil, errors.New("the answer is too large")
	}
	return answer, nil
}

func newCensus(t *testing.T, w *world) chat.ARN {
	t.Helper()
	a, err := chat.ParseARN(w.room(t, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*control.Census{}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, id := range []string{"a", "b"} {
		s := seats{}
		for j := range 2 {
			s[a] = append(s[a], room.Info{
				UserID: fmt.Sprintf("user%d%d", i, j), Capabilities: []chat.Capability{chat.SendMessage},
				Connected: start.Add(time.Duration(2*i+j) * time.Minute), SessionExpires: start.Add(time.Hour),
			})
		}
		all[id] = &control.Census{
			Cluster: nodes{id, all}, Seats: s, Usage: quota.New(quota.Config{}), Version: "1.2.3", Start: start,
			Ready: func() error {
				if id == "b" {
					return errors.New("draining")
				}
				return nil
			},
		}
	}
	all["a"].Mount(w.server)
	return a
}

func TestListConnections(t *testing.T) {
	w := newWorld(t)
	arn := newCensus(t, w).String()
	r := w.Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+arn+`","maxResults":3}`)
	line := func(user, minute, node string) string {
		return `{"userId":"` + user + `","connectTime":"2026-01-02T03:` + minute + `:05.000000001Z","capabilities":["SEND_MESSAGE"],` +
			`"sessionExpirationTime":"2026-01-02T04:04:05.000000001Z","node":"` + node + `"}`
	}
	want(t, r, 200, `{"connections":[`+line("user11", "07", "b")+`,`+line("user10", "06", "b")+`,`+line("user01", "05", "a")+`],"nextToken":"<.+>"}`)
	token := r.Text("nextToken")
	want(t, w.Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+arn+`","nextToken":"`+token+`"}`), 200, `{"connections":[`+line("user00", "04", "a")+`]}`)
	empty := w.room(t, `{}`)
	want(t, w.Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+empty+`"}`), 200, `{"connections":[]}`)
	invalid(t, w.Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+empty+`","nextToken":"`+token+`"}`), "nextToken")

	invalid(t, w.Post(t, "parlor/ListConnections", `{"maxResults":0}`), "roomIdentifier", "maxResults")
	missing(t, w.Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+someRoom+`"}`), someRoom)
	missing(t, w.In("eu-west-1").Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+arn+`"}`), arn)
	wantError(t, w.As(chattest.OtherAccount, chattest.Admin).Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+arn+`"}`), 403, "AccessDeniedException", "")
	wantError(t, w.As(chattest.Account, chattest.Reader).Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+arn+`"}`), 403, "AccessDeniedException", "")
}

// TestListCrowd pages through more connections than one node can tell another at once:
// none is left out, none comes twice.
func TestListCrowd(t *testing.T) {
	w := newWorld(t)
	a, err := chat.ParseARN(w.room(t, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	const each = 2500
	all, now := map[string]*control.Census{}, time.Now()
	for i, id := range []string{"a", "b"} {
		s := seats{}
		for j := range each {
			s[a] = append(s[a], room.Info{
				// As long in JSON as a user's name can be.
				UserID: strings.Repeat("\x01", 120) + fmt.Sprint(i, "/", j), SessionExpires: now.Add(time.Hour),
				Capabilities: []chat.Capability{chat.SendMessage, chat.DeleteMessage, chat.DisconnectUser},
				Connected:    now.Add(time.Duration(j) * time.Second),
			})
		}
		all[id] = &control.Census{Cluster: nodes{id, all}, Seats: s, Usage: quota.New(quota.Config{}), Ready: func() error { return nil }}
	}
	all["a"].Mount(w.server)
	seen, token := map[string]bool{}, ""
	for range 2*each/1000 + 1 {
		r := w.Post(t, "parlor/ListConnections", `{"roomIdentifier":"`+a.String()+`","nextToken":"`+token+`"}`)
		var page struct {
			Connections []struct{ UserID string }
			NextToken   string
		}
		if err := json.Unmarshal([]byte(r.Body), &page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Connections {
			if seen[c.UserID] {
				t.Fatalf("%q is listed twice", c.UserID)
			}
			seen[c.UserID] = true
		}
		if token = page.NextToken; token == "" {
			break
		}
	}
	if len(seen) != 2*each || token != "" {
		t.Errorf("%d connections listed, want %d; then comes %q", len(seen), 2*each, token)
	}
}

func TestGetStatus(t *testing.T) {
	w := newWorld(t)
	newCensus(t, w)
	r := w.Post(t, "parlor/GetStatus", `{}`)
	start := `"startTime":"2026-01-02T03:04:05.000000001Z"`
	want(t, r, 200, `{"nodes":[{"id":"a","version":"1.2.3",`+start+`,"connections":2,"rooms":1,"ready":true},`+
		`{"id":"b","version":"1.2.3",`+start+`,"connections":2,"rooms":1,"ready":false,"reason":"draining"},`+
		`{"id":"c","connections":0,"rooms":0,"ready":false,"reason":"The node doesn't answer."}],"quotas":[<.*>]}`)
	for _, part := range []string{`{"name":"Rooms","used":1,"limit":50000}`, `{"name":"LoggingConfigurations","used":0,"limit":10}`, `{"name":"CreateChatToken","used":0,"limit":200}`} {
		if !strings.Contains(r.Body, part) {
			t.Errorf("quotas lack %s: %s", part, r.Body)
		}
	}
	wantError(t, w.As(chattest.Account, chattest.Reader).Post(t, "parlor/GetStatus", `{}`), 403, "AccessDeniedException", "")
	wantError(t, w.Do(t, "GET", "/parlor/GetStatus", ``), 405, "UnknownOperationException", "")
}

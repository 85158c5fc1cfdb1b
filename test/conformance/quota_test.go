package conformance

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

// limited starts a server with the quotas of a profile but for some.
func limited(t *testing.T, profile, quotas string) *server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "quotas.json")
	if err := os.WriteFile(file, fmt.Appendf(nil, `{"profile":%q,"quotas":{%s}}`, profile, quotas), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, "--dev", "--listen", "127.0.0.1:0", "--quotas", file)
}

// tally reads n entities and counts them by kind; what is refused is refused for
// its rate.
func (k *socket) tally(t *testing.T, n int) (heard, refused int) {
	t.Helper()
	for range n {
		e := k.next(t)
		switch {
		case e.Type != "ERROR":
			heard++
		case e.ErrorCode == 429 && e.ErrorMessage == "rate limit exceeded":
			refused++
		default:
			t.Errorf("got %s, want a message or an ERROR 429", e.raw)
		}
	}
	return heard, refused
}

// between holds a count that the clock has a hand in.
func between(t *testing.T, what string, got, low, high int) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %d, want %d to %d", what, got, low, high)
	}
}

// since is how many more than a bucket's size can have passed by now.
func since(began time.Time, rate int) int { return int(time.Since(began).Seconds()*float64(rate)) + 1 }

// Ten requests a second of one connection, whatever they are, and the eleventh
// is refused (behaviour.md §6). It is not heard by others.
func TestConnectionRate(t *testing.T) {
	t.Parallel()
	room := shared.room(t, &ivschat.CreateRoomInput{MaximumMessageRatePerSecond: aws.Int32(100)})
	k := shared.join(t, room, "u", send)
	heard, refused := 0, 0
	began := time.Now()
	for refused == 0 && time.Since(began) < patience { // again, if a burst took so long that it was none
		for i := range 30 {
			k.message(t, "hi", fmt.Sprint(i))
		}
		h, r := k.tally(t, 30)
		heard, refused = heard+h, refused+r
	}
	between(t, "messages of one connection in a burst", heard, 10, 10+since(began, 10))
	if refused == 0 {
		t.Errorf("of %d messages in a row none is refused", heard)
	}
}

// A room takes ten messages a second by default, whoever they are from.
func TestRoomRate(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	watcher := shared.join(t, room, "watcher", send)
	var sockets []*socket
	for i := range 4 {
		sockets = append(sockets, shared.join(t, room, fmt.Sprint("s", i), send))
	}
	began := time.Now()
	for i := range 8 {
		for n, k := range sockets {
			k.message(t, "hi", fmt.Sprint(n, "-", i))
		}
	}
	refused, heard := 0, 0
	for _, k := range sockets {
		// Each hears what all said, and its own refusals.
		for answered := 0; answered < 8; {
			e := k.next(t)
			if e.Type == "ERROR" {
				if e.ErrorCode != 429 || e.ErrorMessage != "rate limit exceeded" {
					t.Errorf("got %s, want an ERROR 429", e.raw)
				}
				refused, answered = refused+1, answered+1
				continue
			}
			for n := range sockets {
				if k == sockets[n] && e.Sender.UserID == fmt.Sprint("s", n) {
					heard, answered = heard+1, answered+1
				}
			}
		}
	}
	between(t, "messages to one room in a burst of 32", heard, 10, 10+since(began, 10))
	if heard+refused != 32 {
		t.Errorf("%d heard and %d refused, want 32 together", heard, refused)
	}
	if n, _ := watcher.tally(t, heard); n != heard {
		t.Errorf("the watcher heard %d, want %d and no refusal", n, heard)
	}
}

// An account's rates span its rooms, and deletes by socket and by HTTP draw on
// the same.
func TestAccountRates(t *testing.T) {
	t.Parallel()
	s := limited(t, "dev", `"SendMessage":3,"DeleteMessage":3,"DisconnectUser":3`)
	one, two := s.room(t, nil), s.room(t, nil)
	a, b := s.join(t, one, "a", send, remove, disconnect), s.join(t, two, "b", send)
	began := time.Now()
	for i := range 5 {
		a.message(t, "hi", fmt.Sprint(i))
		b.message(t, "hi", fmt.Sprint(i))
	}
	heardA, _ := a.tally(t, 5)
	heardB, _ := b.tally(t, 5)
	between(t, "messages of one account in a burst of 10", heardA+heardB, 3, 3+since(began, 3))

	c := s.sdk(region)
	began = time.Now()
	for done := 0; ; {
		a.say(t, `{"Action":"DELETE_MESSAGE","Id":"M2YcHkgffEvU"}`)
		if e := a.next(t); e.Type == "EVENT" {
			done++
		}
		_, err := c.DeleteMessage(within(t), &ivschat.DeleteMessageInput{RoomIdentifier: &one, Id: aws.String("M2YcHkgffEvU")})
		if err == nil && time.Since(began) < patience {
			a.expect(t, "EVENT", "")
			done++
			continue
		}
		if e := as[*types.ThrottlingException](t, "DeleteMessage", err); e.Limit != 3 {
			t.Errorf("ThrottlingException = %+v, want the limit 3", e)
		}
		between(t, "deletes of one account by socket and by HTTP together", done, 3, 3+since(began, 3))
		return
	}
}

// The rates of the control plane's operations, each by itself.
func TestOperationRates(t *testing.T) {
	t.Parallel()
	s := start(t, "--dev", "--listen", "127.0.0.1:0", "--quotas", "aws")
	began, done := time.Now(), 0
	r := s.call(t, "ListRooms", `{}`)
	for ; r.status == http.StatusOK && time.Since(began) < patience; r = s.call(t, "ListRooms", `{}`) {
		done++
	}
	if body := checkError(t, "ListRooms", r, 429, "ThrottlingException"); body["limit"] != 5.0 {
		t.Errorf("ThrottlingException has the body %s, want the limit 5", r.body)
	}
	between(t, "ListRooms in a row", done, 5, 5+since(began, 5))
	if r := s.call(t, "CreateRoom", `{}`); r.status != http.StatusOK {
		t.Errorf("another operation gets %d", r.status)
	}
}

// A full account lets no further connection in, until one leaves.
func TestConnectionQuota(t *testing.T) {
	t.Parallel()
	s := limited(t, "dev", `"Connections":2`)
	one, two := s.room(t, nil), s.room(t, nil)
	first := s.join(t, one, "u")
	s.join(t, two, "u")
	if got := s.refused(t, s.token(t, one, "u")); got != http.StatusTooManyRequests {
		t.Errorf("the third connection gets %d, want 429", got)
	}
	if err := first.conn.Close(1000, ""); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); s.refused(t, s.token(t, one, "u")) != http.StatusSwitchingProtocols; {
		if time.Now().After(deadline) {
			t.Fatal("after one left, nobody is let in")
		}
	}
}

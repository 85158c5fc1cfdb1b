package room

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parlor/chat"
	"parlor/internal/loop"
	"parlor/internal/ws"
)

var testRoom = chat.ARN{Region: "eu-west-1", Account: "123456789012", Kind: chat.KindRoom, ID: "AbCdEfGhIjKl"}

func TestEverythingGoesOverTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := chat.Room{ARN: testRoom, LoggingConfigurationIdentifiers: []string{"x"}}
		log, meter := &logged{}, counted{}
		h := newHub(t, Deps{Bus: &bus{subs: map[chat.ARN]func([]byte){}}, Records: records{testRoom: room}, Logger: log, Meter: meter})
		a, b, c := join(t, h, "ann"), join(t, h, "bob"), join(t, h, "ann")
		heard := listen(t, a.seat.Log())

		at := time.Unix(1700000000, 1)
		msg := chat.Message{ID: "AAAAAAAAAAAA", Content: strings.Repeat("long ", 100), SendTime: at}
		e := chat.Event{ID: "BBBBBBBBBBBB", EventName: "app:x", SendTime: at}
		out := chat.Disconnection("ann", "r", "why", at)
		if err := errors.Join(
			h.SendMessage(t.Context(), &room, &msg),
			h.SendEvent(t.Context(), testRoom, e),
			h.DisconnectUser(t.Context(), testRoom, "ann", out),
		); err != nil {
			t.Fatal(err)
		}
		want := []string{string(msg.AppendJSON(nil)), string(e.AppendJSON(nil)), string(out.AppendJSON(nil))}
		if got := heard(); !slices.Equal(got, want) {
			t.Errorf("heard %q, want %q", got, want)
		}
		if meter["SendMessage"] != 3 || meter["SendEvent"] != 3 || meter["DisconnectUser"] != 3 {
			t.Errorf("deliveries %v, want 3 each", meter)
		}
		for _, m := range []*member{a, c} {
			if !slices.Equal(m.left, []string{"disconnected: why"}) {
				t.Errorf("ann was sent away %q", m.left)
			}
		}
		if len(b.left) > 0 {
			t.Errorf("bob was sent away: %q", b.left)
		}
		if a.at != b.seat.Log().Head() {
			t.Error("ann was sent away before she was told why")
		}
		if err := h.CloseRoom(t.Context(), testRoom, "closed"); err != nil || !slices.Equal(b.left, []string{"disconnected: closed"}) {
			t.Errorf("CloseRoom: %v, bob %q", err, b.left)
		}
		a.seat.Leave()
		later := chat.Message{ID: "CCCCCCCCCCCC", Content: "later", SendTime: at}
		if err := h.SendMessage(t.Context(), &room, &later); err != nil || meter["SendMessage"] != 3+2 {
			t.Errorf("SendMessage to the two that are left: %v, deliveries %v", err, meter)
		}
		// Neither a closed room nor what was said later changes what is in the log.
		if got := log.texts(); !slices.Equal(got, append(want, string(later.AppendJSON(nil)))) {
			t.Errorf("logged %q, want %q and the later message", got, want)
		}
		b.seat.Leave()
		c.seat.Leave()
		h.Close()
	})
}

func TestDeletionOvertakesItsMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, Deps{Bus: &bus{subs: map[chat.ARN]func([]byte){}}})
		m := join(t, h, "ann")
		heard := listen(t, m.seat.Log())
		at := time.Now()
		del := chat.Deletion("AAAAAAAAAAAA", "", "", at)
		h.DeleteMessage(t.Context(), testRoom, "AAAAAAAAAAAA", del)
		for _, id := range []string{"AAAAAAAAAAAA", "CCCCCCCCCCCC"} {
			h.SendMessage(t.Context(), &chat.Room{ARN: testRoom}, &chat.Message{ID: id, SendTime: at})
		}
		if got := heard(); len(got) != 2 || !strings.Contains(got[1], "CCCCCCCCCCCC") {
			t.Errorf("heard %q, want the deletion and the other message", got)
		}
		m.seat.Leave()
		h.Close()
	})
}

// A message is encoded once in the cluster, by the node it came from: all nodes, that one
// included, send on the bytes that the bus carries. And each node frames it once, in the
// one log that all its members follow.
func TestEncodedOnceFramedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const nodes, members, messages = 3, 40, 5
		between := &wire{}
		var hubs []*Hub
		var heard []func() []string
		for n := range nodes {
			own := &bus{subs: map[chat.ARN]func([]byte){}}
			between.nodes = append(between.nodes, own)
			h := newHub(t, Deps{Bus: tap{between, own}})
			hubs = append(hubs, h)
			log := join(t, h, "first").seat.Log()
			for i := range members - 1 {
				if join(t, h, fmt.Sprint(i)).seat.Log() != log {
					t.Fatalf("node %d: member %d follows a log of its own", n, i)
				}
			}
			heard = append(heard, listen(t, log))
		}
		room := chat.Room{ARN: testRoom}
		var want []string
		for i := range messages {
			msg := chat.Message{ID: fmt.Sprintf("%012d", i), Content: "hello"}
			if err := hubs[i%nodes].SendMessage(t.Context(), &room, &msg); err != nil {
				t.Fatal(err)
			}
			want = append(want, strings.Replace(string(msg.AppendJSON(nil)), `"Content":`, `"Content" :`, 1))
		}
		if between.published != messages {
			t.Errorf("%d records on the bus for %d messages", between.published, messages)
		}
		for n := range hubs {
			if got := heard[n](); !slices.Equal(got, want) {
				t.Errorf("node %d: the log holds %q, want %q", n, got, want)
			}
		}
	})
}

// gappyBus tells of a gap when the test says so.
type gappyBus struct {
	bus
	told func(time.Duration)
}

func (b *gappyBus) OnStall(f func(time.Duration)) { b.told = f }

func TestWhoMissedSomethingIsDropped(t *testing.T) {
	b := &gappyBus{bus: bus{subs: map[chat.ARN]func([]byte){}}}
	h := newHub(t, Deps{Bus: b})
	m := join(t, h, "ann")
	b.told(time.Minute)
	if !slices.Equal(m.left, []string{"dropped: " + errMissed.Error()}) {
		t.Errorf("ann was sent away %q", m.left)
	}
	m.seat.Leave()
	h.Close()
}

func TestDeletionsAreForgotten(t *testing.T) {
	var d deletions
	now := time.Unix(0, 0)
	for i := range 2 * maxDeletions {
		now = now.Add(time.Second)
		d.add(strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String(), now)
	}
	if len(d.ids) != len(d.order) || len(d.ids) > int(deletionMemory/time.Second)+2 {
		t.Errorf("%d ids in %d places, want those of a minute", len(d.ids), len(d.order))
	}
	for i := range 2 * maxDeletions {
		d.add(time.Duration(i).String(), now)
	}
	if len(d.ids) != len(d.order) || len(d.ids) > maxDeletions {
		t.Errorf("%d ids in %d places at one time, want at most %d", len(d.ids), len(d.order), maxDeletions)
	}
	d.add("same", now)
	d.add("same", now)
	if !d.has([]byte("same")) || d.has([]byte("other")) {
		t.Error("has is wrong")
	}
}

func TestConnections(t *testing.T) {
	h := newHub(t, Deps{Bus: &bus{subs: map[chat.ARN]func([]byte){}}})
	var seats []*Seat
	for _, user := range []string{"a", "b", "a", "a", "c"} {
		seats = append(seats, join(t, h, user).seat)
	}
	users := func() string {
		var all []string
		for _, i := range h.Connections(testRoom) {
			all = append(all, i.UserID)
		}
		slices.Sort(all)
		return strings.Join(all, "")
	}
	for i, want := range []string{"aaabc", "aabc", "aac", "ac", "c", ""} {
		if got := users(); got != want {
			t.Errorf("after %d left: %q, want %q", i, got, want)
		}
		if i < len(seats) {
			seats[[]int{2, 1, 0, 3, 4}[i]].Leave()
		}
	}
	h.Close()
}

func TestRecordOfUnknownKindIsIgnored(t *testing.T) {
	b := &bus{subs: map[chat.ARN]func([]byte){}}
	h := newHub(t, Deps{Bus: b})
	m := join(t, h, "ann")
	before := m.seat.Log().Head()
	for _, r := range []string{"", "?what", "m", "m\x05abc", "m\x03ab", "u\x01a", "d\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		b.Publish(testRoom, []byte(r))
	}
	if m.seat.Log().Head() != before {
		t.Error("something was appended")
	}
	m.seat.Leave()
	h.Close()
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte("m\x01x{}"))
	f.Add(newRecord(kindDisconnect, "user", "reason").bytes)
	f.Fuzz(func(t *testing.T, b []byte) {
		k, meta, json, err := parseRecord(b)
		if err != nil || k.strings() < 0 {
			return
		}
		var all []string
		for i := range k.strings() {
			all = append(all, string(meta[i]))
		}
		again := append(newRecord(k, all...).bytes, json...)
		k2, meta2, json2, err := parseRecord(again)
		if err != nil || k2 != k || string(json2) != string(json) || string(meta2[0]) != string(meta[0]) {
			t.Errorf("%q became %q", b, again)
		}
	})
}

func BenchmarkDeliver(b *testing.B) {
	h, err := New(Deps{Bus: &bus{subs: map[chat.ARN]func([]byte){}}}, Config{})
	if err != nil {
		b.Fatal(err)
	}
	r := newRoom(h, testRoom)
	record := append(newRecord(kindMessage, "AAAAAAAAAAAA").bytes, strings.Repeat("x", 400)...)
	b.ReportAllocs()
	for b.Loop() {
		r.deliver(record)
	}
	if r.log.Head() == (loop.Cursor{}) || ws.Text == 0 {
		b.Fatal("nothing appended")
	}
}

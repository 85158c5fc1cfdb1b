package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parlor/chat"
)

type note struct {
	Text string
	Seen map[string]int
}

func TestRecords(t *testing.T) {
	n := open(t, Config{})
	r := RecordsOf[note](n, "note")
	ctx := t.Context()
	if err := r.Create(ctx, "a b/ü.*>", note{Text: "one"}); err != nil {
		t.Fatal(err)
	}
	if got, ok := r.Get("a b/ü.*>"); !ok || got.Text != "one" {
		t.Errorf("Get after Create = %v, %v, want one", got, ok)
	}
	if err := r.Create(ctx, "a b/ü.*>", note{}); !errors.Is(err, ErrExists) {
		t.Errorf("Create again = %v, want ErrExists", err)
	}
	got, err := r.Update(ctx, "a b/ü.*>", func(v note) (note, error) { v.Text += " two"; return v, nil })
	if err != nil || got.Text != "one two" {
		t.Errorf("Update = %v, %v, want one two", got, err)
	}
	refused := errors.New("refused")
	if _, err := r.Update(ctx, "a b/ü.*>", func(v note) (note, error) { return v, refused }); !errors.Is(err, refused) {
		t.Errorf("Update that refuses = %v", err)
	}
	if err := r.Delete(ctx, "a b/ü.*>", func(note) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("Delete that refuses = %v", err)
	}
	if err := r.Delete(ctx, "a b/ü.*>", nil); err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Get("a b/ü.*>"); ok || r.Len() != 0 {
		t.Errorf("Get after Delete = true, Len %d", r.Len())
	}
	if err := r.Delete(ctx, "a b/ü.*>", nil); !errors.Is(err, ErrMissing) {
		t.Errorf("Delete again = %v, want ErrMissing", err)
	}
	if _, err := r.Update(ctx, "none", func(v note) (note, error) { return v, nil }); !errors.Is(err, ErrMissing) {
		t.Errorf("Update of nothing = %v, want ErrMissing", err)
	}
	if err := r.Create(ctx, "a b/ü.*>", note{Text: "again"}); err != nil {
		t.Errorf("Create after Delete = %v", err)
	}
}

// A change works on a copy of its own: what readers hold does not move.
func TestUpdateSharesNothing(t *testing.T) {
	n := open(t, Config{})
	r := RecordsOf[note](n, "note")
	if err := r.Create(t.Context(), "k", note{Seen: map[string]int{"a": 1}}); err != nil {
		t.Fatal(err)
	}
	held, _ := r.Get("k")
	got, err := r.Update(t.Context(), "k", func(v note) (note, error) { v.Seen["a"] = 2; return v, nil })
	if err != nil {
		t.Fatal(err)
	}
	got.Seen["a"] = 3
	now, _ := r.Get("k")
	if held.Seen["a"] != 1 || now.Seen["a"] != 2 {
		t.Errorf("held %v, kept %v, want 1 and 2", held.Seen, now.Seen)
	}
}

func TestConcurrentUpdatesLoseNothing(t *testing.T) {
	n := open(t, Config{})
	r := RecordsOf[note](n, "note")
	if err := r.Create(t.Context(), "k", note{}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for range 10 {
				if _, err := r.Update(t.Context(), "k", func(v note) (note, error) {
					if v.Seen == nil {
						v.Seen = make(map[string]int)
					}
					v.Seen[fmt.Sprint(i)]++
					return v, nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, _ := r.Get("k")
	for i := range 20 {
		if got.Seen[fmt.Sprint(i)] != 10 {
			t.Errorf("writer %d: %d of its 10 updates are there", i, got.Seen[fmt.Sprint(i)])
		}
	}
}

func TestWatchTellsEverythingOnce(t *testing.T) {
	n := open(t, Config{})
	r := RecordsOf[note](n, "note")
	ctx := t.Context()
	if err := r.Create(ctx, "old", note{Text: "0"}); err != nil {
		t.Fatal(err)
	}
	var told []string
	r.Watch(func(key string, old, new *note) {
		told = append(told, fmt.Sprintf("%s %s→%s", key, text(old), text(new)))
	})
	if err := r.Create(ctx, "k", note{Text: "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Update(ctx, "k", func(v note) (note, error) { v.Text = "2"; return v, nil }); err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(ctx, "k", nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Create(ctx, "end", note{Text: "3"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"old -→0", "k -→1", "k 1→2", "k 2→-", "end -→3"}
	n.store.rewatch() // tells nothing twice
	if err := r.Create(ctx, "late", note{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the watch comes by", func() bool { return !hasTombs(r) })
	n.store.mu.Lock()
	defer n.store.mu.Unlock()
	if !slices.Equal(told[:len(want)], want) || len(told) != len(want)+1 {
		t.Errorf("told %q, want %q and one more", told, want)
	}
}

func text(v *note) string {
	if v == nil {
		return "-"
	}
	return v.Text
}

func hasTombs(r *Records[note]) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for k := range maps.Values(r.kept) {
		if k.value == nil {
			return true
		}
	}
	return false
}

func TestRecordsSurviveRestart(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Config{Dir: dir})
	for i := range 10 {
		if err := first.Rooms().CreateRoom(t.Context(), chat.Room{ARN: roomARN(fmt.Sprint(i)), Name: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Rooms().DeleteRoom(t.Context(), roomARN("3")); err != nil {
		t.Fatal(err)
	}
	key, _ := first.Keyring().Current()
	first.Close()

	second := open(t, Config{Dir: dir})
	if got := second.Rooms().Count(roomARN("").Scope()); got != 9 {
		t.Errorf("rooms after restart = %d, want 9", got)
	}
	if _, ok := second.Rooms().Room(roomARN("3")); ok {
		t.Error("a deleted room came back")
	}
	if again, _ := second.Keyring().Current(); again.Secret != key.Secret {
		t.Error("the seal key changed with a restart")
	}
}

func TestRooms(t *testing.T) {
	n := open(t, Config{})
	ctx, rooms := t.Context(), n.Rooms()
	elsewhere := chat.ARN{Region: "eu-west-1", Account: "000000000000", Kind: chat.KindRoom, ID: "a"}
	for _, a := range []chat.ARN{roomARN("a"), roomARN("b"), elsewhere} {
		if err := rooms.CreateRoom(ctx, chat.Room{ARN: a, Tags: map[string]string{"k": a.Region}}); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok := rooms.Room(elsewhere); !ok || got.Tags["k"] != "eu-west-1" {
		t.Errorf("Room = %v, %v, want that of eu-west-1", got, ok)
	}
	if got := len(slices.Collect(rooms.InScope(elsewhere.Scope()))); got != 1 || rooms.Count(roomARN("").Scope()) != 2 {
		t.Errorf("InScope = %d, Count = %d, want 1 and 2", got, rooms.Count(roomARN("").Scope()))
	}
	var public *chat.Error
	if err := rooms.DeleteRoom(ctx, roomARN("c")); !errors.As(err, &public) || public.Code != chat.ResourceNotFound {
		t.Errorf("DeleteRoom of nothing = %v, want ResourceNotFound", err)
	}
	if _, err := rooms.UpdateRoom(ctx, roomARN("c"), func(*chat.Room) error { return nil }); !errors.As(err, &public) {
		t.Errorf("UpdateRoom of nothing = %v, want ResourceNotFound", err)
	}
	if err := rooms.DeleteRoom(ctx, elsewhere); err != nil || rooms.Count(elsewhere.Scope()) != 0 {
		t.Errorf("DeleteRoom = %v, Count %d", err, rooms.Count(elsewhere.Scope()))
	}
}

// With JetStream away, a write says so in words a caller may see, and reads go on.
func TestJetStreamAway(t *testing.T) {
	n := running(t, Config{Dir: t.TempDir()})
	ctx := t.Context()
	if err := n.Rooms().CreateRoom(ctx, chat.Room{ARN: roomARN("a")}); err != nil {
		t.Fatal(err)
	}
	switchOff(t, n)
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var public *chat.Error
	if err := n.Rooms().CreateRoom(short, chat.Room{ARN: roomARN("b")}); !errors.As(err, &public) || public.Code != chat.ServiceUnavailable {
		t.Errorf("CreateRoom = %v, want ServiceUnavailable", err)
	}
	if _, ok := n.Rooms().Room(roomARN("a")); !ok {
		t.Error("a room can't be read")
	}
	got := make(chan string, 1)
	cancelSub, err := n.Subscribe(roomARN("a"), func(r []byte) { got <- string(r) })
	if err != nil {
		t.Fatal(err)
	}
	defer cancelSub()
	if err := n.Publish(roomARN("a"), []byte("still here")); err != nil || <-got != "still here" {
		t.Error("people can't talk")
	}
	eventually(t, 15*time.Second, "writing works again by itself", func() bool { return n.Ready() == nil })
	if err := n.Rooms().CreateRoom(ctx, chat.Room{ARN: roomARN("b")}); err != nil {
		t.Errorf("CreateRoom after recovery = %v", err)
	}
	if _, ok := n.Rooms().Room(roomARN("b")); !ok {
		t.Error("the new room can't be read")
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("us-west-2/000000000000/AbC")
	f.Add("a.b*>=ü \x00")
	f.Fuzz(func(t *testing.T, key string) {
		e := escape(key)
		if back, ok := unescape(e); !ok || back != key {
			t.Errorf("unescape(escape(%q)) = %q, %v", key, back, ok)
		}
		if strings.ContainsAny(e, ".*> \x00") {
			t.Errorf("escape(%q) = %q: not fit for a key", key, e)
		}
		unescape(key) // any input, no panic
	})
}

// A watch that starts anew reads what it missed: the news, or, after an absence longer
// than the bucket remembers removals, everything.
func TestWatchStartsAnew(t *testing.T) {
	for _, away := range []time.Duration{time.Minute, 2 * tombstoneLife} {
		n := open(t, Config{})
		r := RecordsOf[note](n, "note")
		for _, key := range []string{"stays", "goes"} {
			if err := r.Create(t.Context(), key, note{}); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, 5*time.Second, "the watch comes by", func() bool { return n.store.resume() > 3 })
		// Another node's changes, which this one's watch does not tell it of.
		n.store.answered(time.Now())
		n.store.mu.Lock()
		if err := n.store.kv.Purge(t.Context(), "note.goes"); err != nil {
			t.Fatal(err)
		}
		if _, err := n.store.kv.Create(t.Context(), "note.comes", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		n.store.mu.Unlock()
		n.store.answered(time.Now().Add(away))
		n.store.rewatch()
		eventually(t, 5*time.Second, "the changes are seen", func() bool {
			_, stays := r.Get("stays")
			_, goes := r.Get("goes")
			_, comes := r.Get("comes")
			return stays && !goes && comes && r.Len() == 2
		})
	}
}

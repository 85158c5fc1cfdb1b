package chatlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parlor/chat"
)

// ask returns the ids that q finds.
func ask(t *testing.T, a *Archive, q Query) string {
	t.Helper()
	var out []string
	for l, err := range a.Read(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		var p struct{ ID string }
		if err := json.Unmarshal(l.Payload, &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimLeft(p.ID, "0"))
	}
	return strings.Join(out, " ")
}

// What was recorded can be read back: by room, time and type, in order, each record
// once, from a directory and from S3 alike; and again for what came since.
func TestArchive(t *testing.T) {
	f, account := startS3(t)
	if err := f.backend.CreateBucket("logs"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, cfg := range map[string]Config{
		"s3":        {S3: account, FileInterval: 10 * time.Millisecond},
		"directory": {Directories: map[string]string{"logs": dir}, FileInterval: 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) { testArchive(t, cfg) })
	}
}

func testArchive(t *testing.T, cfg Config) {
	t.Helper()
	b := start(t, cfg, toBucket("logs"))
	day := time.Date(2022, 10, 14, 17, 0, 0, 0, time.UTC)
	say := func(room string, n int, at time.Time) {
		r := loggedRoom(toBucket("logs"))
		r.ARN.ID = room
		id := fmt.Sprintf("%012d", n)
		if n%2 == 0 {
			e := chat.Event{ID: id, EventName: "app:x", SendTime: at}
			b.Record(r, e.AppendJSON(nil), at)
		} else {
			b.Record(r, message(id, "x", at), at)
		}
		until(t, "delivery", func() bool { return b.stream.left() == 0 })
	}
	say("AAAA", 1, day.Add(10*time.Minute))
	say("AAAA", 3, day.Add(9*time.Minute))
	say("AAAA", 1, day.Add(10*time.Minute)) // came again
	say("AAAA", 4, day.Add(2*time.Hour))
	say("BBBB", 5, day.Add(30*time.Minute))
	open := func() *Archive { return OpenBucket(cfg, "us-west-2", "logs") }
	room := Query{Account: roomARN.Account, Region: roomARN.Region, Room: "AAAA"}
	for name, c := range map[string]struct {
		change func(*Query)
		want   string
	}{
		"a room":    {func(*Query) {}, "3 1 4"},
		"all rooms": {func(q *Query) { *q = Query{} }, "3 1 4 5"},
		"a type":    {func(q *Query) { q.Type = TypeEvent }, "4"},
		"from":      {func(q *Query) { q.From = day.Add(9*time.Minute + time.Millisecond) }, "1 4"},
		"to":        {func(q *Query) { q.To = day.Add(10 * time.Minute) }, "3"},
		"later":     {func(q *Query) { q.From = day.Add(time.Hour) }, "4"},
		"nowhere":   {func(q *Query) { q.Region = "eu-west-1" }, ""},
		"half said": {func(q *Query) { q.Account = ""; q.Region = "" }, "3 1 4"},
	} {
		q := room
		c.change(&q)
		if got := ask(t, open(), q); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	following := open()
	ask(t, following, room)
	say("AAAA", 7, day.Add(11*time.Minute))
	say("AAAA", 3, day.Add(9*time.Minute))
	if got := ask(t, following, room); got != "7" {
		t.Errorf("what came since: %q, want 7", got)
	}
	for _, h := range following.read {
		if h.seen != nil {
			t.Errorf("the ids of an hour that ended %v ago are remembered", time.Since(h.end))
		}
	}
	for key, h := range following.read { // one of its files is cleaned up
		h.files[strings.TrimSuffix(key, "/")+"/gone.log.gz"] = true
	}
	r := loggedRoom(toBucket("logs"))
	r.ARN.ID = "AAAA"
	for _, n := range []int{1, 9, 7} { // one file with something new, in an hour that is forgotten
		b.Record(r, message(fmt.Sprintf("%012d", n), "x", day.Add(12*time.Minute)), day.Add(12*time.Minute))
	}
	until(t, "delivery", func() bool { return b.stream.left() == 0 })
	if got := ask(t, following, room); got != "9" {
		t.Errorf("what came late: %q, want 9", got)
	}
}

// Files that are no logs, and files that are broken, are not silently part of a log.
func TestArchiveOfRubbish(t *testing.T) {
	dir := t.TempDir()
	f := File{Account: "1", Region: "r", Room: "AAAA", At: time.Now().Truncate(time.Minute).UTC(), Hash: "00000000"}
	for name, content := range map[string]string{"README": "hello", f.Key(): "no gzip"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var errs []error
	for _, err := range OpenDirectory(dir).Read(t.Context(), Query{}) {
		errs = append(errs, err)
	}
	if len(errs) != 1 || errs[0] == nil || !strings.Contains(errs[0].Error(), "room_AAAA") {
		t.Errorf("got %v", errs)
	}
}

// A directory that isn't there is a mistake to tell of; one without records is empty.
func TestArchiveOfNothing(t *testing.T) {
	dir := t.TempDir()
	for name, wrong := range map[string]bool{dir: false, filepath.Join(dir, "mistyped"): true} {
		for _, q := range []Query{{}, {Account: "1", Region: "r", Room: "AAAA"}} {
			var err error
			for _, e := range OpenDirectory(name).Read(t.Context(), q) {
				err = e
			}
			if errors.Is(err, fs.ErrNotExist) != wrong || (err != nil) != wrong {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("AWSLogs/123456789012/IVSChatLogs/1.0/us-west-2/room_AAAA/2022/10/14/17/123456789012_IVSChatLogs_1.0_us-west-2_room_AAAA_20221014T1740Z_0123abcd.log.gz")
	f.Add("///////////")
	f.Fuzz(func(t *testing.T, key string) {
		if file, ok := ParseKey(key); ok && file.Key() != key {
			t.Errorf("%q gave %+v", key, file)
		}
	})
}

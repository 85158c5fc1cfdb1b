package chatlog

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parlor/chat"
	"parlor/internal/metric"
)

var (
	account = chat.Scope{Account: "123456789012", Region: "us-west-2"}
	roomARN = chat.ARN{Region: account.Region, Account: account.Account, Kind: chat.KindRoom, ID: "g1H2I3j4k5L6"}
	logsARN = chat.ARN{Region: account.Region, Account: account.Account, Kind: chat.KindLogging, ID: "ABcdef34ghIJ"}
)

func toBucket(name string) chat.LoggingConfiguration {
	return chat.LoggingConfiguration{ARN: logsARN, State: chat.StateActive, Destination: chat.Destination{S3: &chat.S3Destination{BucketName: name}}}
}

func loggedRoom(configs ...chat.LoggingConfiguration) chat.Room {
	r := chat.Room{ARN: roomARN}
	for _, c := range configs {
		r.LoggingConfigurationIdentifiers = append(r.LoggingConfigurationIdentifiers, c.ARN.String())
	}
	return r
}

// A bench runs a logger.
type bench struct {
	*Logger
	stream  *memory
	metrics *metric.Set
	stop    func()
}

func deps(stream Stream, set *metric.Set, configs ...chat.LoggingConfiguration) Deps {
	return Deps{
		Stream: stream, Metrics: set, Log: slog.New(slog.DiscardHandler),
		Configurations: func() iter.Seq[chat.LoggingConfiguration] { return slices.Values(configs) },
	}
}

func start(t *testing.T, cfg Config, configs ...chat.LoggingConfiguration) *bench {
	t.Helper()
	b := &bench{stream: newMemory(), metrics: metric.New()}
	l, err := New(cfg, deps(b.stream, b.metrics, configs...))
	if err != nil {
		t.Fatal(err)
	}
	b.Logger = l
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stopped := false
	b.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(b.stop)
	return b
}

// until waits for a condition about the world outside.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("waited too long for %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (b *bench) scrape(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	b.metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	return w.Body.String()
}

func message(id, content string, at time.Time) []byte {
	m := chat.Message{ID: id, Content: content, SendTime: at, Sender: chat.Sender{UserID: "alice"}}
	return m.AppendJSON(nil)
}

// lines returns the records of every log file below dir, file by file.
func lines(t *testing.T, dir string) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (e.IsDir() || strings.HasSuffix(path, ".tmp")) {
			return nil
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		key, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(key)] = unzip(t, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func unzip(t *testing.T, data []byte) []string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil || len(raw) > 0 && raw[len(raw)-1] != '\n' {
		t.Fatalf("log file is not newline-delimited: %v %q", err, raw)
	}
	return strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
}

// ids returns how often each id occurs in lines.
func idsOf(t *testing.T, lines []string) map[string]int {
	t.Helper()
	out := make(map[string]int)
	for _, l := range lines {
		var r struct{ Payload struct{ ID string } }
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		out[r.Payload.ID]++
	}
	return out
}

// Records are those of the real service to the byte (behaviour.md §5.2; checklist 51):
// the time is the payload's, cut to milliseconds.
func TestRecord(t *testing.T) {
	at := time.Date(2023, 1, 5, 14, 33, 32, 894_999_999, time.UTC)
	m := chat.Message{ID: "M2YcHkgffEvU", RequestID: "r", Content: "Hi <b>\n", SendTime: at, Sender: chat.Sender{UserID: "u", Attributes: map[string]string{"a": "b"}}}
	e := chat.Deletion("M2YcHkgffEvU", "", "rude", at)
	e.ID = "IxTh2Ad9fZIr"
	for name, c := range map[string]struct {
		payload []byte
		want    string
	}{
		"message": {m.AppendJSON(nil), `{"event_timestamp":"2023-01-05T14:33:32.894Z","type":"MESSAGE","payload":{"Type":"MESSAGE","Id":"M2YcHkgffEvU","RequestId":"r","Attributes":null,"Content":"Hi \u003cb\u003e\n","SendTime":"2023-01-05T14:33:32.894999999Z","Sender":{"UserId":"u","Attributes":{"a":"b"}}},"version":"1.0"}`},
		"event":   {e.AppendJSON(nil), `{"event_timestamp":"2023-01-05T14:33:32.894Z","type":"EVENT","payload":{"Type":"EVENT","Id":"IxTh2Ad9fZIr","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"M2YcHkgffEvU","MessageId":"M2YcHkgffEvU","Reason":"rude"},"SendTime":"2023-01-05T14:33:32.894999999Z"},"version":"1.0"}`},
	} {
		if got := string(appendRecord(nil, c.payload, at)); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, c.want)
		}
		r, ok := parseEnvelope(appendEnvelope(nil, "g1H2I3j4k5L6", c.payload, at), "")
		if !ok || r.room != "g1H2I3j4k5L6" || r.at != at.UnixNano() || string(r.line) != c.want {
			t.Errorf("%s: the envelope gives %+v", name, r)
		}
	}
	if got := string(appendRecord(nil, []byte(`{}`), at.Truncate(time.Second))); !strings.Contains(got, "14:33:32.000Z") {
		t.Errorf("a whole second is %s", got)
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`room 1 {"a":1}`))
	f.Add([]byte(` 1 `))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := parseEnvelope(b, "")
		if ok && (r.room == "" || len(r.line) == 0) {
			t.Errorf("%q gave %+v", b, r)
		}
	})
}

// Files lie where the real service puts them (behaviour.md §5.3; checklist 52), gzipped
// and newline-delimited; one is written when it is old enough or big enough, and once.
func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bucket")
	b := start(t, Config{Directories: map[string]string{"logs": dir}, FileInterval: 50 * time.Millisecond, FileBytes: 4000}, toBucket("logs"))
	at := time.Date(2022, 10, 14, 17, 40, 3, 5, time.UTC)
	room := loggedRoom(toBucket("logs"))
	for i := range 100 {
		b.Record(room, message(fmt.Sprintf("%012d", i), "hello", at.Add(time.Duration(i)*time.Millisecond)), at.Add(time.Duration(i)*time.Millisecond))
	}
	b.Record(room, message("nextnexthour", "hello", at.Add(time.Hour)), at.Add(time.Hour))
	until(t, "delivery", func() bool { return b.stream.left() == 0 })
	files := lines(t, dir)
	pattern := regexp.MustCompile(`^AWSLogs/123456789012/IVSChatLogs/1\.0/us-west-2/room_g1H2I3j4k5L6/2022/10/14/1[78]/123456789012_IVSChatLogs_1\.0_us-west-2_room_g1H2I3j4k5L6_20221014T1[78]40Z_[0-9a-f]{8}\.log\.gz$`)
	var all []string
	for key, l := range files {
		if !pattern.MatchString(key) {
			t.Errorf("file %s", key)
		}
		if f, ok := ParseKey(key); !ok || f.Key() != key || f.Room != roomARN.ID {
			t.Errorf("ParseKey(%s) = %+v, %t", key, f, ok)
		}
		if len(strings.Join(l, "\n")) > 4000 {
			t.Errorf("%s is too big", key)
		}
		all = append(all, l...)
	}
	if ids := idsOf(t, all); len(ids) != 101 || len(all) != 101 || len(files) < 5 {
		t.Errorf("%d ids, %d lines in %d files", len(ids), len(all), len(files))
	}
}

// Messages and events, the service's own and an application's, are all recorded
// (behaviour.md §5.2; checklist 54).
func TestEventsAreRecorded(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Directories: map[string]string{"logs": dir}, FileInterval: 20 * time.Millisecond}, toBucket("logs"))
	now := time.Now()
	room := loggedRoom(toBucket("logs"))
	b.Record(room, message("MMMMMMMMMMMM", "x", now), now)
	for _, e := range []chat.Event{
		{ID: "EEEEEEEEEEEE", EventName: "app:x", SendTime: now}, chat.Deletion("MMMMMMMMMMMM", "", "", now), chat.Disconnection("alice", "", "", now),
	} {
		b.Record(room, e.AppendJSON(nil), now)
	}
	b.Record(chat.Room{ARN: roomARN}, message("unattached", "x", now), now)
	b.stop()
	types := map[string]int{}
	for _, l := range slices.Concat(slices.Collect(values(lines(t, dir)))...) {
		var r struct{ Type string }
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatal(err)
		}
		types[r.Type]++
	}
	if types[TypeMessage] != 1 || types[TypeEvent] != 3 {
		t.Errorf("recorded %v", types)
	}
}

func values(m map[string][]string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// A graceful stop delivers everything, however far its file is from complete.
func TestStopLosesNothing(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Directories: map[string]string{"logs": dir}}, toBucket("logs"))
	now := time.Now()
	for i := range 5000 {
		b.Record(loggedRoom(toBucket("logs")), message(fmt.Sprintf("%012d", i), "x", now), now)
	}
	b.stop()
	if ids := idsOf(t, slices.Concat(slices.Collect(values(lines(t, dir)))...)); len(ids) != 5000 || b.stream.left() != 0 {
		t.Errorf("%d of 5000 records, %d batches left", len(ids), b.stream.left())
	}
}

// A destination that goes away shows in the metrics of §7 and takes everything when it
// is back, without a restart (checklist 55).
func TestDestinationGoneAndBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bucket")
	b := start(t, Config{Directories: map[string]string{"logs": dir}, FileInterval: 20 * time.Millisecond}, toBucket("logs"))
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	b.Record(loggedRoom(toBucket("logs")), message("MMMMMMMMMMMM", "x", now), now)
	label := `{logging_configuration="` + logsARN.String() + `"} `
	until(t, "metrics", func() bool {
		m := b.scrape(t)
		return strings.Contains(m, metric.LogDestinationErrors+label) &&
			strings.Contains(m, metric.LogDestinationResourceNotFoundErrors+label) && strings.Contains(m, metric.LogPaused+" 1")
	})
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	until(t, "delivery", func() bool { return b.stream.left() == 0 })
	if files := lines(t, dir); len(files) != 1 {
		t.Errorf("files %v", files)
	}
}

// A record that can't be read is counted and given up; it is not in the way of others.
func TestPoison(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Directories: map[string]string{"logs": dir}, FileInterval: 20 * time.Millisecond}, toBucket("logs"))
	now := time.Now()
	good := appendEnvelope(nil, roomARN.ID, message("MMMMMMMMMMMM", "x", now), now)
	b.stream.add(logsARN.String(), []byte("poison"), good, nil)
	b.stream.add(logsARN.String(), []byte("g1H2I3j4k5L6 soon {}"))
	until(t, "delivery", func() bool { return b.stream.left() == 0 })
	if m := b.scrape(t); !strings.Contains(m, metric.LogDropped+`{reason="malformed"} 3`) {
		t.Error("three records that can't be read are not counted")
	}
	if ids := idsOf(t, slices.Concat(slices.Collect(values(lines(t, dir)))...)); len(ids) != 1 {
		t.Errorf("recorded %v", ids)
	}
}

// Writing a file again is harmless; other content never replaces it.
func TestWrittenOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := writeOnce(name, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeOnce(name, []byte("y")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("other content: %v", err)
	}
	p := &pile{key: pileKey{room: "r"}}
	if a, b := fileOf(account, p, []byte("x"), 0), fileOf(account, p, []byte("x"), 1); a.Hash == b.Hash {
		t.Error("a second name is the first")
	}
}

// The stamp of a record is what the standard library would print.
func TestStamp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
		if got, want := string(appendStamp(nil, at)), at.Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

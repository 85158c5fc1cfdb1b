package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	aMessage = `{"event_timestamp":"2022-10-14T17:40:03.005Z","type":"MESSAGE","payload":{"Type":"MESSAGE","Id":"AAAAAAAAAAAA","RequestId":"","Attributes":null,"Content":"hi \u001b[31mred","SendTime":"2022-10-14T17:40:03.005Z","Sender":{"UserId":"ada","Attributes":{}}},"version":"1.0"}`
	anEvent  = `{"event_timestamp":"2022-10-14T17:40:02.000Z","type":"EVENT","payload":{"Type":"EVENT","Id":"BBBBBBBBBBBB","RequestId":"","EventName":"app:x","Attributes":{"b":"2","a":"1"},"SendTime":"2022-10-14T17:40:02.000000001Z"},"version":"1.0"}`
)

// logDirectory makes a directory as chat logging does, with one file of two records.
func logDirectory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "AWSLogs/123456789012/IVSChatLogs/1.0/us-west-2/room_g1H2I3j4k5L6/2022/10/14/17")
	if err := os.MkdirAll(at, 0o750); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(aMessage + "\n" + anEvent + "\n"))
	z.Close()
	if err := os.WriteFile(filepath.Join(at, "123456789012_IVSChatLogs_1.0_us-west-2_room_g1H2I3j4k5L6_20221014T1740Z_01234567.log.gz"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// logs reads back what was recorded, as JSON lines or as a table that no member of a
// room can colour.
func TestLogs(t *testing.T) {
	dir := logDirectory(t)
	const room = "arn:aws:ivschat:us-west-2:123456789012:room/g1H2I3j4k5L6"
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", 0, anEvent + "\n" + aMessage + "\n"},
		{"--type EVENT", 0, anEvent + "\n"},
		{"--room-identifier " + room + " --type MESSAGE", 0, aMessage + "\n"},
		{"--room-identifier g1H2I3j4k5L6 --start-time 2022-10-14T17:40:03Z", 0, aMessage + "\n"},
		{"--end-time 2022-10-14T17:40:03Z", 0, anEvent + "\n"},
		{"--start-time 24h", 0, ""},
		{"--room-identifier nobody", 0, ""},
		{"--output table", 0, "2022-10-14T17:40:02.000Z  g1H2I3j4k5L6  EVENT    app:x                 a=\"1\" b=\"2\"\n" +
			"2022-10-14T17:40:03.005Z  g1H2I3j4k5L6  MESSAGE  ada                   hi \ufffd[31mred\n"},
		{"--type SHOUT", exitUsage, ""},
		{"--start-time soon", exitUsage, ""},
		{"--room-identifier arn:aws:s3:::x", exitUsage, ""},
		{"--bucket too", exitUsage, ""},
		{"--loudly", exitUsage, ""},
	} {
		var out, errs strings.Builder
		args := append([]string{"logs", "--directory", dir}, strings.Fields(c.args)...)
		code := Run(t.Context(), args, func(string) (string, bool) { return "", false }, strings.NewReader(""), &out, &errs)
		if code != c.code || out.String() != c.want {
			t.Errorf("logs %s: %d\n%s%s", c.args, code, out.String(), errs.String())
		}
	}
}

// A follower hears what comes until it is interrupted.
func TestLogsFollow(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := parseLogs([]string{"--directory", logDirectory(t), "--follow"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var out stopAfter
	out.lines, out.stop = 2, cancel
	if err := c.run(ctx, &out); err == nil || out.lines != 0 {
		t.Errorf("%v, %d lines short", err, out.lines)
	}
}

// A stopAfter calls stop after so many writes.
type stopAfter struct {
	lines int
	stop  func()
}

func (s *stopAfter) Write(b []byte) (int, error) {
	if s.lines--; s.lines == 0 {
		s.stop()
	}
	return len(b), nil
}

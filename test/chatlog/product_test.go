// Package chatlog_test judges chat logging from outside: through a whole server and
// Amazon's SDK, and through processes that are killed.
package chatlog_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/coder/websocket"

	"parlor/internal/config"
	"parlor/internal/local"
	"parlor/internal/server"
)

// A product is a running server and an SDK's client of it.
type product struct {
	*ivschat.Client
	local.Server
	stop func()
}

func serve(t *testing.T, args ...string) *product {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state", "server.json")
	args = append([]string{"--dev", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", "--drain-window=0s", "--state-file=" + state}, args...)
	cfg, err := config.Load(args, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, cfg.Config, io.Discard, io.Discard) }()
	p := &product{}
	stopped := false
	p.stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	}
	t.Cleanup(p.stop)
	until(t, "the server", func() bool { p.Server, err = local.Read(state); return err == nil })
	p.Client = ivschat.New(ivschat.Options{
		BaseEndpoint: aws.String(p.Endpoint), Region: p.Region,
		Credentials: credentials.NewStaticCredentialsProvider(p.AccessKeyID, p.SecretAccessKey, ""),
	})
	return p
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

// logged makes a room with a logging configuration that writes into bucket.
func (p *product) logged(t *testing.T, bucket string) (room string) {
	t.Helper()
	c, err := p.CreateLoggingConfiguration(t.Context(), &ivschat.CreateLoggingConfigurationInput{
		DestinationConfiguration: &types.DestinationConfigurationMemberS3{Value: types.S3DestinationConfiguration{BucketName: aws.String(bucket)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.CreateRoom(t.Context(), &ivschat.CreateRoomInput{LoggingConfigurationIdentifiers: []string{*c.Arn}})
	if err != nil {
		t.Fatal(err)
	}
	return *r.Arn
}

// records returns the lines of all log files below dir.
func records(t *testing.T, dir string) (keys, lines []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (e.IsDir() || !strings.HasSuffix(path, ".gz")) {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(z)
		key, _ := filepath.Rel(dir, path)
		keys = append(keys, filepath.ToSlash(key))
		lines = append(lines, strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys, lines
}

// What members of a room hear is what its log holds, to the byte, in the order in which
// they heard it: messages, deletions, disconnections and events of applications. A
// server that stops has delivered all of it (checklist 51, 52, 54).
func TestLogHoldsWhatMembersHear(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, "--log-directories=logs="+dir)
	room := p.logged(t, "logs")
	tok, err := p.CreateChatToken(t.Context(), &ivschat.CreateChatTokenInput{
		RoomIdentifier: &room, UserId: aws.String("ada"), Attributes: map[string]string{"k": "v"},
		Capabilities: []types.ChatTokenCapability{types.ChatTokenCapabilitySendMessage, types.ChatTokenCapabilityDeleteMessage},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(p.Endpoint, "http"), &websocket.DialOptions{Subprotocols: []string{*tok.Token}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	var heard []string
	hear := func() {
		t.Helper()
		_, b, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, string(b))
	}
	for i := range 5 {
		say(t, c, fmt.Sprintf(`{"Action":"SEND_MESSAGE","RequestId":"r%d","Content":"hello %d ✓ <b>"}`, i, i))
		hear()
	}
	say(t, c, `{"Action":"DELETE_MESSAGE","Id":"AAAAbbbbCCCC","Reason":"rude"}`)
	hear()
	if _, err := p.SendEvent(t.Context(), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("app:x"), Attributes: map[string]string{"a": "b"}}); err != nil {
		t.Fatal(err)
	}
	hear()
	if _, err := p.DisconnectUser(t.Context(), &ivschat.DisconnectUserInput{RoomIdentifier: &room, UserId: aws.String("ada")}); err != nil {
		t.Fatal(err)
	}
	hear()
	p.stop()

	keys, lines := records(t, dir)
	checkRecords(t, lines, heard)
	key := regexp.MustCompile(`^AWSLogs/000000000000/IVSChatLogs/1\.0/us-west-2/room_\w{12}/\d{4}/\d\d/\d\d/\d\d/000000000000_IVSChatLogs_1\.0_us-west-2_room_\w{12}_\d{8}T\d{4}Z_[0-9a-f]{8}\.log\.gz$`)
	for _, k := range keys {
		if !key.MatchString(k) || !strings.Contains(k, "room_"+room[strings.LastIndexByte(room, '/')+1:]+"/") {
			t.Errorf("file %s", k)
		}
	}
}

// checkRecords holds lines against the entities that a member heard.
func checkRecords(t *testing.T, lines, heard []string) {
	t.Helper()
	if len(lines) != len(heard) {
		t.Fatalf("heard %d, recorded %d:\n%s", len(heard), len(lines), strings.Join(lines, "\n"))
	}
	for i, l := range lines {
		var e struct{ Type, SendTime string }
		if err := json.Unmarshal([]byte(heard[i]), &e); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, e.SendTime)
		want := `{"event_timestamp":"` + at.Format("2006-01-02T15:04:05.000Z") + `","type":"` + e.Type + `","payload":` + heard[i] + `,"version":"1.0"}`
		if err != nil || l != want {
			t.Errorf("record %d:\n%s, want\n%s", i, l, want)
		}
	}
}

func say(t *testing.T, c *websocket.Conn, frame string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// While its log's destination is gone, a room goes on as if nothing was; the trouble
// shows in the metrics alone, and what was said arrives when the destination is back
// (checklist 55).
func TestChatDoesNotNoticeItsLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bucket")
	p := serve(t, "--log-directories=logs="+dir, "--log-interval=50ms")
	room := p.logged(t, "logs")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	const events = 20
	for range events {
		if _, err := p.SendEvent(t.Context(), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("app:x")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	until(t, "the log", func() bool { _, lines := records(t, dir); return len(lines) == events })
}

package cluster

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

// A logged event, and where and when it was said.
type logged struct {
	node *node
	at   time.Time
}

// Whichever node delivers a log, and whichever is killed: what reached the stream is in
// the log in the end. What had not is test/chatlog's matter.
func TestLogOutlivesItsNodes(t *testing.T) {
	dir := t.TempDir()
	f := form(t, 3, "--log-directories", "logs="+dir, "--log-interval", "500ms")
	room := f.nodes[0].loggedRoom(t, "logs")
	said, killed := make(map[string]logged), 0
	say := func(seconds time.Duration, on ...*node) {
		for end := time.Now().Add(seconds); time.Now().Before(end); pause(t, 5*time.Millisecond) {
			for _, n := range on {
				at := time.Now()
				out, err := n.control(1).SendEvent(within(t, 10*time.Second), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("app:x")})
				if err == nil { // a node that has just come back may not know the room yet
					said[*out.Id] = logged{n, at}
				}
			}
		}
	}
	all := f.nodes
	say(2*time.Second, all...)
	for i, n := range all {
		others := []*node{all[(i+1)%3], all[(i+2)%3]}
		eventually(t, time.Minute, n.id+" has written all", func() bool { return n.queued() == "0" })
		n.kill()
		killed++
		say(2*time.Second, others...)
		n.start()
		f.ready()
		say(time.Second, all...)
	}
	lost := func() []string { return missing(t, dir, said) }
	for end := time.Now().Add(time.Minute); len(lost()) > 0 && time.Now().Before(end); {
		pause(t, 200*time.Millisecond)
	}
	for _, id := range lost() {
		t.Errorf("lost: %s, said on %s at %s", id, said[id].node.id, said[id].at.Format(time.StampMilli))
	}
	t.Logf("%d events said, %d recorded, %d nodes killed", len(said), len(recorded(t, dir)), killed)
}

// queued is the node's metric of log records that are not in the stream yet.
func (n *node) queued() string {
	req, err := http.NewRequestWithContext(within(n.t, 5*time.Second), http.MethodGet, "http://"+n.addr(1)+"/metrics", http.NoBody)
	if err != nil {
		n.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "parlor_log_stream_queued_bytes "); ok {
			return value
		}
	}
	return ""
}

// loggedRoom makes a room whose log goes to some buckets.
func (n *node) loggedRoom(t *testing.T, buckets ...string) string {
	t.Helper()
	var arns []string
	for _, b := range buckets {
		c, err := n.control(3).CreateLoggingConfiguration(within(t, 10*time.Second), &ivschat.CreateLoggingConfigurationInput{
			DestinationConfiguration: &types.DestinationConfigurationMemberS3{Value: types.S3DestinationConfiguration{BucketName: &b}},
		})
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, *c.Arn)
	}
	r, err := n.control(3).CreateRoom(within(t, 10*time.Second), &ivschat.CreateRoomInput{LoggingConfigurationIdentifiers: arns})
	if err != nil {
		t.Fatal(err)
	}
	return *r.Arn
}

// recorded returns the ids in all log files below dir.
func recorded(t *testing.T, dir string) map[string]bool {
	t.Helper()
	ids := make(map[string]bool)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(path, ".log.gz") {
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
		for records := json.NewDecoder(z); ; {
			var r struct{ Payload struct{ ID string } }
			if err := records.Decode(&r); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			ids[r.Payload.ID] = true
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

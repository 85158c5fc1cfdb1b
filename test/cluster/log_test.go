package cluster

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

// logWindow is how young a record may be that dies with its node (docs/logging.md).
const logWindow = 250 * time.Millisecond

// A logged event, and where and when it was said.
type logged struct {
	node *node
	at   time.Time
}

// Whichever node delivers a log, and whichever is killed: what was said is in the log
// in the end, but for what a killed node had said in its last moment.
func TestLogOutlivesItsNodes(t *testing.T) {
	dir := t.TempDir()
	f := form(t, 3, "--log-directories", "logs="+dir, "--log-interval", "500ms")
	room := f.nodes[0].loggedRoom(t)
	said, deaths := make(map[string]logged), make(map[*node]time.Time)
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
		n.kill()
		deaths[n] = time.Now()
		say(2*time.Second, others...)
		n.start()
		f.ready()
		say(time.Second, all...)
	}
	lost := func() (ids []string) {
		have := recorded(t, dir)
		for id, s := range said {
			age := deaths[s.node].Sub(s.at)
			if !have[id] && (age < 0 || age > logWindow) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	eventually(t, 30*time.Second, "every record", func() bool { return len(lost()) == 0 })
	t.Logf("%d events said, %d recorded, %d nodes killed", len(said), len(recorded(t, dir)), len(deaths))
}

// loggedRoom makes a room whose log goes to the bucket called logs.
func (n *node) loggedRoom(t *testing.T) string {
	t.Helper()
	c, err := n.control(3).CreateLoggingConfiguration(within(t, 10*time.Second), &ivschat.CreateLoggingConfigurationInput{
		DestinationConfiguration: &types.DestinationConfigurationMemberS3{Value: types.S3DestinationConfiguration{BucketName: aws.String("logs")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := n.control(3).CreateRoom(within(t, 10*time.Second), &ivschat.CreateRoomInput{LoggingConfigurationIdentifiers: []string{*c.Arn}})
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

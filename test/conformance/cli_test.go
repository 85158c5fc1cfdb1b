package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// debianCLI is called by its path: another aws may be first in PATH.
const debianCLI = "/usr/bin/aws"

// A cli is the AWS CLI with a home of its own.
type cli struct {
	s    *server
	home string
}

func newCLI(t *testing.T) *cli {
	t.Helper()
	if _, err := os.Stat(debianCLI); err != nil {
		t.Fatal("the AWS CLI is not installed: run test/setup.sh")
	}
	return &cli{shared, t.TempDir()}
}

// run calls `aws ivschat` and returns its output and exit status.
func (c *cli) run(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	return c.aws(t, append([]string{"ivschat"}, args...)...)
}

// aws calls the CLI with the server as its endpoint.
func (c *cli) aws(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(within(t), debianCLI, append([]string{"--endpoint-url", c.s.endpoint}, args...)...)
	cmd.Env = append(cleanEnv(), "HOME="+c.home, "AWS_ACCESS_KEY_ID="+c.s.accessKey, "AWS_SECRET_ACCESS_KEY="+c.s.secretKey,
		"AWS_DEFAULT_REGION="+region, "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("aws %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// ok calls `aws ivschat`, which must succeed, and reads its JSON into out.
func (c *cli) ok(t *testing.T, out any, args ...string) {
	t.Helper()
	stdout, stderr, status := c.run(t, args...)
	if status != 0 || stderr != "" {
		t.Fatalf("aws ivschat %s: status %d, %s", strings.Join(args, " "), status, stderr)
	}
	if out == nil {
		if stdout != "" {
			t.Errorf("aws ivschat %s printed %q, want nothing", strings.Join(args, " "), stdout)
		}
		return
	}
	if err := json.Unmarshal([]byte(stdout), out); err != nil {
		t.Fatalf("aws ivschat %s printed %q: %v", strings.Join(args, " "), stdout, err)
	}
}

// fails calls `aws ivschat`, which must fail with the service's error code.
func (c *cli) fails(t *testing.T, code string, args ...string) {
	t.Helper()
	_, stderr, status := c.run(t, args...)
	if status != 254 || !strings.Contains(stderr, "("+code+")") {
		t.Errorf("aws ivschat %s: status %d, %q, want 254 and %s", strings.Join(args, " "), status, stderr, code)
	}
}

// A room's whole life by the AWS CLI.
func TestCLIRoom(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	var made, room struct {
		Arn, Name            string
		MaximumMessageLength int
		Tags                 map[string]string
	}
	c.ok(t, &made, "create-room", "--name", "cli", "--tags", `{"team":"blue","a key":"a value"}`)
	c.ok(t, &room, "get-room", "--identifier", made.Arn)
	if room.Name != "cli" || room.MaximumMessageLength != 500 || room.Tags["a key"] != "a value" {
		t.Errorf("get-room = %+v", room)
	}
	c.ok(t, &room, "update-room", "--identifier", made.Arn, "--maximum-message-length", "7")
	if room.MaximumMessageLength != 7 || room.Name != "cli" {
		t.Errorf("update-room = %+v", room)
	}
	var list struct{ Rooms []struct{ Arn string } }
	c.ok(t, &list, "list-rooms", "--name", "cli", "--next-token", "", "--max-results", "50")
	if len(list.Rooms) != 1 || list.Rooms[0].Arn != made.Arn {
		t.Errorf("list-rooms --name cli = %+v", list)
	}

	var token struct {
		Token                                      string
		TokenExpirationTime, SessionExpirationTime time.Time
	}
	c.ok(t, &token, "create-chat-token", "--room-identifier", made.Arn, "--user-id", "cli user",
		"--capabilities", "SEND_MESSAGE", "DELETE_MESSAGE", "--attributes", "name=CLI", "--session-duration-in-minutes", "5")
	if d := token.SessionExpirationTime.Sub(token.TokenExpirationTime); d != 4*time.Minute {
		t.Errorf("the session ends %v after the token, want 4m", d)
	}
	k := shared.connect(t, token.Token)
	k.message(t, "hi", "1")
	message := k.expect(t, "MESSAGE", "1")
	if message.Sender.UserID != "cli user" || message.Sender.Attributes["name"] != "CLI" {
		t.Errorf("the token's user speaks as %s", message.raw)
	}

	var event struct{ ID string }
	c.ok(t, &event, "send-event", "--room-identifier", made.Arn, "--event-name", "app:poll", "--attributes", "q=é")
	if e := k.expect(t, "EVENT", ""); e.ID != event.ID || e.Attributes["q"] != "é" {
		t.Errorf("send-event answered %s, the room heard %s", event.ID, e.raw)
	}
	c.ok(t, &event, "delete-message", "--room-identifier", made.Arn, "--id", message.ID, "--reason", "spam")
	if e := k.expect(t, "EVENT", ""); e.ID != event.ID || e.Attributes["MessageId"] != message.ID {
		t.Errorf("delete-message answered %s, the room heard %s", event.ID, e.raw)
	}
	c.ok(t, nil, "disconnect-user", "--room-identifier", made.Arn, "--user-id", "cli user")
	k.expect(t, "EVENT", "")
	if code := k.closed(t); code != 1000 {
		t.Errorf("disconnect-user closes with %d, want 1000", code)
	}

	c.ok(t, nil, "delete-room", "--identifier", made.Arn)
	c.fails(t, "ResourceNotFoundException", "get-room", "--identifier", made.Arn)
	c.fails(t, "ValidationException", "create-room", "--name", "a b")
}

// Tags whose keys hold spaces, = and what else must be escaped on a path's way.
func TestCLITags(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	var room struct{ Arn string }
	c.ok(t, &room, "create-room")
	c.ok(t, nil, "tag-resource", "--resource-arn", room.Arn, "--tags", `{"a key":"a value","k=v":"x=y","p/q:r":"1+1","@é":"é"}`)
	c.ok(t, nil, "untag-resource", "--resource-arn", room.Arn, "--tag-keys", "a key", "@é", "p/q:r")
	var got struct{ Tags map[string]string }
	c.ok(t, &got, "list-tags-for-resource", "--resource-arn", room.Arn)
	if len(got.Tags) != 1 || got.Tags["k=v"] != "x=y" {
		t.Errorf("the tags are %v, want k=v alone", got.Tags)
	}
	c.fails(t, "ResourceNotFoundException", "list-tags-for-resource", "--resource-arn", room.Arn[:len(room.Arn)-12]+"aaaaaaaaaaaa")
}

func TestCLILogging(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	var made struct{ Arn, State string }
	c.ok(t, &made, "create-logging-configuration", "--destination-configuration", "s3={bucketName=chat-logs}", "--name", "cli")
	if made.State != "ACTIVE" {
		t.Errorf("the state is %s, want ACTIVE", made.State)
	}
	var got struct {
		Name                     string
		DestinationConfiguration struct{ CloudWatchLogs struct{ LogGroupName string } }
	}
	c.ok(t, &got, "update-logging-configuration", "--identifier", made.Arn, "--destination-configuration", "cloudWatchLogs={logGroupName=chat}")
	c.ok(t, &got, "get-logging-configuration", "--identifier", made.Arn)
	if got.Name != "cli" || got.DestinationConfiguration.CloudWatchLogs.LogGroupName != "chat" {
		t.Errorf("get-logging-configuration = %+v", got)
	}
	var list struct{ LoggingConfigurations []struct{ Arn string } }
	c.ok(t, &list, "list-logging-configurations")
	if len(list.LoggingConfigurations) == 0 {
		t.Error("list-logging-configurations lists none")
	}
	c.ok(t, nil, "delete-logging-configuration", "--identifier", made.Arn)
	c.fails(t, "ResourceNotFoundException", "get-logging-configuration", "--identifier", made.Arn)
}

// What the CLI signs is verified: another secret opens nothing.
func TestCLIStranger(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	thief := *c
	thief.s = &server{endpoint: c.s.endpoint, accessKey: c.s.accessKey, secretKey: "not-the-secret"}
	thief.fails(t, "InvalidSignatureException", "list-rooms")
	thief.s = &server{endpoint: c.s.endpoint, accessKey: "PARLORNOSUCHKEY", secretKey: "x"}
	thief.fails(t, "UnrecognizedClientException", "list-rooms")
}

// Programs ask who they are before they do anything else, at the same endpoint.
func TestCLIIdentity(t *testing.T) {
	t.Parallel()
	stdout, stderr, status := newCLI(t).aws(t, "sts", "get-caller-identity")
	var got struct{ Account, Arn, UserID string }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 {
		t.Fatalf("aws sts get-caller-identity: status %d, %s%s: %v", status, stdout, stderr, err)
	}
	if got.Account != devAccount || !strings.HasPrefix(got.Arn, "arn:aws:iam::"+devAccount+":") || got.UserID == "" {
		t.Errorf("get-caller-identity = %+v", got)
	}
}

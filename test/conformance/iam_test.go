package conformance

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/aws/smithy-go"
)

// iam runs parlor iam against the server as its administrator and reads the answer.
func (s *server) iam(t *testing.T, out any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(within(t), s.binary, append([]string{"iam"}, args...)...)
	cmd.Env = append(cleanEnv(), "HOME="+t.TempDir(), "AWS_ACCESS_KEY_ID="+s.accessKey, "AWS_SECRET_ACCESS_KEY="+s.secretKey,
		"AWS_REGION="+region, "AWS_ENDPOINT_URL_IVSCHAT="+s.endpoint, "AWS_PAGER=")
	var fail strings.Builder
	cmd.Stderr = &fail
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("parlor iam %s: %v: %s", strings.Join(args, " "), err, fail.String())
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("parlor iam %s: %v in %s", strings.Join(args, " "), err, text)
		}
	}
}

// user makes a user with a policy of his own, and returns an SDK that calls as him.
func (s *server) user(t *testing.T, name, policy string) (client *ivschat.Client, key string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	s.iam(t, nil, "policy", "add", "--name", name, "--document", "file://"+file)
	s.iam(t, nil, "user", "add", "--name", name, "--policies", name)
	var made struct{ ID, Secret string }
	s.iam(t, &made, "key", "add", "--user", name)
	return s.as(made.ID, made.Secret, ""), made.ID
}

// denied says whether err is an AccessDeniedException whose text has a part.
func denied(err error, text string) bool {
	var e *types.AccessDeniedException
	return errors.As(err, &e) && strings.Contains(aws.ToString(e.Message), text)
}

// The policies of behaviour.md §8, each with what it allows and what it doesn't.
func TestIAMPolicies(t *testing.T) {
	t.Parallel()
	s := start(t, "--dev", "--listen", "127.0.0.1:0")
	blue := s.room(t, &ivschat.CreateRoomInput{Tags: map[string]string{"team": "blue"}})
	red := s.room(t, &ivschat.CreateRoomInput{Tags: map[string]string{"team": "red"}})
	token := func(c *ivschat.Client, room string) error {
		_, err := c.CreateChatToken(within(t), &ivschat.CreateChatTokenInput{RoomIdentifier: &room, UserId: aws.String("u")})
		return err
	}
	get := func(c *ivschat.Client, room string) error {
		_, err := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &room})
		return err
	}
	create := func(c *ivschat.Client, tags map[string]string) error {
		_, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{Tags: tags})
		return err
	}

	minter, _ := s.user(t, "minter", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ivschat:CreateChatToken","Resource":"`+blue+`"}}`)
	if err := token(minter, blue); err != nil {
		t.Errorf("a token for the one room: %v", err)
	}
	want := "User: arn:aws:iam::000000000000:user/minter is not authorized to perform: ivschat:CreateChatToken on resource: " + red +
		" because no identity-based policy allows the ivschat:CreateChatToken action"
	if err := token(minter, red); !denied(err, want) {
		t.Errorf("a token for another room: %v", err)
	}
	if err := get(minter, blue); !denied(err, "ivschat:GetRoom") {
		t.Errorf("GetRoom by the minter: %v", err)
	}

	team, _ := s.user(t, "team", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"ivschat:*","Resource":"arn:aws:ivschat:*:*:room/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}},
		{"Effect":"Deny","Action":"ivschat:DeleteRoom","Resource":"*"}]}`)
	if err := get(team, blue); err != nil {
		t.Errorf("GetRoom of the team's room: %v", err)
	}
	if err := get(team, red); !denied(err, "no identity-based policy allows") {
		t.Errorf("GetRoom of another team's room: %v", err)
	}
	_, err := team.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: &blue})
	if !denied(err, "with an explicit deny in an identity-based policy") {
		t.Errorf("DeleteRoom where it is denied: %v", err)
	}

	maker, _ := s.user(t, "maker", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["ivschat:CreateRoom","ivschat:TagResource"],"Resource":"*",
		"Condition":{"StringEquals":{"aws:RequestTag/team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}}`)
	if err := create(maker, map[string]string{"team": "blue"}); err != nil {
		t.Errorf("CreateRoom as asked for: %v", err)
	}
	for _, tags := range []map[string]string{nil, {"team": "red"}, {"team": "blue", "cost": "1"}} {
		if err := create(maker, tags); !denied(err, "ivschat:CreateRoom") {
			t.Errorf("CreateRoom with tags %v: %v", tags, err)
		}
	}

	plain, _ := s.user(t, "plain", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ivschat:CreateRoom","Resource":"arn:aws:ivschat:us-west-2:000000000000:room/*"}}`)
	if err := create(plain, nil); err != nil {
		t.Errorf("CreateRoom on room/*: %v", err)
	}
	if err := create(plain, map[string]string{"a": "b"}); !denied(err, "ivschat:TagResource") {
		t.Errorf("CreateRoom with tags, without TagResource: %v", err)
	}
}

// Temporary credentials made by hand are good with their session token, and with
// nothing less.
func TestIAMTemporaryKey(t *testing.T) {
	t.Parallel()
	s := start(t, "--dev", "--listen", "127.0.0.1:0")
	s.user(t, "guest", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ivschat:ListRooms","Resource":"*"}}`)
	var key struct{ ID, Secret, SessionToken, Expires string }
	s.iam(t, &key, "key", "add", "--user", "guest", "--life-seconds", "900")
	if key.SessionToken == "" || key.Expires == "" {
		t.Fatalf("key add --life-seconds = %+v", key)
	}
	list := func(session string) error {
		_, err := s.as(key.ID, key.Secret, session).ListRooms(within(t), &ivschat.ListRoomsInput{})
		return err
	}
	if err := list(key.SessionToken); err != nil {
		t.Errorf("with its session token: %v", err)
	}
	for _, session := range []string{"", key.SessionToken + "x"} {
		var refused smithy.APIError
		if err := list(session); !errors.As(err, &refused) || refused.ErrorCode() != "UnrecognizedClientException" {
			t.Errorf("with session token %q: %v", session, err)
		}
	}
	out, fail, err := awsAs(t, s, key.ID, key.Secret, key.SessionToken, "ivschat", "list-rooms")
	if err != nil || !strings.Contains(out, "rooms") {
		t.Errorf("aws ivschat list-rooms: %v %s%s", err, out, fail)
	}
}

// awsAs runs Debian's AWS CLI with temporary credentials.
func awsAs(t *testing.T, s *server, key, secret, session string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	if _, err := os.Stat("/usr/bin/aws"); err != nil {
		t.Fatal("the AWS CLI is not installed: test/setup.sh does it")
	}
	cmd := exec.CommandContext(within(t), "/usr/bin/aws", append(args, "--endpoint-url", s.endpoint, "--region", region, "--output", "json")...)
	cmd.Env = append(cleanEnv(), "HOME="+t.TempDir(), "AWS_ACCESS_KEY_ID="+key, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN="+session)
	var out, fail strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &fail
	err = cmd.Run()
	return out.String(), fail.String(), err
}

// A key ends the moment it is revoked, and a user with his last policy.
func TestIAMRevocation(t *testing.T) {
	t.Parallel()
	s := start(t, "--dev", "--listen", "127.0.0.1:0")
	c, key := s.user(t, "leaver", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ivschat:ListRooms","Resource":"*"}}`)
	list := func() error {
		_, err := c.ListRooms(within(t), &ivschat.ListRoomsInput{})
		return err
	}
	if err := list(); err != nil {
		t.Fatal(err)
	}
	var decided struct {
		Allowed   bool
		Policy    string
		Statement int
	}
	s.iam(t, &decided, "simulate", "--user", "leaver", "--action", "ivschat:ListRooms", "--resource", "arn:aws:ivschat:us-west-2:000000000000:room/*")
	if !decided.Allowed || decided.Policy != "leaver" || decided.Statement != 1 {
		t.Errorf("simulate = %+v", decided)
	}
	s.iam(t, nil, "user", "update", "--name", "leaver", "--policies", "IVSReadOnlyAccess")
	s.iam(t, nil, "policy", "remove", "--name", "leaver")
	if err := list(); err != nil {
		t.Errorf("ListRooms with the built-in policy: %v", err)
	}
	s.iam(t, nil, "key", "remove", "--user", "leaver", "--id", key)
	var refused smithy.APIError
	if err := list(); !errors.As(err, &refused) || refused.ErrorCode() != "UnrecognizedClientException" {
		t.Errorf("ListRooms with a revoked key: %v", err)
	}
}

package conformance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/aws/smithy-go"
)

// iamFile has an administrator in each of two accounts, a temporary key, one
// that is over, and a user who may only read.
const iamFile = `{
	"users": [
		{"account": "111111111111", "name": "one", "policies": ["AdministratorAccess"], "keys": [
			{"id": "AKIAONEONEONEONEONE1", "secret": "secret-of-one"},
			{"id": "ASIATEMPORARYKEYFOR1", "secret": "temporary-secret", "sessionToken": "a/session+token=", "expires": "2100-01-01T00:00:00Z"},
			{"id": "ASIAEXPIREDKEYFORONE", "secret": "expired-secret", "sessionToken": "over", "expires": "2020-01-01T00:00:00Z"}
		]},
		{"account": "222222222222", "name": "two", "policies": ["AdministratorAccess"], "keys": [{"id": "AKIATWOTWOTWOTWOTWO2", "secret": "secret-of-two"}]},
		{"account": "111111111111", "name": "reader", "policies": ["reader"], "keys": [{"id": "AKIAREADERREADERREAD", "secret": "secret-of-reader"}]}
	],
	"policies": [{"account": "111111111111", "name": "reader", "document":
		{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ivschat:Get*", "ivschat:List*"], "Resource": "*"}]}}]
}`

// as gives s the credentials of somebody in iamFile.
func (s *server) as(key, secret, session string) *ivschat.Client {
	return ivschat.New(ivschat.Options{
		Region: region, BaseEndpoint: &s.endpoint, Retryer: aws.NopRetryer{}, HTTPClient: wire,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, session),
	})
}

// kept is how a server is started on dir that keeps its data there.
func kept(t *testing.T, dir string) []string {
	t.Helper()
	users := filepath.Join(dir, "iam.json")
	if err := os.WriteFile(users, []byte(iamFile), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--iam-file", users, "--quotas", "off"}
}

// A server that is killed has every room it had acknowledged when it is back.
func TestKillKeepsRooms(t *testing.T) {
	t.Parallel()
	args := kept(t, t.TempDir())
	var made []string
	for round := range 3 {
		s, err := launch(shared.binary, t.TempDir(), args...)
		if err != nil {
			t.Fatal(err)
		}
		c := s.as("AKIAONEONEONEONEONE1", "secret-of-one", "")
		for i := range 10 {
			out, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{Name: aws.String(fmt.Sprintf("r%d-%d", round, i)), Tags: map[string]string{"i": fmt.Sprint(i)}})
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, *out.Arn)
		}
		// One is changed and one deleted with the last breath.
		if _, err := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &made[0], Name: aws.String(fmt.Sprint("round", round))}); err != nil {
			t.Fatal(err)
		}
		gone := made[len(made)-1]
		if _, err := c.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: &gone}); err != nil {
			t.Fatal(err)
		}
		made = made[:len(made)-1]
		_ = s.cmd.Process.Kill()
		_ = s.wait()
	}
	s := start(t, args...)
	c := s.as("AKIAONEONEONEONEONE1", "secret-of-one", "")
	var got []string
	for p := ivschat.NewListRoomsPaginator(c, &ivschat.ListRoomsInput{}); p.HasMorePages(); {
		out, err := p.NextPage(within(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Rooms {
			got = append(got, *r.Arn)
		}
	}
	slices.Sort(got)
	first := made[0]
	if slices.Sort(made); !slices.Equal(got, made) {
		t.Errorf("after three kills there are %d rooms, want the %d acknowledged", len(got), len(made))
	}
	if out, err := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &first}); err != nil || aws.ToString(out.Name) != "round2" || out.Tags["i"] != "0" {
		t.Errorf("the room changed last is %+v, %v", out, err)
	}
}

// A second process on the same directory is refused, and says why.
func TestSecondServerRefused(t *testing.T) {
	t.Parallel()
	args := kept(t, t.TempDir())
	start(t, args...)
	s := &server{binary: shared.binary}
	out, err := s.once(t, args...)
	if err == nil || !strings.Contains(out, "in use") {
		t.Errorf("a second server on the same data ended with %v: %s", err, out)
	}
}

// Temporary credentials come with a session token, which is checked.
func TestSessionToken(t *testing.T) {
	t.Parallel()
	s := start(t, kept(t, t.TempDir())...)
	list := func(key, secret, session string) error {
		_, err := s.as(key, secret, session).ListRooms(within(t), &ivschat.ListRoomsInput{})
		return err
	}
	if err := list("ASIATEMPORARYKEYFOR1", "temporary-secret", "a/session+token="); err != nil {
		t.Errorf("temporary credentials: %v", err)
	}
	for _, tt := range []struct{ name, key, secret, session, code string }{
		{"without the session token", "ASIATEMPORARYKEYFOR1", "temporary-secret", "", "UnrecognizedClientException"},
		{"another session token", "ASIATEMPORARYKEYFOR1", "temporary-secret", "another", "UnrecognizedClientException"},
		{"over", "ASIAEXPIREDKEYFORONE", "expired-secret", "over", "ExpiredTokenException"},
	} {
		err := list(tt.key, tt.secret, tt.session)
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != tt.code {
			t.Errorf("temporary credentials, %s: %v, want %s", tt.name, err, tt.code)
		}
	}
}

// Accounts see nothing of each other, and a policy holds.
func TestAccountsApart(t *testing.T) {
	t.Parallel()
	s := start(t, kept(t, t.TempDir())...)
	one, two := s.as("AKIAONEONEONEONEONE1", "secret-of-one", ""), s.as("AKIATWOTWOTWOTWOTWO2", "secret-of-two", "")
	reader := s.as("AKIAREADERREADERREAD", "secret-of-reader", "")
	made, err := one.CreateRoom(within(t), &ivschat.CreateRoomInput{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(*made.Arn, ":111111111111:") {
		t.Errorf("account 111111111111 made %s", *made.Arn)
	}
	_, err = two.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: made.Arn})
	as[*types.AccessDeniedException](t, "another account's GetRoom", err)
	_, err = two.CreateChatToken(within(t), &ivschat.CreateChatTokenInput{RoomIdentifier: made.Arn, UserId: aws.String("u")})
	as[*types.AccessDeniedException](t, "another account's CreateChatToken", err)
	if out, err := two.ListRooms(within(t), &ivschat.ListRoomsInput{}); err != nil || len(out.Rooms) != 0 {
		t.Errorf("another account lists %v, %v", out, err)
	}
	if _, err := reader.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: made.Arn}); err != nil {
		t.Errorf("the reader's GetRoom: %v", err)
	}
	_, err = reader.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: made.Arn})
	denied := as[*types.AccessDeniedException](t, "the reader's DeleteRoom", err)
	want := "User: arn:aws:iam::111111111111:user/reader is not authorized to perform: ivschat:DeleteRoom on resource: " + *made.Arn
	if !strings.HasPrefix(denied.ErrorMessage(), want) {
		t.Errorf("the reader is told %q, want %q …", denied.ErrorMessage(), want)
	}
}

package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"

	"parlor/internal/cloud"
)

// region is where tests work that don't care.
const region = "us-west-2"

var regions atomic.Int64 // how many have been given out

// apart returns a region where no one else has anything, nor had when the test ran before.
func apart() string { return fmt.Sprint("apart-", regions.Add(1)) }

// sdk is the AWS SDK for Go, pointed at the server by its endpoint alone. It
// doesn't retry, so that a test sees each answer.
func (s *server) sdk(region string) *ivschat.Client {
	return ivschat.New(ivschat.Options{
		Region:       region,
		BaseEndpoint: aws.String(s.endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(s.accessKey, s.secretKey, ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   wire,
	})
}

// wire carries the requests of the AWS SDK for Go. Its own client loses one in a hundred
// answers of more than 4 KB from a server as near as this one, and asks again; see
// internal/cloud.
var wire = cloud.Client(64)

// room makes a room for the test.
func (s *server) room(t *testing.T, in *ivschat.CreateRoomInput) string {
	t.Helper()
	if in == nil {
		in = &ivschat.CreateRoomInput{}
	}
	out, err := s.sdk(region).CreateRoom(within(t), in)
	if err != nil {
		t.Fatalf("CreateRoom: %v", err)
	}
	return *out.Arn
}

// Capabilities by name.
const (
	send       = types.ChatTokenCapabilitySendMessage
	remove     = types.ChatTokenCapabilityDeleteMessage
	disconnect = types.ChatTokenCapabilityDisconnectUser
)

// token mints a token for user in room.
func (s *server) token(t *testing.T, room, user string, can ...types.ChatTokenCapability) string {
	t.Helper()
	out, err := s.sdk(region).CreateChatToken(within(t), &ivschat.CreateChatTokenInput{
		RoomIdentifier: &room, UserId: &user, Capabilities: can,
		Attributes: map[string]string{"name": user},
	})
	if err != nil {
		t.Fatalf("CreateChatToken: %v", err)
	}
	return *out.Token
}

// A reply is an HTTP answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// do sends r as it is.
func do(t *testing.T, r *http.Request) reply {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r.WithContext(within(t)))
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return reply{resp.StatusCode, resp.Header, body}
}

// signed is a request as AWS's own signer signs it.
func (s *server) signed(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	return s.signedAt(t, method, path, body, time.Now())
}

func (s *server) signedAt(t *testing.T, method, path, body string, at time.Time) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.endpoint+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	sum := sha256.Sum256([]byte(body))
	cred := aws.Credentials{AccessKeyID: s.accessKey, SecretAccessKey: s.secretKey}
	if err := v4.NewSigner().SignHTTP(t.Context(), cred, r, hex.EncodeToString(sum[:]), "ivschat", region, at); err != nil {
		t.Fatal(err)
	}
	return r
}

// call posts body to operation and returns the answer.
func (s *server) call(t *testing.T, operation, body string) reply {
	t.Helper()
	return do(t, s.signed(t, http.MethodPost, "/"+operation, body))
}

// as reports err as the typed exception E, or fails the test.
func as[E error](t *testing.T, what string, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("%s: got %v, want a %T", what, err, e)
	}
	return e
}

// fieldNames are the fields that a ValidationException blames.
func fieldNames(e *types.ValidationException) (names []string) {
	for _, f := range e.FieldList {
		names = append(names, aws.ToString(f.Name))
	}
	return names
}

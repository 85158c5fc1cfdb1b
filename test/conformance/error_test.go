package conformance

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/aws/smithy-go"
)

var requestID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// checkError holds an error's answer against behaviour.md §9.2, and returns
// its body.
func checkError(t *testing.T, name string, r reply, status int, code string) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(r.body, &body); err != nil {
		t.Errorf("%s: the body %q: %v", name, r.body, err)
	}
	if r.status != status || r.header.Get("X-Amzn-Errortype") != code {
		t.Errorf("%s: %d %s %s, want %d %s", name, r.status, r.header.Get("X-Amzn-Errortype"), r.body, status, code)
	}
	if !requestID.MatchString(r.header.Get("X-Amzn-Requestid")) {
		t.Errorf("%s: the request id is %q", name, r.header.Get("X-Amzn-Requestid"))
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: the content type is %q", name, got)
	}
	if message, _ := body["message"].(string); message == "" {
		t.Errorf("%s: no message in %s", name, r.body)
	}
	if body["__type"] != code || body["code"] != nil {
		t.Errorf("%s: the body is %s, want __type and no code", name, r.body)
	}
	if at, err := http.ParseTime(r.header.Get("Date")); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("%s: the Date is %q", name, r.header.Get("Date"))
	}
	return body
}

func TestErrorEncoding(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	body := checkError(t, "invalid fields", shared.call(t, "CreateRoom", `{"name":"a b","maximumMessageLength":0}`), 400, "ValidationException")
	if list, _ := body["fieldList"].([]any); body["reason"] != "FIELD_VALIDATION_FAILED" || len(list) != 2 {
		t.Errorf("invalid fields: the body is %v", body)
	}
	absent := room[:len(room)-12] + "aaaaaaaaaaaa"
	body = checkError(t, "not found", shared.call(t, "GetRoom", `{"identifier":`+quote(absent)+`}`), 404, "ResourceNotFoundException")
	if body["resourceId"] != "aaaaaaaaaaaa" || body["resourceType"] != "ROOM" {
		t.Errorf("not found: the body is %v", body)
	}
	checkError(t, "unknown operation", shared.call(t, "MakeRoom", `{}`), 404, "UnknownOperationException")
	for name, text := range map[string]string{
		"no JSON":       `{`,
		"an array":      `[]`,
		"trailing data": `{} {}`,
		"a key twice":   `{"name":"a","name":"b"}`,
		"a wrong type":  `{"maximumMessageLength":"5"}`,
	} {
		r := shared.call(t, "CreateRoom", text)
		if code := r.header.Get("X-Amzn-Errortype"); r.status != 400 || code == "" {
			t.Errorf("%s: %d %s %s, want 400", name, r.status, code, r.body)
			continue
		}
		checkError(t, name, r, 400, r.header.Get("X-Amzn-Errortype"))
	}
	r := shared.call(t, "CreateRoom", `{"name":"`+strings.Repeat("a", 256<<10)+`"}`)
	checkError(t, "a body over 256 KiB", r, 413, "RequestEntityTooLargeException")
	if r := do(t, shared.signed(t, http.MethodGet, "/CreateRoom", "")); r.status < 400 || !json.Valid(r.body) {
		t.Errorf("GET /CreateRoom: %d %s, want an error in JSON", r.status, r.body)
	}
}

// Every modelled error that a caller can bring about comes out as the SDK's
// typed exception. Those nobody can bring about from outside (PendingVerification,
// InternalServerException) are proven by internal/control.TestEveryTypedException.
func TestTypedExceptions(t *testing.T) {
	t.Parallel()
	c := shared.sdk(region)
	room, logging := shared.room(t, nil), newLogging(t, c)

	_, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{Name: aws.String("a b")})
	if e := as[*types.ValidationException](t, "ValidationException", err); len(e.FieldList) != 1 || aws.ToString(e.FieldList[0].Message) == "" || e.ErrorMessage() == "" {
		t.Errorf("ValidationException = %+v", e)
	}
	_, err = c.SendEvent(within(t), &ivschat.SendEventInput{RoomIdentifier: aws.String(strings.Replace(room, devAccount, "111111111111", 1)), EventName: aws.String("e")})
	if e := as[*types.AccessDeniedException](t, "AccessDeniedException", err); e.ErrorMessage() == "" {
		t.Errorf("AccessDeniedException = %+v", e)
	}
	_, err = c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &room, LoggingConfigurationIdentifiers: []string{logging}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteLoggingConfiguration(within(t), &ivschat.DeleteLoggingConfigurationInput{Identifier: &logging})
	if e := as[*types.ConflictException](t, "ConflictException", err); !strings.HasSuffix(logging, "/"+aws.ToString(e.ResourceId)) {
		t.Errorf("ConflictException = %+v", e)
	}
}

// The quotas of the real service, and their errors.
func TestTypedQuotaExceptions(t *testing.T) {
	t.Parallel()
	s := limited(t, "aws", `"SendEvent":1`)
	c := s.sdk(region)
	room := s.room(t, nil)
	in := &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("e")}
	for deadline := time.Now().Add(patience); ; {
		_, err := c.SendEvent(within(t), in)
		if err == nil && time.Now().Before(deadline) {
			continue
		}
		if e := as[*types.ThrottlingException](t, "ThrottlingException", err); e.Limit != 1 {
			t.Errorf("ThrottlingException = %+v, want the limit 1", e)
		}
		break
	}
	var made int
	for {
		_, err := c.CreateLoggingConfiguration(within(t), &ivschat.CreateLoggingConfigurationInput{
			DestinationConfiguration: &types.DestinationConfigurationMemberFirehose{Value: types.FirehoseDestinationConfiguration{DeliveryStreamName: aws.String("chat")}},
		})
		var slow *types.ThrottlingException
		var api smithy.APIError
		if errors.As(err, &slow) || errors.As(err, &api) && api.ErrorCode() == "ThrottlingException" {
			select {
			case <-t.Context().Done():
				t.Fatal("out of time")
			case <-time.After(350 * time.Millisecond): // 3 a second are allowed
			}
			continue
		}
		if err == nil {
			made++
			continue
		}
		if e := as[*types.ServiceQuotaExceededException](t, "ServiceQuotaExceededException", err); e.Limit != 10 || made != 10 {
			t.Errorf("after %d logging configurations: %+v, want 10 and the limit 10", made, e)
		}
		return
	}
}

// What the SDKs make of empty answers (behaviour.md §3.1).
func TestEmptyAnswers(t *testing.T) {
	t.Parallel()
	room := shared.room(t, nil)
	r := shared.call(t, "DisconnectUser", `{"roomIdentifier":`+quote(room)+`,"userId":"u"}`)
	if r.status != 200 || len(r.body) != 0 && string(r.body) != "{}" {
		t.Errorf("DisconnectUser: %d %q, want 200 and nothing", r.status, r.body)
	}
	r = shared.call(t, "DeleteRoom", `{"identifier":`+quote(room)+`}`)
	if r.status != 204 || len(r.body) != 0 || !requestID.MatchString(r.header.Get("X-Amzn-Requestid")) {
		t.Errorf("DeleteRoom: %d %q %v, want 204 and a request id", r.status, r.body, r.header)
	}
	// The SDK takes them as they are.
	c := shared.sdk(region)
	room, logging := shared.room(t, nil), newLogging(t, c)
	if _, err := c.DisconnectUser(within(t), &ivschat.DisconnectUserInput{RoomIdentifier: &room, UserId: aws.String("u")}); err != nil {
		t.Error(err)
	}
	if _, err := c.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: &room, Tags: map[string]string{"a": "b"}}); err != nil {
		t.Error(err)
	}
	if _, err := c.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: &room}); err != nil {
		t.Error(err)
	}
	if _, err := c.DeleteLoggingConfiguration(within(t), &ivschat.DeleteLoggingConfigurationInput{Identifier: &logging}); err != nil {
		t.Error(err)
	}
}

func TestSignatureRefused(t *testing.T) {
	t.Parallel()
	good := func() *http.Request { return shared.signed(t, http.MethodPost, "/ListRooms", `{}`) }
	if r := do(t, good()); r.status != 200 {
		t.Fatalf("a good signature gets %d %s", r.status, r.body)
	}
	edit := func(change func(*http.Request)) *http.Request {
		r := good()
		change(r)
		return r
	}
	stranger := &server{endpoint: shared.endpoint, accessKey: "PARLORNOSUCHKEY", secretKey: "x"}
	thief := &server{endpoint: shared.endpoint, accessKey: shared.accessKey, secretKey: "not-the-secret"}
	tests := []struct {
		name string
		r    *http.Request
		code string
	}{
		{"no authentication", edit(func(r *http.Request) { r.Header.Del("Authorization") }), "MissingAuthenticationTokenException"},
		{"unknown key", stranger.signed(t, http.MethodPost, "/ListRooms", `{}`), "UnrecognizedClientException"},
		{"wrong secret", thief.signed(t, http.MethodPost, "/ListRooms", `{}`), "InvalidSignatureException"},
		{"another operation", edit(func(r *http.Request) { r.URL.Path = "/DeleteRoom" }), "InvalidSignatureException"},
		{"a query added", edit(func(r *http.Request) { r.URL.RawQuery = "a=b" }), "InvalidSignatureException"},
		{"a header changed", edit(func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }), "InvalidSignatureException"},
		{"too old", shared.signedAt(t, http.MethodPost, "/ListRooms", `{}`, time.Now().Add(-6*time.Minute)), "InvalidSignatureException"},
		{"from the future", shared.signedAt(t, http.MethodPost, "/ListRooms", `{}`, time.Now().Add(6*time.Minute)), "InvalidSignatureException"},
		{"cut short", edit(func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") }), "IncompleteSignatureException"},
	}
	for _, tt := range tests {
		checkError(t, tt.name, do(t, tt.r), 403, tt.code)
	}
	other := shared.signed(t, http.MethodPost, "/ListRooms", `{"maxResults":1}`)
	other.Body, other.ContentLength, other.GetBody = http.NoBody, 0, nil
	if r := do(t, other); r.status != 403 {
		t.Errorf("another body gets %d %s, want 403", r.status, r.body)
	}
	// The SDK names these errors too, though they are not modelled.
	c := ivschat.New(ivschat.Options{
		Region: region, BaseEndpoint: &shared.endpoint, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("PARLORNOSUCHKEY", "x", ""),
	})
	_, err := c.ListRooms(within(t), &ivschat.ListRoomsInput{})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "UnrecognizedClientException" {
		t.Errorf("the SDK says %v, want an UnrecognizedClientException", err)
	}
}

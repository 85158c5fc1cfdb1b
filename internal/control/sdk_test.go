package control_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/aws/smithy-go"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/chattest"
	"parlor/internal/control"
	"parlor/internal/iam"
	"parlor/internal/quota"
)

// refusing are quotas that refuse everything with err.
type refusing struct{ err error }

func (r *refusing) Allow(context.Context, quota.Key) error { return r.err }
func (*refusing) Limit(string, quota.Name) int             { return 0 }

// calls is every operation as the AWS SDK for Go calls it.
func calls(c *ivschat.Client, room, logging string) map[string]func(context.Context) error {
	user, id, name := aws.String("u"), aws.String("M2YcHkgffEvU"), aws.String("e")
	logs := &types.DestinationConfigurationMemberS3{Value: types.S3DestinationConfiguration{BucketName: aws.String("chat-logs")}}
	return map[string]func(context.Context) error{
		"CreateChatToken":            call(c.CreateChatToken, &ivschat.CreateChatTokenInput{RoomIdentifier: &room, UserId: user}),
		"CreateRoom":                 call(c.CreateRoom, &ivschat.CreateRoomInput{}),
		"GetRoom":                    call(c.GetRoom, &ivschat.GetRoomInput{Identifier: &room}),
		"UpdateRoom":                 call(c.UpdateRoom, &ivschat.UpdateRoomInput{Identifier: &room}),
		"DeleteRoom":                 call(c.DeleteRoom, &ivschat.DeleteRoomInput{Identifier: &room}),
		"ListRooms":                  call(c.ListRooms, &ivschat.ListRoomsInput{}),
		"SendEvent":                  call(c.SendEvent, &ivschat.SendEventInput{RoomIdentifier: &room, EventName: name}),
		"DeleteMessage":              call(c.DeleteMessage, &ivschat.DeleteMessageInput{RoomIdentifier: &room, Id: id}),
		"DisconnectUser":             call(c.DisconnectUser, &ivschat.DisconnectUserInput{RoomIdentifier: &room, UserId: user}),
		"CreateLoggingConfiguration": call(c.CreateLoggingConfiguration, &ivschat.CreateLoggingConfigurationInput{DestinationConfiguration: logs}),
		"GetLoggingConfiguration":    call(c.GetLoggingConfiguration, &ivschat.GetLoggingConfigurationInput{Identifier: &logging}),
		"UpdateLoggingConfiguration": call(c.UpdateLoggingConfiguration, &ivschat.UpdateLoggingConfigurationInput{Identifier: &logging}),
		"DeleteLoggingConfiguration": call(c.DeleteLoggingConfiguration, &ivschat.DeleteLoggingConfigurationInput{Identifier: &logging}),
		"ListLoggingConfigurations":  call(c.ListLoggingConfigurations, &ivschat.ListLoggingConfigurationsInput{}),
		"TagResource":                call(c.TagResource, &ivschat.TagResourceInput{ResourceArn: &room, Tags: map[string]string{"a": "b"}}),
		"UntagResource":              call(c.UntagResource, &ivschat.UntagResourceInput{ResourceArn: &room, TagKeys: []string{"a"}}),
		"ListTagsForResource":        call(c.ListTagsForResource, &ivschat.ListTagsForResourceInput{ResourceArn: &room}),
	}
}

func call[In, Out any](method func(context.Context, *In, ...func(*ivschat.Options)) (*Out, error), in *In) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := method(ctx, in)
		return err
	}
}

// TestEveryTypedException: each error that the model lists for an operation comes
// out of the AWS SDK for Go as its typed exception, with its members.
func TestEveryTypedException(t *testing.T) {
	t.Parallel()
	keys, err := chattest.Keys()
	if err != nil {
		t.Fatal(err)
	}
	refuse := &refusing{}
	server, err := control.New(control.Deps{
		Auth: iam.NewAuthenticator(keys, iam.Config{}), Quotas: refuse, Rooms: &chattest.Rooms{},
		Logging: &chattest.LoggingConfigurations{}, Tokens: chattest.Mint{}, Hub: &chattest.Hub{},
	}, control.Config{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(server)
	defer srv.Close()
	cred := chattest.Credentials(chattest.Account, chattest.Admin)
	sdk := ivschat.New(ivschat.Options{
		BaseEndpoint: &srv.URL, Region: "us-west-2", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(cred.AccessKeyID, cred.SecretAccessKey, ""),
	})
	room := chat.ARN{Region: "us-west-2", Account: chattest.Account, Kind: chat.KindRoom, ID: "aaaaaaaaaaaa"}
	logging := room
	logging.Kind = chat.KindLogging
	all := calls(sdk, room.String(), logging.String())
	for _, op := range api.Operations() {
		if all[op.Name] == nil {
			t.Errorf("%s: the test doesn't call it", op.Name)
			continue
		}
		for _, code := range op.Errors {
			refuse.err = &chat.Error{
				Code: code, Message: "the message", Reason: chat.ReasonFields, ResourceID: room.ID, ResourceType: chat.TypeRoom, Limit: 7,
				Fields: []chat.FieldError{{Name: "field", Message: "its fault"}},
			}
			checkTyped(t, op.Name, string(code), all[op.Name](t.Context()))
		}
	}
}

func checkTyped(t *testing.T, op, code string, err error) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || fmt.Sprintf("%T", e) != "*types."+code || e.ErrorMessage() != "the message" {
		t.Errorf("%s: got %T %v, want a types.%s", op, e, err, code)
		return
	}
	var id *string
	limit := int32(7)
	switch e := e.(type) {
	case *types.ValidationException:
		if e.Reason != types.ValidationExceptionReasonFieldValidationFailed || len(e.FieldList) != 1 || aws.ToString(e.FieldList[0].Name) != "field" {
			t.Errorf("%s: %s has the members %+v", op, code, e)
		}
		return
	case *types.ResourceNotFoundException:
		id = e.ResourceId
	case *types.ConflictException:
		id = e.ResourceId
	case *types.ThrottlingException:
		id, limit = e.ResourceId, e.Limit
	case *types.ServiceQuotaExceededException:
		id, limit = e.ResourceId, e.Limit
	default:
		return
	}
	if aws.ToString(id) != "aaaaaaaaaaaa" || limit != 7 {
		t.Errorf("%s: %s has the members %+v", op, code, e)
	}
}

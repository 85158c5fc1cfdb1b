package conformance

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

// A logging configuration is active at once, has one destination, and can't be deleted
// while a room uses it (behaviour.md §5.1).
func TestLoggingConfigurationLife(t *testing.T) {
	t.Parallel()
	c := shared.sdk(apart())
	s3 := &types.DestinationConfigurationMemberS3{Value: types.S3DestinationConfiguration{BucketName: aws.String("chat-logs")}}
	made, err := c.CreateLoggingConfiguration(within(t), &ivschat.CreateLoggingConfigurationInput{
		Name: aws.String("first"), DestinationConfiguration: s3, Tags: map[string]string{"team": "blue"},
	})
	if err != nil || made.State != types.CreateLoggingConfigurationStateActive || aws.ToString(made.Name) != "first" || made.Tags["team"] != "blue" {
		t.Fatalf("CreateLoggingConfiguration = %+v, %v", made, err)
	}
	firehose := &types.DestinationConfigurationMemberFirehose{Value: types.FirehoseDestinationConfiguration{DeliveryStreamName: aws.String("chat")}}
	changed, err := c.UpdateLoggingConfiguration(within(t), &ivschat.UpdateLoggingConfigurationInput{Identifier: made.Arn, DestinationConfiguration: firehose})
	if err != nil || changed.State != types.UpdateLoggingConfigurationStateActive || aws.ToString(changed.Name) != "first" {
		t.Errorf("UpdateLoggingConfiguration = %+v, %v", changed, err)
	}
	got, err := c.GetLoggingConfiguration(within(t), &ivschat.GetLoggingConfigurationInput{Identifier: made.Arn})
	if err != nil {
		t.Fatal(err)
	}
	if d, ok := got.DestinationConfiguration.(*types.DestinationConfigurationMemberFirehose); !ok || aws.ToString(d.Value.DeliveryStreamName) != "chat" ||
		got.State != types.LoggingConfigurationStateActive || !got.UpdateTime.After(*got.CreateTime) {
		t.Errorf("GetLoggingConfiguration = %+v", got)
	}
	list, err := c.ListLoggingConfigurations(within(t), &ivschat.ListLoggingConfigurationsInput{})
	if err != nil || len(list.LoggingConfigurations) != 1 || *list.LoggingConfigurations[0].Arn != *made.Arn {
		t.Errorf("ListLoggingConfigurations = %+v, %v", list, err)
	}

	room, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{LoggingConfigurationIdentifiers: []string{*made.Arn}})
	if err != nil || !slices.Equal(room.LoggingConfigurationIdentifiers, []string{*made.Arn}) {
		t.Fatalf("CreateRoom = %+v, %v", room, err)
	}
	_, err = c.DeleteLoggingConfiguration(within(t), &ivschat.DeleteLoggingConfigurationInput{Identifier: made.Arn})
	if e := as[*types.ConflictException](t, "deleting an attached one", err); aws.ToString(e.ResourceId) != *made.Id {
		t.Errorf("ConflictException of %s, want %s", aws.ToString(e.ResourceId), *made.Id)
	}
	if _, err := c.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: room.Arn}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteLoggingConfiguration(within(t), &ivschat.DeleteLoggingConfigurationInput{Identifier: made.Arn}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetLoggingConfiguration(within(t), &ivschat.GetLoggingConfigurationInput{Identifier: made.Arn})
	as[*types.ResourceNotFoundException](t, "a deleted one", err)
}

// The union has exactly one member; SDKs can't even say two, so this is said by hand.
func TestLoggingDestinations(t *testing.T) {
	t.Parallel()
	for _, union := range []string{`{}`, `{"s3":{"bucketName":"abc"},"firehose":{"deliveryStreamName":"s"}}`, `{"s3":{"bucketName":"A"}}`, `{"other":{}}`, `null`} {
		body := checkError(t, union, shared.call(t, "CreateLoggingConfiguration", `{"destinationConfiguration":`+union+`}`), 400, "ValidationException")
		if body["reason"] != "FIELD_VALIDATION_FAILED" {
			t.Errorf("%s: %v", union, body)
		}
	}
}

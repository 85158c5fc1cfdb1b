package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"parlor/api"
	"parlor/chat"
)

const room = "arn:aws:ivschat:us-west-2:123456789012:room/g1H2I3j4k5L6"

func many(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[strings.Repeat("k", i+1)] = "v"
	}
	return m
}

// TestCheck plays the boundaries of every constraint; want names the bad fields.
func TestCheck(t *testing.T) {
	logging := "arn:aws:ivschat:us-west-2:123456789012:logging-configuration/mNoPqRsTuVwX"
	lambda := "arn:aws:lambda:us-west-2:123456789012:function:review"
	s3 := func(bucket string) *api.DestinationConfiguration {
		return &api.DestinationConfiguration{S3: &api.S3DestinationConfiguration{BucketName: bucket}}
	}
	for _, tt := range []struct {
		name string
		op   *api.Operation
		in   any
		want string
	}{
		{"empty room", api.CreateRoom.Operation, &api.CreateRoomInput{}, ""},
		{"empty name", api.CreateRoom.Operation, &api.CreateRoomInput{Name: new("")}, ""},
		{"name of 128", api.CreateRoom.Operation, &api.CreateRoomInput{Name: new(strings.Repeat("n", 128))}, ""},
		{"name of 129", api.CreateRoom.Operation, &api.CreateRoomInput{Name: new(strings.Repeat("n", 129))}, "name"},
		{"name with blank", api.CreateRoom.Operation, &api.CreateRoomInput{Name: new("a b")}, "name"},
		{"rate 1, length 500", api.CreateRoom.Operation, &api.CreateRoomInput{MaximumMessageRatePerSecond: new(1), MaximumMessageLength: new(500)}, ""},
		{"rate 0, length 501", api.CreateRoom.Operation, &api.CreateRoomInput{MaximumMessageRatePerSecond: new(0), MaximumMessageLength: new(501)}, "maximumMessageRatePerSecond maximumMessageLength"},
		{"rate 101, length 0", api.CreateRoom.Operation, &api.CreateRoomInput{MaximumMessageRatePerSecond: new(101), MaximumMessageLength: new(0)}, "maximumMessageRatePerSecond maximumMessageLength"},
		{"handler", api.CreateRoom.Operation, &api.CreateRoomInput{MessageReviewHandler: &api.MessageReviewHandler{URI: &lambda, FallbackResult: new("DENY")}}, ""},
		{"no handler", api.CreateRoom.Operation, &api.CreateRoomInput{MessageReviewHandler: &api.MessageReviewHandler{URI: new("")}}, ""},
		{"bad handler", api.CreateRoom.Operation, &api.CreateRoomInput{MessageReviewHandler: &api.MessageReviewHandler{URI: new("http://x"), FallbackResult: new("MAYBE")}}, "messageReviewHandler.uri messageReviewHandler.fallbackResult"},
		{"three logging", api.CreateRoom.Operation, &api.CreateRoomInput{LoggingConfigurationIdentifiers: []string{logging, logging, logging}}, ""},
		{"four logging", api.CreateRoom.Operation, &api.CreateRoomInput{LoggingConfigurationIdentifiers: []string{logging, logging, logging, logging}}, "loggingConfigurationIdentifiers"},
		{"room as logging", api.CreateRoom.Operation, &api.CreateRoomInput{LoggingConfigurationIdentifiers: []string{logging, room}}, "loggingConfigurationIdentifiers.2.member"},
		{"50 tags", api.CreateRoom.Operation, &api.CreateRoomInput{Tags: many(50)}, ""},
		{"51 tags", api.CreateRoom.Operation, &api.CreateRoomInput{Tags: many(51)}, "tags"},
		{"tag sizes", api.CreateRoom.Operation, &api.CreateRoomInput{Tags: map[string]string{strings.Repeat("k", 129): strings.Repeat("v", 257)}}, "tags.key tags.value"},
		{"no identifier", api.GetRoom.Operation, &api.GetRoomInput{}, "identifier"},
		{"bare id", api.GetRoom.Operation, &api.GetRoomInput{Identifier: "g1H2I3j4k5L6"}, "identifier"},
		{"token", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: "u", SessionDurationInMinutes: new(180)}, ""},
		{"empty token", api.CreateChatToken.Operation, &api.CreateChatTokenInput{}, "roomIdentifier userId"},
		{"user of 128 emoji", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: strings.Repeat("🚀", 128)}, ""},
		{"user of 129", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: strings.Repeat("u", 129)}, "userId"},
		{"minutes", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: "u", SessionDurationInMinutes: new(181)}, "sessionDurationInMinutes"},
		{"no minutes", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: "u", SessionDurationInMinutes: new(0)}, "sessionDurationInMinutes"},
		{"capability", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: "u", Capabilities: []chat.Capability{"SEND_MESSAGE", "SEND_MESSAGE", "FLY"}}, "capabilities.3.member"},
		{"1024 bytes", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: "u", Attributes: map[string]string{"k": strings.Repeat("v", 1023)}}, ""},
		{"1025 bytes", api.CreateChatToken.Operation, &api.CreateChatTokenInput{RoomIdentifier: room, UserID: "u", Attributes: map[string]string{"k": strings.Repeat("é", 512)}}, "attributes"},
		{"4096 bytes", api.SendEvent.Operation, &api.SendEventInput{RoomIdentifier: room, EventName: "e", Attributes: map[string]string{"k": strings.Repeat("v", 4095)}}, ""},
		{"4097 bytes", api.SendEvent.Operation, &api.SendEventInput{RoomIdentifier: room, EventName: strings.Repeat("e", 101), Attributes: map[string]string{"k": strings.Repeat("v", 4096)}}, "eventName attributes"},
		{"delete", api.DeleteMessage.Operation, &api.DeleteMessageInput{RoomIdentifier: room, ID: "M2YcHkgffEvU", Reason: new("r")}, ""},
		{"delete badly", api.DeleteMessage.Operation, &api.DeleteMessageInput{RoomIdentifier: room, ID: "M2YcHkgff-vU", Reason: new("")}, "id reason"},
		{"page", api.ListRooms.Operation, &api.ListRoomsInput{MaxResults: new(51), NextToken: new(strings.Repeat("t", 1025))}, "nextToken maxResults"},
		{"empty page token", api.ListRooms.Operation, &api.ListRoomsInput{NextToken: new("")}, ""},
		{"no tags", api.TagResource.Operation, &api.TagResourceInput{ResourceARN: room}, "tags"},
		{"empty tags", api.TagResource.Operation, &api.TagResourceInput{ResourceARN: logging, Tags: map[string]string{}}, ""},
		{"tag keys", api.UntagResource.Operation, &api.UntagResourceInput{ResourceARN: room, TagKeys: []string{""}}, "tagKeys.1.member"},
		{"bucket", api.CreateLoggingConfiguration.Operation, &api.CreateLoggingConfigurationInput{DestinationConfiguration: s3("abc")}, ""},
		{"no destination", api.CreateLoggingConfiguration.Operation, &api.CreateLoggingConfigurationInput{}, "destinationConfiguration"},
		{"empty union", api.CreateLoggingConfiguration.Operation, &api.CreateLoggingConfigurationInput{DestinationConfiguration: &api.DestinationConfiguration{}}, "destinationConfiguration"},
		{"bad bucket", api.CreateLoggingConfiguration.Operation, &api.CreateLoggingConfigurationInput{DestinationConfiguration: s3("A_")}, "destinationConfiguration.s3.bucketName destinationConfiguration.s3.bucketName"},
		{"two of a union", api.UpdateLoggingConfiguration.Operation, &api.UpdateLoggingConfigurationInput{
			Identifier: logging, DestinationConfiguration: &api.DestinationConfiguration{
				S3: &api.S3DestinationConfiguration{BucketName: "abc"}, Firehose: &api.FirehoseDestinationConfiguration{DeliveryStreamName: "f"},
			},
		}, "destinationConfiguration"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range tt.op.Check(tt.in) {
				got = append(got, f.Name)
			}
			if names := strings.Join(got, " "); names != tt.want {
				t.Errorf("Check() names %q, want %q", names, tt.want)
			}
		})
	}
}

// TestEveryPatternIsKnown catches a pattern's name misspelt in a tag.
func TestEveryPatternIsKnown(t *testing.T) {
	seen := map[string]bool{}
	var walk func(s *api.Shape)
	walk = func(s *api.Shape) {
		if s == nil {
			return
		}
		if s.Pattern != "" {
			seen[s.Pattern] = true
			if api.Expression(s.Pattern) == "" {
				t.Errorf("%s: pattern %q is unknown", s.Name, s.Pattern)
			}
		}
		walk(s.Key)
		walk(s.Elem)
		for _, m := range s.Members {
			if m.Doc == "" || m.Name == "" {
				t.Errorf("%s.%s has no doc or no name", s.Name, m.Name)
			}
			walk(m.Shape)
		}
	}
	for _, op := range api.Operations() {
		walk(op.Input())
		walk(op.Output())
		if op.Doc == "" || len(op.Errors) == 0 {
			t.Errorf("%s: no doc or no errors", op.Name)
		}
		if op.Target != "" {
			if _, ok := op.Input().Member(op.Target); !ok {
				t.Errorf("%s: target %s is no member", op.Name, op.Target)
			}
		}
	}
	if got := len(slices.Collect(maps.Keys(seen))); got != 9 {
		t.Errorf("%d patterns in use, want 9", got)
	}
}

func BenchmarkCheck(b *testing.B) {
	in := &api.CreateChatTokenInput{RoomIdentifier: room, UserID: "ada", Capabilities: []chat.Capability{chat.SendMessage}, Attributes: map[string]string{"name": "Ada"}}
	b.ReportAllocs()
	for b.Loop() {
		api.CreateChatToken.Check(in)
	}
}

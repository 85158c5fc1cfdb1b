package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

// These tests walk the way of Terraform's provider, call by call (behaviour.md §12.2): what
// it asks after each change, what it waits for, and what it would show as drift.

// provider is Terraform's provider for one region.
type provider struct{ *ivschat.Client }

// state is what a plan is compared with: all that the provider reads back of a room.
type state struct {
	name, uri, fallback string
	length, rate        int32
	logging             []string
	tags                map[string]string
}

// read reads a room as the provider does after every change.
func (p provider) read(t *testing.T, arn string) state {
	t.Helper()
	room, err := p.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn})
	if err != nil {
		t.Fatalf("GetRoom: %v", err)
	}
	tags, err := p.ListTagsForResource(within(t), &ivschat.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		t.Fatalf("ListTagsForResource: %v", err)
	}
	s := state{
		name: aws.ToString(room.Name), length: aws.ToInt32(room.MaximumMessageLength), rate: aws.ToInt32(room.MaximumMessageRatePerSecond),
		logging: room.LoggingConfigurationIdentifiers, tags: tags.Tags,
	}
	if h := room.MessageReviewHandler; h != nil {
		s.uri, s.fallback = aws.ToString(h.Uri), string(h.FallbackResult)
	}
	return s
}

func (s state) String() string {
	return fmt.Sprint(s.name, " ", s.length, " ", s.rate, " ", s.uri, " ", s.fallback, " ", s.logging, " ", s.tags)
}

// settles asks until done says so twice in a row, as the provider's waiters do.
func settles(t *testing.T, what string, done func(context.Context) (bool, error)) {
	t.Helper()
	for row, deadline := 0, time.Now().Add(patience); row < 2; {
		ok, err := done(within(t))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if row++; !ok {
			row = 0
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s doesn't happen", what)
		}
	}
}

func (p provider) roomThere(t *testing.T, arn string, there bool) {
	t.Helper()
	settles(t, "the room's coming or going", func(ctx context.Context) (bool, error) {
		_, err := p.GetRoom(ctx, &ivschat.GetRoomInput{Identifier: &arn})
		if gone := (*types.ResourceNotFoundException)(nil); errors.As(err, &gone) {
			return !there, nil
		}
		return there, err
	})
}

func (p provider) logging(t *testing.T, destination types.DestinationConfiguration) string {
	t.Helper()
	made, err := p.CreateLoggingConfiguration(within(t), &ivschat.CreateLoggingConfigurationInput{DestinationConfiguration: destination})
	if err != nil {
		t.Fatal(err)
	}
	settles(t, "CREATING to ACTIVE", func(ctx context.Context) (bool, error) {
		got, err := p.GetLoggingConfiguration(ctx, &ivschat.GetLoggingConfigurationInput{Identifier: made.Arn})
		if err != nil {
			return false, err
		}
		if got.State != types.LoggingConfigurationStateActive && got.State != types.LoggingConfigurationStateCreating {
			return false, fmt.Errorf("state %s", got.State)
		}
		return got.State == types.LoggingConfigurationStateActive, nil
	})
	return *made.Arn
}

func TestTerraformRoom(t *testing.T) {
	t.Parallel()
	p := provider{shared.sdk(apart())}
	a := p.logging(t, &types.DestinationConfigurationMemberCloudWatchLogs{Value: types.CloudWatchLogsDestinationConfiguration{LogGroupName: aws.String("a")}})
	b := p.logging(t, &types.DestinationConfigurationMemberFirehose{Value: types.FirehoseDestinationConfiguration{DeliveryStreamName: aws.String("b")}})
	handler := "arn:aws:lambda:us-west-2:" + devAccount + ":function:review"

	made, err := p.CreateRoom(within(t), &ivschat.CreateRoomInput{Tags: map[string]string{"key1": "value1"}})
	if err != nil {
		t.Fatal(err)
	}
	p.roomThere(t, *made.Arn, true)
	want := state{length: 500, rate: 10, tags: map[string]string{"key1": "value1"}}
	check := func(step string) {
		t.Helper()
		if got := p.read(t, *made.Arn); got.String() != want.String() {
			t.Errorf("%s: drift: %v, want %v", step, got, want)
		}
	}
	check("create")
	if summary := p.imported(t, *made.Arn); summary == nil {
		t.Error("the room is not in the list")
	}

	for _, step := range []struct {
		name   string
		change *ivschat.UpdateRoomInput
		then   func()
	}{
		{"update", &ivschat.UpdateRoomInput{
			Name: aws.String("n"), MaximumMessageLength: aws.Int32(123), MaximumMessageRatePerSecond: aws.Int32(5),
			MessageReviewHandler: &types.MessageReviewHandler{Uri: &handler, FallbackResult: types.FallbackResultDeny},
		}, func() {
			want.name, want.length, want.rate, want.uri, want.fallback = "n", 123, 5, handler, "DENY"
		}},
		{"one configuration", &ivschat.UpdateRoomInput{LoggingConfigurationIdentifiers: []string{a}}, func() { want.logging = []string{a} }},
		{"two, in order", &ivschat.UpdateRoomInput{LoggingConfigurationIdentifiers: []string{b, a}}, func() { want.logging = []string{b, a} }},
		{"the other one", &ivschat.UpdateRoomInput{LoggingConfigurationIdentifiers: []string{b}}, func() { want.logging = []string{b} }},
		{"none", &ivschat.UpdateRoomInput{LoggingConfigurationIdentifiers: []string{}}, func() { want.logging = nil }},
		{"no handler", &ivschat.UpdateRoomInput{MessageReviewHandler: &types.MessageReviewHandler{Uri: aws.String("")}}, func() { want.uri = "" }},
	} {
		step.change.Identifier = made.Arn
		if _, err := p.UpdateRoom(within(t), step.change); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		step.then()
		check(step.name)
	}

	// Tags 1 → 2 → 1: untag first, then tag.
	for _, tags := range []map[string]string{{"key1": "value1updated", "key2": "value2"}, {"key2": "value2"}} {
		old := slices.DeleteFunc(slices.Collect(maps.Keys(want.tags)), func(k string) bool { return tags[k] != "" })
		if len(old) > 0 {
			if _, err := p.UntagResource(within(t), &ivschat.UntagResourceInput{ResourceArn: made.Arn, TagKeys: old}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: made.Arn, Tags: tags}); err != nil {
			t.Fatal(err)
		}
		want.tags = tags
		check("tags")
	}

	if _, err := p.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: made.Arn}); err != nil {
		t.Fatal(err)
	}
	p.roomThere(t, *made.Arn, false)
	for _, arn := range []string{a, b} {
		p.destroyLogging(t, arn)
	}
}

// imported finds a room in the list.
func (p provider) imported(t *testing.T, arn string) *types.RoomSummary {
	t.Helper()
	for pages := ivschat.NewListRoomsPaginator(p, &ivschat.ListRoomsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(within(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Rooms {
			if *page.Rooms[i].Arn == arn {
				return &page.Rooms[i]
			}
		}
	}
	return nil
}

// destroyLogging deletes a configuration and waits until it is gone; one that is gone
// already is as good.
func (p provider) destroyLogging(t *testing.T, arn string) {
	t.Helper()
	for range 2 {
		_, err := p.DeleteLoggingConfiguration(within(t), &ivschat.DeleteLoggingConfigurationInput{Identifier: &arn})
		if gone := (*types.ResourceNotFoundException)(nil); err != nil && !errors.As(err, &gone) {
			t.Fatal(err)
		}
		settles(t, "DELETING to gone", func(ctx context.Context) (bool, error) {
			got, err := p.GetLoggingConfiguration(ctx, &ivschat.GetLoggingConfigurationInput{Identifier: &arn})
			if gone := (*types.ResourceNotFoundException)(nil); errors.As(err, &gone) {
				return true, nil
			}
			if err == nil && got.State != types.LoggingConfigurationStateDeleting && got.State != types.LoggingConfigurationStateActive {
				err = fmt.Errorf("state %s", got.State)
			}
			return false, err
		})
	}
}

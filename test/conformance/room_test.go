package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

const someLambda = "arn:aws:lambda:us-west-2:000000000000:function:review"

func TestRoomDefaults(t *testing.T) {
	t.Parallel()
	c := shared.sdk(region)
	before := time.Now()
	made, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^arn:aws:ivschat:us-west-2:` + devAccount + `:room/[a-zA-Z0-9]{12}$`).MatchString(*made.Arn) {
		t.Errorf("CreateRoom({}).arn = %s", *made.Arn)
	}
	got, err := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: made.Arn})
	if err != nil {
		t.Fatal(err)
	}
	if id := *got.Id; !strings.HasSuffix(*made.Arn, "/"+id) || id != *made.Id {
		t.Errorf("GetRoom.id = %s, want the last part of %s", id, *made.Arn)
	}
	if got.MaximumMessageRatePerSecond == nil || *got.MaximumMessageRatePerSecond != 10 {
		t.Errorf("maximumMessageRatePerSecond = %v, want 10", got.MaximumMessageRatePerSecond)
	}
	if aws.ToInt32(got.MaximumMessageLength) != 500 {
		t.Errorf("maximumMessageLength = %v, want 500", got.MaximumMessageLength)
	}
	if got.Tags == nil || len(got.Tags) != 0 {
		t.Errorf("tags = %v, want {}", got.Tags)
	}
	if got.MessageReviewHandler != nil || len(got.LoggingConfigurationIdentifiers) != 0 || aws.ToString(got.Name) != "" {
		t.Errorf("a room of which nothing was said has %+v", got)
	}
	if !got.CreateTime.Equal(*made.CreateTime) || got.CreateTime.Before(before.Add(-time.Second)) || got.CreateTime.After(time.Now()) {
		t.Errorf("createTime = %v, then %v, made after %v", made.CreateTime, got.CreateTime, before)
	}
}

func TestRoomValidation(t *testing.T) {
	t.Parallel()
	four := []string{"1", "2", "3", "4"}
	for i, id := range four {
		four[i] = "arn:aws:ivschat:us-west-2:" + devAccount + ":logging-configuration/aaaaaaaaaaa" + id
	}
	tests := []struct {
		name   string
		in     ivschat.CreateRoomInput
		fields []string
	}{
		{"rate 0", ivschat.CreateRoomInput{MaximumMessageRatePerSecond: aws.Int32(0)}, []string{"maximumMessageRatePerSecond"}},
		{"rate 101", ivschat.CreateRoomInput{MaximumMessageRatePerSecond: aws.Int32(101)}, []string{"maximumMessageRatePerSecond"}},
		{"length 0", ivschat.CreateRoomInput{MaximumMessageLength: aws.Int32(0)}, []string{"maximumMessageLength"}},
		{"length 501", ivschat.CreateRoomInput{MaximumMessageLength: aws.Int32(501)}, []string{"maximumMessageLength"}},
		{"name", ivschat.CreateRoomInput{Name: aws.String("a b")}, []string{"name"}},
		{"name of 129", ivschat.CreateRoomInput{Name: aws.String(strings.Repeat("a", 129))}, []string{"name"}},
		{"handler", ivschat.CreateRoomInput{MessageReviewHandler: &types.MessageReviewHandler{Uri: aws.String("http://x")}}, []string{"messageReviewHandler.uri"}},
		{"fallback", ivschat.CreateRoomInput{MessageReviewHandler: &types.MessageReviewHandler{FallbackResult: "MAYBE"}}, []string{"messageReviewHandler.fallbackResult"}},
		{"four logging configurations", ivschat.CreateRoomInput{LoggingConfigurationIdentifiers: four}, []string{"loggingConfigurationIdentifiers"}},
		{"all at once", ivschat.CreateRoomInput{Name: aws.String("a b"), MaximumMessageLength: aws.Int32(0), MaximumMessageRatePerSecond: aws.Int32(0)}, []string{"maximumMessageLength", "maximumMessageRatePerSecond", "name"}},
	}
	for _, tt := range tests {
		_, err := shared.sdk(region).CreateRoom(within(t), &tt.in)
		e := as[*types.ValidationException](t, tt.name, err)
		got := fieldNames(e)
		slices.Sort(got)
		if e.Reason != types.ValidationExceptionReasonFieldValidationFailed || len(got) != len(tt.fields) {
			t.Errorf("%s: reason %s, fields %q, want %q", tt.name, e.Reason, got, tt.fields)
			continue
		}
		for i, want := range tt.fields {
			// Whether a nested member is named by its path or by its
			// parent is not documented.
			if !strings.HasPrefix(want, strings.Split(got[i], ".")[0]) {
				t.Errorf("%s: blames %q, want %q", tt.name, got, tt.fields)
			}
		}
	}
}

func TestRoomLife(t *testing.T) {
	t.Parallel()
	c := shared.sdk(region)
	arn := shared.room(t, &ivschat.CreateRoomInput{Name: aws.String("life"), MaximumMessageLength: aws.Int32(100), Tags: map[string]string{"a": "b"}})
	made, err := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn})
	if err != nil {
		t.Fatal(err)
	}
	// An update is a patch: what is absent stays.
	out, err := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &arn, MaximumMessageRatePerSecond: aws.Int32(50)})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Name != "life" || *out.MaximumMessageLength != 100 || *out.MaximumMessageRatePerSecond != 50 || out.Tags["a"] != "b" {
		t.Errorf("UpdateRoom of the rate alone = %+v", out)
	}
	if !out.UpdateTime.After(*made.UpdateTime) || !out.CreateTime.Equal(*made.CreateTime) {
		t.Errorf("update time %v then %v, create time %v then %v", made.UpdateTime, out.UpdateTime, made.CreateTime, out.CreateTime)
	}
	// A name can be cleared.
	if _, err := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &arn, Name: aws.String("")}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn}); err != nil || aws.ToString(got.Name) != "" {
		t.Errorf("GetRoom after clearing the name = %v, %v", got, err)
	}
	if _, err := c.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: &arn}); err != nil {
		t.Fatal(err)
	}
	_, getErr := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn})
	_, updateErr := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &arn, Name: aws.String("x")})
	_, deleteErr := c.DeleteRoom(within(t), &ivschat.DeleteRoomInput{Identifier: &arn})
	_, tokenErr := c.CreateChatToken(within(t), &ivschat.CreateChatTokenInput{RoomIdentifier: &arn, UserId: aws.String("u")})
	for name, err := range map[string]error{"GetRoom": getErr, "UpdateRoom": updateErr, "DeleteRoom": deleteErr, "CreateChatToken": tokenErr} {
		e := as[*types.ResourceNotFoundException](t, name, err)
		if !strings.HasSuffix(arn, "/"+aws.ToString(e.ResourceId)) || e.ResourceType != types.ResourceTypeRoom {
			t.Errorf("%s of a deleted room names %q %s, want the id of %s and ROOM", name, aws.ToString(e.ResourceId), e.ResourceType, arn)
		}
	}
}

func TestHandlerRemoved(t *testing.T) {
	t.Parallel()
	c := shared.sdk(region)
	arn := shared.room(t, &ivschat.CreateRoomInput{MessageReviewHandler: &types.MessageReviewHandler{Uri: aws.String(someLambda)}})
	get := func() *types.MessageReviewHandler {
		out, err := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn})
		if err != nil {
			t.Fatal(err)
		}
		return out.MessageReviewHandler
	}
	if h := get(); h == nil || aws.ToString(h.Uri) != someLambda || h.FallbackResult != types.FallbackResultAllow {
		t.Errorf("the handler is %+v, want the uri with the fallback ALLOW", h)
	}
	update := func(h types.MessageReviewHandler) {
		if _, err := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &arn, MessageReviewHandler: &h}); err != nil {
			t.Fatal(err)
		}
	}
	update(types.MessageReviewHandler{FallbackResult: types.FallbackResultDeny})
	if h := get(); h == nil || aws.ToString(h.Uri) != someLambda || h.FallbackResult != types.FallbackResultDeny {
		t.Errorf("the handler after a change of the fallback alone is %+v", h)
	}
	update(types.MessageReviewHandler{Uri: aws.String("")})
	if h := get(); h == nil || aws.ToString(h.Uri) != "" {
		t.Errorf("the handler after its removal is %+v, want an object without a uri", h)
	}
}

func TestRoomLogging(t *testing.T) {
	t.Parallel()
	c := shared.sdk(region)
	var ids []string
	for range 3 {
		ids = append(ids, newLogging(t, c))
	}
	arn := shared.room(t, &ivschat.CreateRoomInput{LoggingConfigurationIdentifiers: ids[:1]})
	for _, want := range [][]string{{ids[2], ids[0]}, {ids[1]}, ids, {}} {
		if _, err := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &arn, LoggingConfigurationIdentifiers: want}); err != nil {
			t.Fatal(err)
		}
		out, err := c.GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out.LoggingConfigurationIdentifiers, want) {
			t.Errorf("logging configurations %v, want %v", out.LoggingConfigurationIdentifiers, want)
		}
	}
	_, err := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &arn, LoggingConfigurationIdentifiers: append(ids, ids[0][:len(ids[0])-1]+"_")})
	as[*types.ValidationException](t, "four logging configurations", err)
	unknown := "arn:aws:ivschat:us-west-2:" + devAccount + ":logging-configuration/aaaaaaaaaaaa"
	_, err = c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &arn, LoggingConfigurationIdentifiers: []string{unknown}})
	as[*types.ResourceNotFoundException](t, "an unknown logging configuration", err)
}

func newLogging(t *testing.T, c *ivschat.Client) string {
	t.Helper()
	out, err := c.CreateLoggingConfiguration(within(t), &ivschat.CreateLoggingConfigurationInput{
		DestinationConfiguration: &types.DestinationConfigurationMemberCloudWatchLogs{Value: types.CloudWatchLogsDestinationConfiguration{LogGroupName: aws.String("chat")}},
	})
	if err != nil {
		t.Fatalf("CreateLoggingConfiguration: %v", err)
	}
	return *out.Arn
}

func TestListRoomsPages(t *testing.T) {
	t.Parallel()
	c := shared.sdk(apart())
	empty, err := c.ListRooms(within(t), &ivschat.ListRoomsInput{NextToken: aws.String("")})
	if err != nil || empty.Rooms == nil || len(empty.Rooms) != 0 || empty.NextToken != nil {
		t.Fatalf("ListRooms of nothing = %+v, %v", empty, err)
	}
	var made []string
	for i := range 60 {
		out, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{Name: aws.String(fmt.Sprint("r", i))})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, *out.Arn)
	}
	touched, err := c.UpdateRoom(within(t), &ivschat.UpdateRoomInput{Identifier: &made[20], Name: aws.String("touched")})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(made)

	for _, size := range []int32{0, 7, 50} {
		in, per := &ivschat.ListRoomsInput{}, 50
		if size > 0 {
			in.MaxResults, per = &size, int(size)
		}
		var got []types.RoomSummary
		pages := 0
		for p := ivschat.NewListRoomsPaginator(c, in); p.HasMorePages(); pages++ {
			out, err := p.NextPage(within(t))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, out.Rooms...)
		}
		if want := (len(made) + per - 1) / per; pages != want {
			t.Errorf("with maxResults %d: %d pages, want %d", size, pages, want)
		}
		var arns []string
		for i, r := range got {
			arns = append(arns, *r.Arn)
			if i > 0 && r.UpdateTime.After(*got[i-1].UpdateTime) {
				t.Errorf("with maxResults %d: room %d was updated at %v, the one before it at %v", size, i, r.UpdateTime, got[i-1].UpdateTime)
			}
		}
		if slices.Sort(arns); !slices.Equal(arns, made) {
			t.Errorf("with maxResults %d: %d rooms listed, want the %d made, each once", size, len(arns), len(made))
		}
		// The room that was touched last is first, or shares its instant.
		if !got[0].UpdateTime.Equal(*touched.UpdateTime) {
			t.Errorf("with maxResults %d: the first was updated at %v, want %v", size, got[0].UpdateTime, touched.UpdateTime)
		}
	}
	for name, in := range map[string]ivschat.ListRoomsInput{
		"maxResults 0":    {MaxResults: aws.Int32(0)},
		"maxResults 51":   {MaxResults: aws.Int32(51)},
		"a made-up token": {NextToken: aws.String("made-up")},
	} {
		_, err := c.ListRooms(within(t), &in)
		as[*types.ValidationException](t, name, err)
	}
}

func TestListRoomsFilters(t *testing.T) {
	t.Parallel()
	c := shared.sdk(apart())
	logging := newLogging(t, c)
	make := func(in ivschat.CreateRoomInput) string {
		out, err := c.CreateRoom(within(t), &in)
		if err != nil {
			t.Fatal(err)
		}
		return *out.Arn
	}
	named := make(ivschat.CreateRoomInput{Name: aws.String("stage")})
	make(ivschat.CreateRoomInput{Name: aws.String("stage2")})
	const lambda = "arn:aws:lambda:us-west-2:000000000000:function:review"
	handled := make(ivschat.CreateRoomInput{MessageReviewHandler: &types.MessageReviewHandler{Uri: aws.String(lambda)}})
	logged := make(ivschat.CreateRoomInput{Name: aws.String("stage3"), LoggingConfigurationIdentifiers: []string{logging}})
	tests := []struct {
		name string
		in   ivschat.ListRoomsInput
		want []string
	}{
		{"name", ivschat.ListRoomsInput{Name: aws.String("stage")}, []string{named}},
		{"handler", ivschat.ListRoomsInput{MessageReviewHandlerUri: aws.String(lambda)}, []string{handled}},
		{"logging", ivschat.ListRoomsInput{LoggingConfigurationIdentifier: &logging}, []string{logged}},
		{"both", ivschat.ListRoomsInput{Name: aws.String("stage"), LoggingConfigurationIdentifier: &logging}, nil},
		{"none match", ivschat.ListRoomsInput{Name: aws.String("tage")}, nil},
	}
	for _, tt := range tests {
		out, err := c.ListRooms(within(t), &tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, r := range out.Rooms {
			got = append(got, *r.Arn)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: ListRooms = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Identifiers are ARNs, and only those of the caller's own account and region
// lead anywhere.
func TestForeignARNs(t *testing.T) {
	t.Parallel()
	arn := shared.room(t, nil)
	get := func(arn string) error {
		_, err := shared.sdk(region).GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn})
		return err
	}
	as[*types.ValidationException](t, "a bare id", get(arn[strings.LastIndex(arn, "/")+1:]))
	as[*types.AccessDeniedException](t, "another account", get(strings.Replace(arn, devAccount, "111111111111", 1)))
	as[*types.ResourceNotFoundException](t, "another region", get(strings.Replace(arn, region, "eu-west-1", 1)))
	if _, err := shared.sdk("eu-west-1").GetRoom(within(t), &ivschat.GetRoomInput{Identifier: &arn}); err == nil || errors.Is(err, t.Context().Err()) {
		t.Errorf("GetRoom by a client of another region = %v, want it refused", err)
	}
}

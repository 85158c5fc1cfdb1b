package control_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parlor/chat"
	"parlor/internal/chattest"
	"parlor/internal/control"
)

const loggingARN = `arn:aws:ivschat:us-west-2:111111111111:logging-configuration/<[a-zA-Z0-9]{12}>`

func TestLoggingConfigurationLife(t *testing.T) {
	w := newWorld(t)
	r := w.Post(t, "CreateLoggingConfiguration", `{"name":"n","destinationConfiguration":{"s3":{"bucketName":"b-1.x"},"firehose":null},"tags":{"a":"b"}}`)
	shape := func(name, destination string) string {
		return `{"arn":"` + loggingARN + `","id":"` + roomID + `","createTime":"` + instant + `","updateTime":"` + instant + `","name":"` + name +
			`","destinationConfiguration":` + destination + `,"state":"ACTIVE","tags":{"a":"b"}}`
	}
	want(t, r, 200, shape("n", `{"s3":{"bucketName":"b-1.x"}}`))
	arn := r.Text("arn")
	want(t, w.Post(t, "GetLoggingConfiguration", `{"identifier":"`+arn+`"}`), 200, r.Body)
	for _, step := range []struct{ change, name, destination string }{
		{``, "n", `{"s3":{"bucketName":"b-1.x"}}`},
		{`,"name":"m"`, "m", `{"s3":{"bucketName":"b-1.x"}}`},
		{`,"destinationConfiguration":{"cloudWatchLogs":{"logGroupName":"/a/b#c"}}`, "m", `{"cloudWatchLogs":{"logGroupName":"/a/b#c"}}`},
		{`,"destinationConfiguration":{"firehose":{"deliveryStreamName":"s"}},"name":""`, "", `{"firehose":{"deliveryStreamName":"s"}}`},
	} {
		r = w.Post(t, "UpdateLoggingConfiguration", `{"identifier":"`+arn+`"`+step.change+`}`)
		want(t, r, 200, shape(step.name, step.destination))
		want(t, w.Post(t, "GetLoggingConfiguration", `{"identifier":"`+arn+`"}`), 200, r.Body)
	}
	want(t, w.Post(t, "ListLoggingConfigurations", `{}`), 200, `{"loggingConfigurations":[`+shape("", `{"firehose":{"deliveryStreamName":"s"}}`)+`]}`)
	want(t, w.Post(t, "DeleteLoggingConfiguration", `{"identifier":"`+arn+`"}`), 204, ``)
	for _, op := range []string{"GetLoggingConfiguration", "UpdateLoggingConfiguration", "DeleteLoggingConfiguration"} {
		missing(t, w.Post(t, op, `{"identifier":"`+arn+`"}`), arn)
	}
	want(t, w.Post(t, "ListLoggingConfigurations", `{"nextToken":""}`), 200, `{"loggingConfigurations":[]}`)
}

func TestLoggingConfigurationValidation(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		body   string
		fields []string
	}{
		{`{}`, []string{"destinationConfiguration"}},
		{`{"destinationConfiguration":{}}`, []string{"destinationConfiguration"}},
		{`{"destinationConfiguration":{"s3":{"bucketName":"b-1"},"firehose":{"deliveryStreamName":"s"}}}`, []string{"destinationConfiguration"}},
		{`{"destinationConfiguration":{"s3":{"bucketName":"B_"}}}`, []string{"destinationConfiguration.s3.bucketName"}},
		{`{"destinationConfiguration":{"s3":{}}}`, []string{"destinationConfiguration.s3.bucketName"}},
		{`{"name":"a b","destinationConfiguration":{"cloudWatchLogs":{"logGroupName":"?"}}}`, []string{"name", "destinationConfiguration.cloudWatchLogs.logGroupName"}},
		{`{"destinationConfiguration":{"firehose":{"deliveryStreamName":"` + strings.Repeat("s", 65) + `"}}}`, []string{"destinationConfiguration.firehose.deliveryStreamName"}},
	} {
		// A length and a pattern may both be told of one field.
		r := w.Post(t, "CreateLoggingConfiguration", c.body)
		for _, f := range c.fields {
			if r.Status != 400 || !strings.Contains(r.Body, fmt.Sprintf(`"name":%q`, f)) || !strings.Contains(r.Body, "FIELD_VALIDATION_FAILED") {
				t.Errorf("CreateLoggingConfiguration(%s) = %d %s, want %s refused", c.body, r.Status, r.Body, f)
			}
		}
	}
	room := w.room(t, `{}`)
	invalid(t, w.Post(t, "GetLoggingConfiguration", `{"identifier":"`+room+`"}`), "identifier")
	quota := `,"resourceId":"111111111111","resourceType":"LOGGING_CONFIGURATION","limit":10`
	for i := range 11 {
		r := w.Post(t, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}}}`)
		if i == 10 {
			wantError(t, r, 402, "ServiceQuotaExceededException", quota)
		} else if r.Status != 200 {
			t.Fatalf("%d: %s", i, r.Body)
		}
	}
}

func TestAttaching(t *testing.T) {
	w := newWorldWith(t, `{"profile":"dev","quotas":{"LoggingConfigurations":-1}}`, control.Config{})
	var ids []string
	for range 4 {
		ids = append(ids, w.Post(t, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}}}`).Text("arn"))
	}
	list := func(of ...int) string {
		var some []string
		for _, i := range of {
			some = append(some, `"`+ids[i]+`"`)
		}
		return `"loggingConfigurationIdentifiers":[` + strings.Join(some, ",") + `]`
	}
	room := w.room(t, `{`+list(2, 0)+`}`)
	for _, step := range []struct{ change, want string }{
		{`"name":"n"`, list(2, 0) + `}`},
		{list(0, 1, 2), list(0, 1, 2) + `}`},
		{list(3), list(3) + `}`},
		{list(), `"tags":{}}`},
		{list(1, 0), list(1, 0) + `}`},
	} {
		r := w.Post(t, "UpdateRoom", `{"identifier":"`+room+`",`+step.change+`}`)
		if r.Status != 200 || !strings.HasSuffix(r.Body, step.want) {
			t.Errorf("UpdateRoom(%s) = %d %s, want …%s", step.change, r.Status, r.Body, step.want)
		}
		want(t, w.Post(t, "GetRoom", `{"identifier":"`+room+`"}`), 200, r.Body)
	}
	update := func(change string) *chattest.Reply {
		return w.Post(t, "UpdateRoom", `{"identifier":"`+room+`",`+change+`}`)
	}
	invalid(t, update(list(0, 1, 2, 3)), "loggingConfigurationIdentifiers")
	invalid(t, update(list(1, 1)), "loggingConfigurationIdentifiers.2.member")
	unknown := "arn:aws:ivschat:us-west-2:111111111111:logging-configuration/abcdefghijkl"
	missing(t, update(`"loggingConfigurationIdentifiers":["`+unknown+`"]`), unknown)
	missing(t, w.Post(t, "CreateRoom", `{"loggingConfigurationIdentifiers":["`+unknown+`"]}`), unknown)
	foreign := strings.Replace(unknown, "111111111111", "222222222222", 1)
	wantError(t, update(`"loggingConfigurationIdentifiers":["`+foreign+`"]`), 403, "AccessDeniedException", "")

	abroad := w.In("eu-west-1").Post(t, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}}}`).Text("arn")
	missing(t, update(`"loggingConfigurationIdentifiers":["`+abroad+`"]`), abroad)

	// An attached one can't be deleted; a detached one can.
	wantError(t, w.Post(t, "DeleteLoggingConfiguration", `{"identifier":"`+ids[1]+`"}`), 409, "ConflictException",
		fmt.Sprintf(`,"resourceId":%q,"resourceType":"LOGGING_CONFIGURATION"`, ids[1][len(ids[1])-12:]))
	update(list())
	want(t, w.Post(t, "DeleteLoggingConfiguration", `{"identifier":"`+ids[1]+`"}`), 204, ``)

	// Only active ones can be attached.
	a, err := chat.ParseARN(ids[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.logging.UpdateLoggingConfiguration(context.WithoutCancel(t.Context()), a, func(c *chat.LoggingConfiguration) error {
		c.State = chat.StateDeleting
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	conflict := fmt.Sprintf(`,"resourceId":%q,"resourceType":"LOGGING_CONFIGURATION"`, a.ID)
	wantError(t, update(list(0)), 409, "ConflictException", conflict)
	wantError(t, w.Post(t, "UpdateLoggingConfiguration", `{"identifier":"`+ids[0]+`","name":"n"}`), 409, "ConflictException", conflict)
}

// What another node is deleting can't be attached, also by a node that has not heard of
// it when it begins: the room is then as it was before.
func TestAttachingWhatIsBeingDeleted(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 2 {
		ids = append(ids, w.Post(t, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}}}`).Text("arn"))
	}
	room := w.room(t, `{"loggingConfigurationIdentifiers":["`+ids[0]+`"]}`)
	w.logging.Unheard = func(c *chat.LoggingConfiguration) {
		if c.ARN.String() == ids[1] {
			c.State = chat.StateDeleting
		}
	}
	conflict := fmt.Sprintf(`,"resourceId":%q,"resourceType":"LOGGING_CONFIGURATION"`, ids[1][len(ids[1])-12:])
	wantError(t, w.Post(t, "UpdateRoom", `{"identifier":"`+room+`","loggingConfigurationIdentifiers":["`+ids[0]+`","`+ids[1]+`"]}`), 409, "ConflictException", conflict)
	if r := w.Post(t, "GetRoom", `{"identifier":"`+room+`"}`); !strings.HasSuffix(r.Body, `"loggingConfigurationIdentifiers":["`+ids[0]+`"]}`) {
		t.Errorf("the room has another list: %s", r.Body)
	}
	wantError(t, w.Post(t, "CreateRoom", `{"loggingConfigurationIdentifiers":["`+ids[1]+`"]}`), 409, "ConflictException", conflict)
	if n := w.rooms.Count(chat.Scope{Account: chattest.Account, Region: chattest.Region}); n != 1 {
		t.Errorf("%d rooms, want the one", n)
	}
	want(t, w.Post(t, "UpdateRoom", `{"identifier":"`+room+`","loggingConfigurationIdentifiers":[]}`), 200, `<.*>"tags":{}}`)
}

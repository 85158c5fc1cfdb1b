package conformance

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

func tags(t *testing.T, c *ivschat.Client, arn string) map[string]string {
	t.Helper()
	out, err := c.ListTagsForResource(within(t), &ivschat.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		t.Fatalf("ListTagsForResource: %v", err)
	}
	return out.Tags
}

func TestTags(t *testing.T) {
	t.Parallel()
	c := shared.sdk(region)
	for name, arn := range map[string]string{"room": shared.room(t, nil), "logging configuration": newLogging(t, c)} {
		want := map[string]string{"team": "blue", "a key": "a value", "k=v": "x=y", "é": "", "path/x:y": "+@.-_"}
		if _, err := c.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: &arn, Tags: want}); err != nil {
			t.Fatalf("%s: TagResource: %v", name, err)
		}
		if got := tags(t, c, arn); !maps.Equal(got, want) {
			t.Errorf("%s: tags %v, want %v", name, got, want)
		}
		// Tagging again changes what is named and nothing else.
		want["team"] = "red"
		if _, err := c.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"team": "red"}}); err != nil {
			t.Fatal(err)
		}
		// Keys travel as a repeated query parameter; one that isn't there is no error.
		if _, err := c.UntagResource(within(t), &ivschat.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a key", "k=v", "not there"}}); err != nil {
			t.Fatal(err)
		}
		delete(want, "a key")
		delete(want, "k=v")
		if got := tags(t, c, arn); !maps.Equal(got, want) {
			t.Errorf("%s: tags %v, want %v", name, got, want)
		}
	}
}

func TestTagLimits(t *testing.T) {
	t.Parallel()
	c := shared.sdk(region)
	arn := shared.room(t, nil)
	fifty := map[string]string{}
	for i := range 50 {
		fifty[fmt.Sprint("k", i)] = "v"
	}
	if _, err := c.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: &arn, Tags: fifty}); err != nil {
		t.Fatalf("50 tags: %v", err)
	}
	for name, add := range map[string]map[string]string{
		"a 51st":         {"one": "more"},
		"a reserved":     {"aws:x": "y"},
		"no key":         {"": "y"},
		"a key of 129":   {strings.Repeat("k", 129): "v"},
		"a value of 257": {"k0": strings.Repeat("v", 257)},
	} {
		_, err := c.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: &arn, Tags: add})
		as[*types.ValidationException](t, name, err)
	}
	if _, err := c.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"k0": "changed"}}); err != nil {
		t.Errorf("changing one of 50: %v", err)
	}
	_, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{Tags: map[string]string{"aws:x": "y"}})
	as[*types.ValidationException](t, "a room with a reserved tag", err)
	unknown := arn[:len(arn)-12] + "aaaaaaaaaaaa"
	_, err = c.ListTagsForResource(within(t), &ivschat.ListTagsForResourceInput{ResourceArn: &unknown})
	as[*types.ResourceNotFoundException](t, "tags of nothing", err)
	_, err = c.TagResource(within(t), &ivschat.TagResourceInput{ResourceArn: &unknown, Tags: map[string]string{"a": "b"}})
	as[*types.ResourceNotFoundException](t, "tagging nothing", err)
	_, err = c.UntagResource(within(t), &ivschat.UntagResourceInput{ResourceArn: &unknown, TagKeys: []string{"a"}})
	as[*types.ResourceNotFoundException](t, "untagging nothing", err)
}

// The tag operations find their resource whether its ARN comes as one escaped
// segment, as all SDKs send it, or with a bare slash (behaviour.md §3.1).
func TestTagPaths(t *testing.T) {
	t.Parallel()
	arn := shared.room(t, &ivschat.CreateRoomInput{Tags: map[string]string{"a": "b"}, Name: aws.String("paths")})
	for _, path := range []string{"/tags/" + url.QueryEscape(arn), "/tags/" + url.PathEscape(arn), "/tags/" + arn} {
		r := do(t, shared.signed(t, http.MethodGet, path, ""))
		if r.status != http.StatusOK || string(r.body) != `{"tags":{"a":"b"}}` {
			t.Errorf("GET %s: %d %s", path, r.status, r.body)
		}
	}
}

package control_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"parlor/internal/chattest"
)

func tagPath(arn string) string {
	return "/tags/" + strings.ReplaceAll(url.QueryEscape(arn), "+", "%20")
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	room := w.room(t, `{"tags":{"a":"1"}}`)
	logging := w.Post(t, "CreateLoggingConfiguration", `{"destinationConfiguration":{"s3":{"bucketName":"b-1"}},"tags":{"a":"1"}}`).Text("arn")
	for _, arn := range []string{room, logging} {
		path := tagPath(arn)
		want(t, w.Do(t, "GET", path, ""), 200, `{"tags":{"a":"1"}}`)
		want(t, w.Do(t, "POST", path, `{"tags":{"a":"2","b c":"=","é":""},"resourceArn":"other"}`), 200, `{}`)
		want(t, w.Do(t, "GET", "/tags/"+arn, ""), 200, `{"tags":{"a":"2","b c":"=","é":""}}`)
		want(t, w.Do(t, "DELETE", path+"?tagKeys=b%20c&tagKeys=a&tagKeys=it%27s%28ok%29%2A%21", ""), 200, `{}`)
		want(t, w.Do(t, "GET", path, ""), 200, `{"tags":{"é":""}}`)

		invalid(t, w.Do(t, "POST", path, `{}`), "tags")
		invalid(t, w.Do(t, "POST", path, `{"tags":{"aws:x":"1"}}`), "tags.key")
		invalid(t, w.Do(t, "POST", path, `{"tags":{"`+strings.Repeat("k", 129)+`":"1"}}`), "tags.key")
		invalid(t, w.Do(t, "POST", path, `{"tags":{"k":"`+strings.Repeat("k", 257)+`"}}`), "tags.value")
		invalid(t, w.Do(t, "DELETE", path, ""), "tagKeys")
		invalid(t, w.Do(t, "DELETE", path+"?tagKeys=aws:x", ""), "tagKeys.member")

		var many []string
		for i := range 49 {
			many = append(many, fmt.Sprintf(`"k%d":""`, i))
		}
		want(t, w.Do(t, "POST", path, `{"tags":{`+strings.Join(many, ",")+`}}`), 200, `{}`)
		invalid(t, w.Do(t, "POST", path, `{"tags":{"one-more":""}}`), "tags")
		want(t, w.Do(t, "POST", path, `{"tags":{"k1":"changed"}}`), 200, `{}`)
	}
	gone := strings.Replace(room, room[len(room)-12:], "abcdefghijkl", 1)
	for _, method := range []string{"GET", "POST", "DELETE"} {
		path, body := tagPath(gone), ""
		switch method {
		case "POST":
			body = `{"tags":{"a":"b"}}`
		case "DELETE":
			path += "?tagKeys=a"
		}
		missing(t, w.Do(t, method, path, body), gone)
	}
	invalid(t, w.Do(t, "GET", "/tags/abcdefghijkl", ""), "resourceArn")
	invalid(t, w.Do(t, "GET", tagPath("arn:aws:ivs:us-west-2:111111111111:channel/abcdefghijkl"), ""), "resourceArn")
	wantError(t, w.As(chattest.OtherAccount, chattest.Admin).Do(t, "GET", tagPath(room), ""), 403, "AccessDeniedException", "")
}

// Policies see the tags that a resource has and those that a request brings
// (behaviour.md §8).
func TestTagsInPolicies(t *testing.T) {
	w := newWorld(t)
	blue := w.As(chattest.Account, chattest.Blue)
	theirs := blue.Post(t, "CreateRoom", `{"tags":{"team":"blue"}}`)
	want(t, theirs, 200, `<.*>`)
	want(t, blue.Post(t, "CreateRoom", `{}`), 200, `<.*>`)
	wantError(t, blue.Post(t, "CreateRoom", `{"tags":{"team":"red"}}`), 403, "AccessDeniedException", "")

	red := w.room(t, `{"tags":{"team":"red"}}`)
	want(t, blue.Post(t, "GetRoom", `{"identifier":"`+theirs.Text("arn")+`"}`), 200, `<.*>`)
	wantError(t, blue.Post(t, "GetRoom", `{"identifier":"`+red+`"}`), 403, "AccessDeniedException", "")
	wantError(t, blue.Do(t, "DELETE", tagPath(red)+"?tagKeys=team", ""), 403, "AccessDeniedException", "")
	want(t, blue.Do(t, "POST", tagPath(red), `{"tags":{"team":"blue"}}`), 200, `{}`)
	want(t, blue.Post(t, "GetRoom", `{"identifier":"`+red+`"}`), 200, `<.*>`)
	// What doesn't exist has no tags: the caller isn't told that it doesn't.
	wantError(t, blue.Post(t, "GetRoom", `{"identifier":"`+someRoom+`"}`), 403, "AccessDeniedException", "")
}

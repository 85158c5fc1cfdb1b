package cluster

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/smithy-go"
)

// iam runs parlor iam against the node and reads what it answers.
func (n *node) iam(out any, line string) {
	n.t.Helper()
	cmd := exec.CommandContext(within(n.t, 20*time.Second), binary, append([]string{"iam"}, strings.Fields(line)...)...)
	cmd.Env = append(os.Environ(), "HOME="+n.data, "AWS_ACCESS_KEY_ID=AKIAONEONEONEONEONE1", "AWS_SECRET_ACCESS_KEY=secret-of-one",
		"AWS_REGION="+region, "AWS_ENDPOINT_URL_IVSCHAT="+n.endpoint(), "AWS_PAGER=")
	text, err := cmd.Output()
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		n.t.Fatalf("parlor iam %s at %s: %v %s", line, n.id, err, text)
	}
}

// A key made on one node works on every node, and ends on every node within a second
// of its end on one. Nodes that start together make one administrator.
func TestKeysEverywhere(t *testing.T) {
	f := form(t, 3)
	made := 0
	for _, n := range f.nodes {
		text, err := os.ReadFile(n.data + ".log")
		if err != nil {
			t.Fatal(err)
		}
		made += strings.Count(string(text), "This is a new installation")
	}
	if made != 1 {
		t.Errorf("three nodes made %d administrators", made)
	}
	f.nodes[0].iam(nil, "user add --name bob --policies IVSReadOnlyAccess")
	// A machine that stands still for a second breaks any promise, but not three times in a row.
	for range 3 {
		if took := f.revoke(); took <= time.Second {
			t.Logf("refused by all %v after it was revoked", took)
			return
		}
	}
	t.Error("three revoked keys were each good for more than a second")
}

// revoke makes a key for bob on one node, removes it on another, and returns how long it
// was good anywhere after that.
func (f *fleet) revoke() time.Duration {
	t := f.t
	t.Helper()
	var key struct{ ID, Secret string }
	f.nodes[1].iam(&key, "key add --user bob")
	list := func(n *node) error {
		c := ivschat.New(ivschat.Options{
			Region: region, BaseEndpoint: aws.String(n.endpoint()), Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
		})
		_, err := c.ListRooms(within(t, 5*time.Second), &ivschat.ListRoomsInput{})
		return err
	}
	for _, n := range f.nodes {
		eventually(t, 20*time.Second, "bob's key is good at "+n.id, func() bool { return list(n) == nil })
	}
	f.nodes[2].iam(nil, "key remove --user bob --id "+key.ID)
	revoked := time.Now()
	for _, n := range f.nodes {
		eventually(t, 20*time.Second, "bob's key is over at "+n.id, func() bool {
			var refused smithy.APIError
			return errors.As(list(n), &refused) && refused.ErrorCode() == "UnrecognizedClientException"
		})
	}
	return time.Since(revoked)
}

package cli_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parlor/api"
	"parlor/internal/chattest"
	"parlor/internal/cli"
	"parlor/internal/control"
	"parlor/internal/iam"
	"parlor/internal/quota"
)

// office is a server on which users can be managed, and its command line.
type office struct {
	url string
	dir string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	file, err := chattest.Keys()
	if err != nil {
		t.Fatal(err)
	}
	store := chattest.IAM()
	auth := iam.NewAuthenticator(iam.Sources{file, store}, iam.Config{Operator: chattest.Account})
	limits, _ := quota.Profile(quota.ProfileOff)
	s, err := control.New(control.Deps{
		Auth: auth, Quotas: quota.New(quota.Config{Limits: limits}),
		Rooms: &chattest.Rooms{}, Logging: &chattest.LoggingConfigurations{}, Tokens: chattest.Mint{}, Hub: &chattest.Hub{},
	}, control.Config{})
	if err != nil {
		t.Fatal(err)
	}
	control.ExtendIAM(s, &iam.Admin{Store: store, Auth: auth})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return &office{url: srv.URL, dir: t.TempDir()}
}

// run runs a command line with a key, and returns its output and exit status.
func (o *office) run(t *testing.T, key, secret, line string) (stdout, stderr string, code int) {
	t.Helper()
	vars := map[string]string{
		"HOME": o.dir, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-west-2",
		"AWS_ENDPOINT_URL_IVSCHAT": o.url, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1",
	}
	env := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	var out, fail strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	code = cli.Run(ctx, strings.Fields(line), env, strings.NewReader(""), &out, &fail)
	return out.String(), fail.String(), code
}

// A user is made, given a key that works, and loses it again, by hand.
func TestIAMCommands(t *testing.T) {
	o := newOffice(t)
	admin := chattest.Credentials(chattest.Account, chattest.Admin)
	do := func(line string) string {
		t.Helper()
		out, fail, code := o.run(t, admin.AccessKeyID, admin.SecretAccessKey, line)
		if code != 0 {
			t.Fatalf("parlor %s = %d: %s", line, code, fail)
		}
		return out
	}
	policy := filepath.Join(o.dir, "list.json")
	text := `{"Version":"2012-10-17","Statement":{"Sid":"L","Effect":"Allow","Action":"ivschat:ListRooms","Resource":"*"}}`
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	do("iam policy add --name list --document file://" + policy)
	if out := do("iam user add --name bob --policies list --query arn --output text"); out != "arn:aws:iam::111111111111:user/bob\n" {
		t.Errorf("iam user add = %q", out)
	}
	var key api.KeyOutput
	if err := json.Unmarshal([]byte(do("iam key add --user bob")), &key); err != nil || key.Secret == "" {
		t.Fatalf("iam key add = %+v, %v", key, err)
	}
	bob := func(line string) (string, int) {
		_, fail, code := o.run(t, key.ID, key.Secret, line)
		return fail, code
	}
	if fail, code := bob("list-rooms"); code != 0 {
		t.Errorf("bob lists rooms: %d %s", code, fail)
	}
	if fail, code := bob("iam user list"); code != 254 || !strings.Contains(fail, "not authorized to perform: parlor:ListUsers") {
		t.Errorf("bob lists users: %d %s", code, fail)
	}
	room := " --resource arn:aws:ivschat:us-west-2:111111111111:room/*"
	if out := do("iam simulate --user bob --action ivschat:ListRooms" + room + " --resource-tags team=blue --query [allowed,policy,sid] --output text"); out != "True\tlist\tL\n" {
		t.Errorf("iam simulate = %q", out)
	}
	if out := do("iam key list --user bob --query keys[].[user,secret] --output text"); out != "bob\tNone\n" {
		t.Errorf("iam key list = %q", out)
	}
	var next api.KeyOutput
	if err := json.Unmarshal([]byte(do("iam key rotate --user bob --id "+key.ID)), &next); err != nil || next.ID == key.ID {
		t.Fatalf("iam key rotate = %+v, %v", next, err)
	}
	if fail, code := bob("list-rooms"); code != 254 || !strings.Contains(fail, "UnrecognizedClientException") {
		t.Errorf("a rotated key: %d %s", code, fail)
	}
	do("iam key remove --user bob --id " + next.ID)
	do("iam user update --name bob --policies IVSReadOnlyAccess")
	do("iam policy update --name list --document file://" + policy)
	do("iam policy remove --name list")
	do("iam user remove --name bob")
	if out := do("iam user list --query users --output json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("iam user list = %s", out)
	}
}

func TestIAMMistakes(t *testing.T) {
	o := newOffice(t)
	for _, tt := range []struct {
		line, text string
		code       int
	}{
		{"iam", "subject", 252},
		{"iam group", "group", 252},
		{"iam user", "deed", 252},
		{"iam user rotate", "rotate", 252},
		{"iam user add", "--name", 252},
		{"iam user add --name bob --policy x --nonsense y", "nonsense", 252},
	} {
		_, fail, code := o.run(t, "k", "s", tt.line)
		if code != tt.code || !strings.Contains(fail, tt.text) {
			t.Errorf("parlor %s = %d %s, want %d with %q", tt.line, code, fail, tt.code, tt.text)
		}
	}
	if out, _, code := o.run(t, "k", "s", "iam policy add help"); code != 0 || !strings.Contains(out, "iam policy add - Keeps a policy") {
		t.Errorf("parlor iam policy add help = %d %s", code, out)
	}
	for _, line := range []string{"iam help", "iam user help"} {
		out, fail, code := o.run(t, "k", "s", line)
		if code != 0 || strings.Count(out, "\n  parlor iam ") != len(api.IAM()) || !strings.Contains(out, "parlor iam policy list") {
			t.Errorf("parlor %s = %d %s%s", line, code, out, fail)
		}
	}
}

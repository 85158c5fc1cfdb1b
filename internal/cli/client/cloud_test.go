package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parlor/api"
	"parlor/internal/cli/awsconf"
	"parlor/internal/cli/client"
)

const profiles = `
[default]
role_arn = arn:aws:iam::123456789012:role/default
source_profile = base
[profile base]
aws_access_key_id = BASE
aws_secret_access_key = secret
[profile one]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = base
[profile two]
role_arn = arn:aws:iam::123456789012:role/two
source_profile = base
[profile named]
role_arn = arn:aws:iam::123456789012:role/one
role_session_name = me
source_profile = base
[profile external]
role_arn = arn:aws:iam::123456789012:role/one
external_id = x
source_profile = base
[profile short]
role_arn = arn:aws:iam::123456789012:role/one
duration_seconds = 900
source_profile = base
[profile all]
role_arn = arn:aws:iam::123456789012:role/one
role_session_name = me
external_id = höhe 😀
mfa_serial = arn:aws:iam::123456789012:mfa/me
duration_seconds = 1800
source_profile = base
[profile chain]
role_arn = arn:aws:iam::123456789012:role/last
source_profile = all
[profile onward]
role_arn = arn:aws:iam::123456789012:role/last
source_profile = one
[profile web]
role_arn = arn:aws:iam::123456789012:role/web
role_session_name = me
web_identity_token_file = token
[profile staff]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
[sso-session corp]
sso_region = us-west-2
sso_start_url = https://corp.example/start
[profile legacy]
sso_account_id = 123456789012
sso_role_name = reader
sso_region = us-west-2
sso_start_url = https://corp.example/start
`

// A cloud gives credentials out, each time others, and has rooms. What it is asked for
// goes to asked, and who lists rooms is caller.
type cloud struct {
	home  string
	url   string
	lasts time.Duration

	mu       sync.Mutex // guards the following
	asked    []string
	seen     int // of them
	caller   string
	bothered bool // the person was asked for the code
}

// newCloud starts one and makes it the process's surroundings.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{home: t.TempDir(), lasts: time.Hour}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	for _, line := range os.Environ() {
		if name, value, _ := strings.Cut(line, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // puts it back
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"HOME": c.home, "AWS_CONFIG_FILE": filepath.Join(c.home, "config"), "AWS_REGION": "us-west-2",
		"AWS_ENDPOINT_URL_STS": c.url, "AWS_ENDPOINT_URL_SSO": c.url,
	} {
		t.Setenv(name, value)
	}
	c.write(t, "config", strings.ReplaceAll(profiles, "= token", "= "+filepath.Join(c.home, "token")))
	c.write(t, "token", "jwt")
	signOn := fmt.Sprintf(`{"accessToken":"on","expiresAt":%q,"startUrl":"https://corp.example/start","region":"us-west-2"}`,
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	c.write(t, ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", signOn) // corp
	c.write(t, ".aws/sso/cache/f7c9b39d0b4c7a7d82c79307585f77e1c5e74378.json", signOn) // its start URL
	return c
}

func (c *cloud) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(c.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	by, _, _ := strings.Cut(credential, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.asked) + 1
	expires := time.Now().Add(c.lasts)
	switch r.URL.Path {
	case "/ListRooms":
		c.caller = by
		_, _ = fmt.Fprint(w, `{"rooms":[]}`)
	case "/federation/credentials":
		c.asked = append(c.asked, "GetRoleCredentials "+r.Header.Get("X-Amz-Sso_bearer_token"))
		_, _ = fmt.Fprintf(w, `{"roleCredentials":{"accessKeyId":"KEY%d","secretAccessKey":"s","sessionToken":"t","expiration":%d}}`,
			n, expires.UnixMilli())
	default:
		action := r.Form.Get("Action")
		_, role, _ := strings.Cut(r.Form.Get("RoleArn"), ":role/")
		asked := strings.Join([]string{by, action, role, r.Form.Get("DurationSeconds"), r.Form.Get("ExternalId"), r.Form.Get("TokenCode")}, " ")
		c.asked = append(c.asked, strings.Join(strings.Fields(asked), " "))
		_, _ = fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/%[2]s/me</Arn>
<AssumedRoleId>A:me</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>KEY%[3]d</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>%[4]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`,
			action, role, n, expires.UTC().Format(time.RFC3339))
	}
}

// list lists rooms as profile and returns the access key the call was made with.
func (c *cloud) list(t *testing.T, profile string) string {
	t.Helper()
	config, err := awsconf.Load(os.LookupEnv, profile)
	if err != nil {
		t.Error(err)
		return ""
	}
	s := &client.Settings{Config: config, Endpoint: c.url, ReadTimeout: time.Minute, Connect: time.Minute, Ask: c.ask}
	op, _ := api.Lookup("ListRooms")
	if _, err := call(t, s, op, `{}`); err != nil {
		t.Errorf("%s lists rooms: %v", profile, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caller
}

// ask is the person with the device, whose code is good once.
func (c *cloud) ask(string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bothered {
		return "", errors.New("asked again")
	}
	c.bothered = true
	return "123456", nil
}

// want fails the test unless exactly this was asked for since the last time.
func (c *cloud) want(t *testing.T, asked ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := c.asked[c.seen:]; !slices.Equal(got, asked) {
		t.Errorf("asked for %q, want %q", got, asked)
	}
	c.seen = len(c.asked)
}

// file returns the path of a file in the cache.
func (c *cloud) file(key string) string { return filepath.Join(c.home, ".aws/cli/cache", key+".json") }

package client_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The keys are those that the AWS CLI gives the same profiles.
var cached = []struct {
	profile, key string
	asked        string
}{
	{"one", "3370bf0daf0e96bc285e9704350dceb9fade6e2b", "BASE AssumeRole one"},
	{"all", "670b1182df461175c504d63bccdf1e37933134f0", "BASE AssumeRole one 1800 höhe 😀 123456"},
	{"web", "af505dee7685a28753bb3ec1e5214df3b4bdc913", "AssumeRoleWithWebIdentity web"},
	{"staff", "55baa2978e3b07bfc8c8bec3a298ab6d5406ae36", "GetRoleCredentials on"},
	{"legacy", "cade1964918920d7ccf8ad4d2dd4eb8c76f030c2", "GetRoleCredentials on"},
}

func TestCredentialsAreCached(t *testing.T) {
	for _, tt := range cached {
		t.Run(tt.profile, func(t *testing.T) {
			c := newCloud(t)
			if by := c.list(t, tt.profile); by != "KEY1" {
				t.Errorf("the first call is made by %s", by)
			}
			c.want(t, tt.asked)
			for _, gone := range []string{"token", ".aws/sso"} { // the answer is all that is needed
				_ = os.RemoveAll(filepath.Join(c.home, gone))
			}
			if by := c.list(t, tt.profile); by != "KEY1" {
				t.Errorf("the second call is made by %s", by)
			}
			c.want(t)
			info, err := os.Stat(c.file(tt.key))
			if err != nil {
				t.Fatal(err)
			}
			folder, err := os.ReadDir(filepath.Dir(c.file("")))
			if err != nil || len(folder) != 1 {
				t.Errorf("the cache holds %v, %v", folder, err)
			}
			if dir, _ := os.Stat(filepath.Dir(c.file(""))); info.Mode() != 0o600 || dir.Mode().Perm() != 0o700 {
				t.Errorf("modes are %v in %v", info.Mode(), dir.Mode())
			}
		})
	}
}

// What the AWS CLI reads of a file, and what it takes away when somebody signs off.
func TestCacheIsTheAWSCLIs(t *testing.T) {
	c := newCloud(t)
	for _, tt := range []struct{ profile, key, kind string }{
		{"one", "3370bf0daf0e96bc285e9704350dceb9fade6e2b", ""},
		{"staff", "55baa2978e3b07bfc8c8bec3a298ab6d5406ae36", "sso"},
	} {
		by := c.list(t, tt.profile)
		text, err := os.ReadFile(c.file(tt.key))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			ProviderType string
			Credentials  map[string]string
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		expires, err := time.Parse(time.RFC3339, got.Credentials["Expiration"])
		if err != nil || time.Until(expires) < 59*time.Minute || time.Until(expires) > time.Hour {
			t.Errorf("expires at %v, %v", expires, err)
		}
		delete(got.Credentials, "Expiration")
		want := map[string]string{"AccessKeyId": by, "SecretAccessKey": "s", "SessionToken": "t", "AccountId": "123456789012"}
		if !maps.Equal(got.Credentials, want) || got.ProviderType != tt.kind {
			t.Errorf("%s is kept as %s", tt.profile, text)
		}
	}
}

// A file that the AWS CLI wrote is used, whatever way it writes the time.
func TestCacheOfTheAWSCLI(t *testing.T) {
	const answer = `{"Credentials": {"AccessKeyId": "KEPT", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "%s"}, ` +
		`"AssumedRoleUser": {"AssumedRoleId": "AROA:botocore-session-1", "Arn": "arn:aws:sts::123456789012:assumed-role/one/botocore-session-1"}, ` +
		`"ResponseMetadata": {"RequestId": "1", "HTTPStatusCode": 200, "HTTPHeaders": {"content-type": "text/xml"}, "RetryAttempts": 0}}`
	for _, layout := range []string{"2006-01-02T15:04:05UTC", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05+00:00"} {
		for _, tt := range cached {
			c := newCloud(t)
			c.write(t, ".aws/cli/cache/"+tt.key+".json", fmt.Sprintf(answer, time.Now().Add(time.Hour).UTC().Format(layout)))
			if by := c.list(t, tt.profile); by != "KEPT" {
				t.Errorf("%s calls as %s", tt.profile, by)
			}
			c.want(t)
		}
	}
}

func TestCacheTellsRolesApart(t *testing.T) {
	c := newCloud(t)
	all := []string{"one", "two", "named", "external", "short", "all", "web", "staff", "legacy"}
	by := map[string]string{}
	for i, profile := range all {
		by[profile] = c.list(t, profile)
		if want := fmt.Sprintf("KEY%d", i+1); by[profile] != want {
			t.Errorf("%s calls as %s, want %s", profile, by[profile], want)
		}
	}
	c.want(t, "BASE AssumeRole one", "BASE AssumeRole two", "BASE AssumeRole one", "BASE AssumeRole one x", "BASE AssumeRole one 900",
		"BASE AssumeRole one 1800 höhe 😀 123456", "AssumeRoleWithWebIdentity web", "GetRoleCredentials on", "GetRoleCredentials on")
	for _, profile := range all {
		if again := c.list(t, profile); again != by[profile] {
			t.Errorf("%s calls as %s, then as %s", profile, by[profile], again)
		}
	}
	c.want(t)
}

// A role on the way to another is cached too: its code isn't asked for again.
func TestChainIsCached(t *testing.T) {
	c := newCloud(t)
	c.list(t, "chain")
	c.want(t, "BASE AssumeRole one 1800 höhe 😀 123456", "KEY1 AssumeRole last")
	if by := c.list(t, "chain"); by != "KEY2" {
		t.Errorf("the second call is made by %s", by)
	}
	c.want(t)
	if by := c.list(t, "all"); by != "KEY1" {
		t.Errorf("the role on the way is played by %s", by)
	}

	c = newCloud(t)
	c.list(t, "onward")
	c.want(t, "BASE AssumeRole one", "KEY1 AssumeRole last")
	c.list(t, "one")
	c.list(t, "chain") // the same role by another way: the AWS CLI doesn't tell them apart
	c.want(t)
}

func TestCacheIsRefreshed(t *testing.T) {
	c := newCloud(t)
	for _, profile := range []string{"one", "web", "staff"} {
		c.lasts = 14 * time.Minute // too little for the AWS CLI
		first := c.list(t, profile)
		c.lasts = 16 * time.Minute
		second := c.list(t, profile)
		if third := c.list(t, profile); first == second || second != third {
			t.Errorf("%s calls as %s, %s and %s", profile, first, second, third)
		}
	}
}

// A file that makes no sense, or can't be read or written, is as good as none.
func TestBadCache(t *testing.T) {
	const key = "3370bf0daf0e96bc285e9704350dceb9fade6e2b"
	for _, text := range []string{
		"", "{", "[]", `{"Credentials":null}`, `{"Credentials":{"AccessKeyId":"OLD","SecretAccessKey":"s","SessionToken":"t"}}`,
		`{"Credentials":{"AccessKeyId":"OLD","SecretAccessKey":"s","SessionToken":"t","Expiration":"tomorrow"}}`,
		`{"Credentials":{"AccessKeyId":"OLD","SecretAccessKey":"s","SessionToken":"t","Expiration":"2999-01-01T00:00:00"}}`,
		`{"Credentials":{"AccessKeyId":"OLD","SecretAccessKey":"s","SessionToken":"t","Expiration":"2001-01-01T00:00:00Z"}}`,
		`{"Credentials":{"AccessKeyId":"OLD","Expiration":"2999-01-01T00:00:00Z"}}`,
	} {
		c := newCloud(t)
		c.write(t, ".aws/cli/cache/"+key+".json", text)
		if first, second := c.list(t, "one"), c.list(t, "one"); first != "KEY1" || second != "KEY1" {
			t.Errorf("with %s kept, calls are made by %s and %s", text, first, second)
		}
	}
	for _, inTheWay := range []string{".aws/cli", ".aws/cli/cache", ".aws/cli/cache/" + key + ".json/x"} {
		c := newCloud(t)
		c.write(t, inTheWay, "")
		if first, second := c.list(t, "one"), c.list(t, "one"); first != "KEY1" || second != "KEY2" {
			t.Errorf("with %s in the way, calls are made by %s and %s", inTheWay, first, second)
		}
		if left, _ := filepath.Glob(filepath.Join(c.home, ".aws/cli/cache/.new-*")); left != nil {
			t.Errorf("%v are left", left)
		}
	}
}

// Who has no home has no cache, and none is made where the program runs.
func TestNoHome(t *testing.T) {
	c := newCloud(t)
	t.Chdir(c.home)
	_ = os.Unsetenv("HOME")
	c.list(t, "one")
	c.list(t, "one")
	c.want(t, "BASE AssumeRole one", "BASE AssumeRole one")
	if _, err := os.Stat("~"); err == nil {
		t.Error("there is a folder called ~")
	}
}

// Readers and writers of one file see all of it or nothing.
func TestCacheIsSharedByCalls(t *testing.T) {
	c := newCloud(t)
	c.lasts = 14 * time.Minute // every call writes
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 5 {
				c.list(t, "one")
			}
		})
	}
	calls.Wait()
	if left, _ := filepath.Glob(filepath.Join(c.home, ".aws/cli/cache/.new-*")); left != nil {
		t.Errorf("%v are left", left)
	}
	text, err := os.ReadFile(c.file("3370bf0daf0e96bc285e9704350dceb9fade6e2b"))
	if err != nil || !json.Valid(text) {
		t.Errorf("the file holds %s, %v", text, err)
	}
}

// The environment's web identity comes before the keys of the profile that it names,
// but behind the role that this plays.
func TestWebIdentityOfTheEnvironment(t *testing.T) {
	c := newCloud(t)
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", filepath.Join(c.home, "token"))
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod")
	t.Setenv("AWS_PROFILE", "base")
	for range 2 {
		if by := c.list(t, ""); by != "KEY1" {
			t.Errorf("base calls as %s", by)
		}
	}
	t.Setenv("AWS_PROFILE", "one")
	c.list(t, "")
	_ = os.Unsetenv("AWS_PROFILE")
	c.list(t, "")
	c.want(t, "AssumeRoleWithWebIdentity pod", "BASE AssumeRole one", "BASE AssumeRole default")
	if by := c.list(t, "base"); by != "BASE" {
		t.Errorf("with the profile given, base calls as %s", by)
	}
	c.want(t)
}

package awsconf_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"parlor/internal/cli/awsconf"
)

// load writes the two files and reads them with the environment given.
func load(t *testing.T, config, credentials, flag string, vars map[string]string) (*awsconf.Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"config": config, "credentials": credentials} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := func(key string) (string, bool) {
		switch key {
		case "AWS_CONFIG_FILE":
			return "$D/config", true
		case "AWS_SHARED_CREDENTIALS_FILE":
			return "~/credentials", true
		case "D", "HOME":
			return dir, true
		}
		v, ok := vars[key]
		return v, ok
	}
	return awsconf.Load(env, flag)
}

func TestProfile(t *testing.T) {
	config := "# a comment\n[default]\nregion = r1 # kept\n\n[profile 'my prof']\nREGION: r2\ncli_pager =\n" +
		"services = s\n[prod]\nregion = no\n[services s]\nivschat =\n  endpoint_url = http://x\n"
	credentials := "[DEFAULT]\nmax_attempts = 7\n[only]\naws_access_key_id = K\n[my prof]\noutput=text\n"
	for _, tt := range []struct {
		flag string
		vars map[string]string
		key  string
		want string
	}{
		{"", nil, "region", "r1 # kept"},
		{"my prof", nil, "region", "r2"},
		{"my prof", nil, "output", "text"},
		{"my prof", nil, "cli_pager", ""},
		{"only", nil, "max_attempts", "7"},
		{"", map[string]string{"AWS_PROFILE": "only", "AWS_DEFAULT_PROFILE": "default"}, "aws_access_key_id", "K"},
		{"only", map[string]string{"AWS_PROFILE": "default"}, "aws_access_key_id", "K"},
	} {
		c, err := load(t, config, credentials, tt.flag, tt.vars)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := c.Get(tt.key); !ok || got != tt.want {
			t.Errorf("%v: Get(%s) = %q, %v, want %q", tt, tt.key, got, ok, tt.want)
		}
	}
	c, err := load(t, config, credentials, "my prof", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Service("endpoint_url"); got != "http://x" || err != nil {
		t.Errorf("Service(endpoint_url) = %q, %v", got, err)
	}
	if c, err = load(t, config, credentials, "prod", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err == nil || err.Error() != "The config profile (prod) could not be found" {
		t.Errorf("profile prod: %v", err)
	}
}

func TestBroken(t *testing.T) {
	for _, config := range []string{
		"[default\nregion=x\n", "region = x\n", "[a]\nx\n", "[a]\n[a]\n", "[a]\nx=1\nX=2\n", "[a]\n= v\n",
		"[a]\nx =\n  no assignment\n", "[a]\nx=\xff\n",
	} {
		if c, err := load(t, config, "", "", nil); err == nil {
			t.Errorf("Load(%q) = %v, want an error", config, c)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		`less -R`:             {"less", "-R"},
		`sh -c 'cat; echo x'`: {"sh", "-c", "cat; echo x"},
		`a "b \" \c" d\ e ''`: {"a", `b " \c`, "d e", ""},
		``:                    nil,
	} {
		if got, err := awsconf.Words(in); err != nil || !slices.Equal(got, want) {
			t.Errorf("Words(%s) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{`'a`, `a\`} {
		if _, err := awsconf.Words(in); err == nil {
			t.Errorf("Words(%s) succeeded", in)
		}
	}
	if got := awsconf.Quote("it's"); got != `'it'"'"'s'` {
		t.Errorf("Quote(it's) = %s", got)
	}
}

func FuzzINI(f *testing.F) {
	f.Add("[default]\nregion = x\n  y\n# z\n[a b]\nc:d\n")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := load(t, text, "", "", nil); err != nil {
			return
		}
	})
}

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLaterSourcesWin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parlor.yaml")
	text := "listen: 127.0.0.1:1\nreview-timeout: 300ms\nquotas: off\nreview-urls:\n  arn:aws:lambda:r:1:function:f: http://127.0.0.1:9/x\nregions: [us-west-2, eu-west-1]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load([]string{"--config", file, "--listen=127.0.0.1:3"}, []string{"PARLOR_LISTEN=127.0.0.1:2", "PARLOR_QUOTAS=aws", "HOME=/x"})
	if err != nil {
		t.Fatalf("Load() = %v", err)
	}
	if c.Listen != "127.0.0.1:3" || c.Quotas != "aws" || c.ReviewTimeout != 300*time.Millisecond {
		t.Errorf("Load() = listen %s, quotas %s, review-timeout %v", c.Listen, c.Quotas, c.ReviewTimeout)
	}
	if got := c.ReviewURLs["arn:aws:lambda:r:1:function:f"]; got != "http://127.0.0.1:9/x" {
		t.Errorf("review-urls = %v", c.ReviewURLs)
	}
	if len(c.Regions) != 2 || c.Regions[1] != "eu-west-1" {
		t.Errorf("regions = %v", c.Regions)
	}
	var out strings.Builder
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"127.0.0.1:3", "flag", "environment", "file", "default"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("Print() lacks %q:\n%s", want, out.String())
		}
	}
}

// A file is read as YAML has it, and what could be meant in two ways is refused.
func TestFileIsYAML(t *testing.T) {
	load := func(text string) (*Loaded, error) {
		file := filepath.Join(t.TempDir(), "parlor.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return Load([]string{"--config", file}, nil)
	}
	const function = "arn:aws:lambda:us-west-2:123456789012:function:f"
	c, err := load("account: 012345678901\naccounts: [012345678901, &a \"123456789012\"]\nregions:\nnode: *a\n" +
		"review-urls:\n  " + function + ": http://127.0.0.1/?a=1,2&b=3\n  " + function + "2: http://127.0.0.1/2\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Account != "012345678901" || len(c.Accounts) != 2 || c.Accounts[0] != "012345678901" || len(c.Regions) != 0 || c.Node != "123456789012" {
		t.Errorf("Load() = account %s, accounts %v, regions %v, node %s", c.Account, c.Accounts, c.Regions, c.Node)
	}
	if len(c.ReviewURLs) != 2 || c.ReviewURLs[function] != "http://127.0.0.1/?a=1,2&b=3" {
		t.Errorf("review-urls = %v, want a URL with its comma", c.ReviewURLs)
	}
	for text, want := range map[string]string{
		"quotas: aws\nlisten: 127.0.0.1:1\nquotas: off\n": "line 3: quotas is there twice",
		"review-urls:\n  a: b\n  a: c\n":                  "review-urls",
		"review-urls: {a: [b]}\n":                         "review-urls",
		"regions: [[us-west-2]]\n":                        "regions",
		"listen: [127.0.0.1:1, 127.0.0.1:2]\n":            "not host:port",
		"data: ~\n":                                       "data: a directory is needed",
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load() of %q = %v, want an error with %q", text, err, want)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	c, err := Load([]string{"--review-secret", "hunter2", "--nats", "nats://u:hunter2@one:4222, tls://hunter2@two"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	_ = c.Print(&out)
	if strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), Secret) || !strings.Contains(out.String(), "@one:4222,tls://") {
		t.Errorf("Print() shows the secret, or no sign of it:\n%s", out.String())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parlor.yaml")
	if err := os.WriteFile(file, []byte("listen: 127.0.0.1:1\nlissten: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		args, env []string
		want      string
	}{
		{"unknown flag", []string{"--lissten", "x"}, nil, "unknown flag --lissten; did you mean --listen?"},
		{"unknown variable", nil, []string{"PARLOR_QUOTA=off"}, "unknown variable PARLOR_QUOTA; did you mean PARLOR_QUOTAS?"},
		{"unknown key", []string{"--config", file}, nil, "line 2: unknown option lissten; did you mean listen?"},
		{"nothing near", []string{"--zzzzzzzz", "x"}, nil, "unknown flag --zzzzzzzz"},
		{"bad duration", []string{"--review-timeout", "soon"}, nil, `review-timeout (from the flag): "soon" is not a duration`},
		{"no value", []string{"--listen"}, nil, "--listen needs a value"},
		{"dev beyond loopback", []string{"--dev", "--listen", "0.0.0.0:8480"}, nil, "everybody knows"},
		{"no file", []string{"--config", "/nonexistent"}, nil, "configuration file"},
		{"half TLS", []string{"--tls-cert", "x"}, nil, "go together"},
		{"join alone", []string{"--join", "10.0.0.1:6222"}, nil, "cluster-listen"},
		{"open cluster", []string{"--cluster-listen", "0.0.0.0:6222"}, nil, "cluster-secret"},
		{"two clusters", []string{"--nats", "nats://a", "--join", "b:1"}, nil, "exclude"},
		{"log level", []string{"--log-level", "loud"}, nil, "log-level"},
		{"account", []string{"--account", "12"}, nil, "twelve digits"},
		{"proxy", []string{"--trusted-proxies", "10"}, nil, "trusted-proxies"},
		{"origin with a path", []string{"--cors-origins", "https://app.example/"}, nil, "not an origin"},
		{"origin without a scheme", []string{"--cors-origins", "*, app.example"}, nil, "not an origin"},
		{"demo backend", []string{"--demo-backend", "127.0.0.1:3000"}, nil, "demo-backend"},
		{"word", []string{"serve"}, nil, "not a flag"},
		{"no data", []string{"--data", ""}, nil, "data: a directory is needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(tt.args, tt.env)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load(%q, %q) = %v, want an error with %q", tt.args, tt.env, err, tt.want)
			}
		})
	}
}

func TestDevHasMessageRatesOnly(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "aws"}, {[]string{"--dev"}, "dev"}, {[]string{"--dev", "--quotas", "aws"}, "aws"},
	} {
		c, err := Load(tt.args, nil)
		if err != nil || c.Quotas != tt.want {
			t.Errorf("Load(%q) = quotas %v, %v, want %s", tt.args, c, err, tt.want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("listen: 127.0.0.1:1\n")
	f.Add("regions: [a, b]\nreview-urls: {a: b}")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = Load([]string{"--config", file}, nil) // must return, whatever the text
	})
}

// TestDocumentNamesEveryOption holds docs/configure.md against the struct.
func TestDocumentNamesEveryOption(t *testing.T) {
	text, err := os.ReadFile("../../docs/configure.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range options(&Config{}) {
		row := "| `" + o.Name + "` | " + cell(o.Default) + " | " + o.Help + " |"
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/configure.md lacks the row\n%s", row)
		}
	}
}

func cell(value string) string {
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}

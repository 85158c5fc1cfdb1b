package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parlor/internal/cli"
	"parlor/internal/local"
)

// A world is what a command line runs in.
type world struct {
	t     *testing.T
	vars  map[string]string
	stdin string
}

// empty is a home directory with nothing in it, and nothing configured.
func empty(t *testing.T) *world {
	t.Helper()
	return &world{t: t, vars: map[string]string{"HOME": t.TempDir(), "AWS_EC2_METADATA_DISABLED": "true"}}
}

// run runs a command line and returns its exit status and what it printed.
func (w *world) run(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	var out, errs strings.Builder
	env := func(k string) (string, bool) { v, ok := w.vars[k]; return v, ok }
	code = cli.Run(w.t.Context(), args, env, strings.NewReader(w.stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// service answers every operation with what is in answers, and keeps the keys that
// signed.
func service(t *testing.T, answers map[string]any) (url string, signers *[]string) {
	t.Helper()
	signers = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		key, _, _ := strings.Cut(credential, "/")
		*signers = append(*signers, key)
		_ = json.NewEncoder(w).Encode(answers[strings.TrimPrefix(r.URL.Path, "/")])
	}))
	t.Cleanup(s.Close)
	return s.URL, signers
}

// TestFindsServer: with nothing configured the server of this machine is called;
// with anything configured it is not.
func TestFindsServer(t *testing.T) {
	url, signers := service(t, map[string]any{"ListRooms": map[string]any{"rooms": []any{}}})
	w := empty(t)
	path := local.Path(func(k string) string { return w.vars[k] })
	if code, _, stderr := w.run("list-rooms"); code != 253 || !strings.Contains(stderr, "You must specify a region") {
		t.Fatalf("without a server: %d, %s", code, stderr)
	}
	_, err := local.Write(path, local.Server{Endpoint: url, Region: "us-west-2", AccessKeyID: "LOCAL", SecretAccessKey: "s", PID: os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := w.run("list-rooms", "--query", "rooms"); code != 0 || stdout != "[]\n" {
		t.Fatalf("with a server: %d, %s%s", code, stdout, stderr)
	}
	if len(*signers) != 1 || (*signers)[0] != "LOCAL" {
		t.Errorf("signed by %q, want LOCAL", *signers)
	}
	w.vars["AWS_REGION"] = "us-east-1"
	if code, _, _ := w.run("list-rooms"); code != 253 {
		t.Errorf("with a region configured: %d, want 253", code)
	}
	delete(w.vars, "AWS_REGION")
	if err := os.Mkdir(filepath.Join(w.vars["HOME"], ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.vars["HOME"], ".aws", "config"), []byte("[default]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := w.run("list-rooms"); code != 253 {
		t.Errorf("with a configuration file: %d, want 253", code)
	}
}

func configured(t *testing.T, url string) *world {
	t.Helper()
	w := empty(t)
	maps.Copy(w.vars, map[string]string{
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "the-secret-key", "AWS_SESSION_TOKEN": "the-session-token",
		"AWS_REGION": "us-west-2", "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1",
	})
	return w
}

// TestDebug: the output of --debug holds no secret, not even the token that the
// command prints.
func TestDebug(t *testing.T) {
	url, _ := service(t, map[string]any{"CreateChatToken": map[string]any{"token": "the-chat-token"}})
	w := configured(t, url)
	code, stdout, stderr := w.run("create-chat-token", "--debug", "--room-identifier", "r", "--user-id", "the-user", "--attributes", "k=the-attribute")
	if code != 0 || !strings.Contains(stdout, "the-chat-token") {
		t.Fatalf("%d %s%s", code, stdout, stderr)
	}
	for _, secret := range []string{"the-secret-key", "the-session-token", "the-chat-token", "the-user", "the-attribute"} {
		if strings.Contains(stderr, secret) {
			t.Errorf("--debug shows %s:\n%s", secret, stderr)
		}
	}
	if !strings.Contains(stderr, " - MainThread - parlor.client - DEBUG - request: POST "+url+"/CreateChatToken") {
		t.Errorf("--debug says too little:\n%s", stderr)
	}
}

func TestErrorFormats(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", "ConflictException")
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"message":"in use","resourceId":"x","list":[1,2,3,4,5]}`))
	}))
	defer s.Close()
	said := "An error occurred (ConflictException) when calling the GetRoom operation: in use\n"
	for format, want := range map[string]string{
		"legacy": "\nparlor: [ERROR]: " + said,
		"": "\nparlor: [ERROR]: " + said + "\nAdditional error details:\nresourceId: x\nlist: <complex value>\n" +
			"Use \"--cli-error-format json\" or another error format to see the full details.\n",
		"text": "ConflictException\tin use\tin use\tx\nLIST\t1\nLIST\t2\nLIST\t3\nLIST\t4\nLIST\t5\n",
	} {
		w := configured(t, s.URL)
		if format != "" {
			w.vars["AWS_CLI_ERROR_FORMAT"] = format
		}
		if code, stdout, stderr := w.run("get-room", "--identifier", "x"); code != 254 || stdout != "" || stderr != want {
			t.Errorf("%s: %d %q\n%swant\n%s", format, code, stdout, stderr, want)
		}
	}
}

func TestCompletion(t *testing.T) {
	url, _ := service(t, map[string]any{"ListRooms": map[string]any{"rooms": []any{map[string]any{"arn": "arn:one"}, map[string]any{"arn": "arn:two"}}}})
	w := configured(t, url)
	for line, want := range map[string]string{
		"parlor create-ch":                     "create-chat-token\n",
		"parlor get-room --identifier arn:t":   "arn:two\n",
		"parlor get-room --output t":           "text\ntable\n",
		"parlor create-chat-token --capa":      "--capabilities\n",
		"parlor create-chat-token --region eu": "eu-central-1\neu-west-1\n",
	} {
		w.vars["COMP_LINE"] = line
		if code, stdout, _ := w.run("complete"); code != 0 || stdout != want {
			t.Errorf("%s: %d %q, want %q", line, code, stdout, want)
		}
	}
	w.vars["COMP_LINE"] = "parlor update-room --name höhe --output tab --bogus"
	for point, want := range map[string]string{"43": "table\n", "41": "text\ntable\n", "40": "json\ntext\ntable\nyaml\nyaml-stream\noff\n"} {
		w.vars["COMP_POINT"] = point
		if code, stdout, _ := w.run("complete"); code != 0 || stdout != want {
			t.Errorf("with the cursor at %s: %d %q, want %q", point, code, stdout, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if code, stdout, _ := w.run("completion", shell); code != 0 || !strings.Contains(stdout, "COMP_LINE") && shell != "bash" {
			t.Errorf("completion %s: %d %s", shell, code, stdout)
		}
	}
	if code, _, _ := w.run("completion", "tcsh"); code != 252 {
		t.Errorf("completion tcsh: %d, want 252", code)
	}
}

func TestChatOptions(t *testing.T) {
	url, _ := service(t, nil)
	w := configured(t, url)
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"chat", 0, ""},
		{"chat help", 0, ""},
		{"chat --user-id u", 252, "the following arguments are required: --room-identifier"},
		{"chat --room-identifier r --bogus", 252, "Unknown options: --bogus"},
		{"chat --room-identifier r --session-duration-in-minutes 0", 252, "valid min value: 1"},
		{"chat --token t --url ws://127.0.0.1:1/", 255, "connect to ws://127.0.0.1:1/"},
	} {
		code, _, stderr := w.run(strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: %d %s, want %d %s", tt.args, code, stderr, tt.code, tt.says)
		}
	}
}

// TestInterrupt: a cancelled run says no more than a line break.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server notices that its caller left only after the body
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	w := configured(t, s.URL)
	var out, errs strings.Builder
	env := func(k string) (string, bool) { v, ok := w.vars[k]; return v, ok }
	code := cli.Run(ctx, []string{"list-rooms"}, env, strings.NewReader(""), &out, &errs)
	if code != 130 || out.String() != "\n" || errs.String() != "" {
		t.Errorf("%d, %q, %q; want 130 and a line break", code, out.String(), errs.String())
	}
}

// TestAsksForTheDevice: a role that wants a code of a multi-factor device gets the one
// that the user types.
func TestAsksForTheDevice(t *testing.T) {
	const device = "arn:aws:iam::123456789012:mfa/ada"
	url, signers := service(t, map[string]any{"ListRooms": map[string]any{"rooms": []any{}}})
	var code string
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code = r.FormValue("SerialNumber") + " " + r.FormValue("TokenCode")
		_, _ = io.WriteString(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>`+
			`<AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>`+
			`</Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	}))
	t.Cleanup(sts.Close)
	w := empty(t)
	conf := filepath.Join(w.vars["HOME"], "config")
	text := "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\nregion = us-west-2\nmfa_serial = " + device +
		"\n[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.vars["AWS_CONFIG_FILE"], w.stdin = conf, "123456\n"
	t.Setenv("AWS_CONFIG_FILE", conf) // the AWS SDK reads the process's own
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	status, _, stderr := w.run("list-rooms", "--profile", "r", "--endpoint-url", url)
	if status != 0 || stderr != "Enter MFA code for "+device+": " {
		t.Errorf("list-rooms = %d, %q", status, stderr)
	}
	if code != device+" 123456" || len(*signers) != 1 || (*signers)[0] != "ROLE" {
		t.Errorf("the role was asked for with %q, and the call signed by %q", code, *signers)
	}
}

package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A testCase is one command line, the world it runs in, and what must come of
// it. Texts may hold {{URL}}, {{PORT}}, {{DIR}}, {{CERTS}} and the ARNs {{ROOM}},
// {{LC}} and {{LAMBDA}}.
type testCase struct {
	ID, Group, Quirk string
	Argv             []string
	Env              map[string]*string
	Files            map[string]content
	Stdin            *string
	Stub             map[string][]reply
	Server           string // http, https or none
	TTY              *ttySpec
	Match            struct {
		Stdout   json.RawMessage
		Requests string
	}
	Expect []expectation
}

// An expectation is what one or more releases of the AWS CLI did.
type expectation struct {
	Exit     int
	Stdout   string
	Requests []request
}

// A request is what reached the service.
type request struct {
	Op, Method, Target string
	Body               any
	Key, Scope, Sig    *string
	Token              *string
}

// content is a file: its text, or bytes and a mode.
type content struct {
	text string
	raw  []byte
	mode os.FileMode
}

func (c *content) UnmarshalJSON(b []byte) error {
	c.mode = 0o600
	if json.Unmarshal(b, &c.text) == nil {
		return nil
	}
	var spec struct{ Text, B64, Mode string }
	if err := json.Unmarshal(b, &spec); err != nil {
		return err
	}
	c.text = spec.Text
	var err error
	if c.raw, err = base64.StdEncoding.DecodeString(spec.B64); err != nil {
		return err
	}
	if spec.Mode != "" {
		mode, err := strconv.ParseUint(spec.Mode, 8, 32)
		c.mode = os.FileMode(mode)
		return err
	}
	return nil
}

// A ttySpec is a terminal as standard output, and keys that are typed into it.
type ttySpec struct {
	Cols, Rows uint16
	Stdin      bool
	Steps      []step
}

// A step is what is typed, some seconds after the step before.
type step struct {
	after float64
	keys  string
}

func (s *step) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&s.after, &s.keys})
}

// loadCases reads testdata. The placeholders of each case are still there.
func loadCases(t *testing.T) [][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || files == nil {
		t.Fatalf("no cases: %v", err)
	}
	var all [][]byte
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var cases []json.RawMessage
		if err := json.Unmarshal(text, &cases); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range cases {
			all = append(all, c)
		}
	}
	return all
}

// fill puts values in for the placeholders of a JSON text.
func fill(text []byte, values map[string]string) []byte {
	for name, v := range values {
		quoted, _ := json.Marshal(v)
		text = bytes.ReplaceAll(text, []byte("{{"+name+"}}"), bytes.Trim(quoted, `"`))
	}
	return text
}

// matches says what stdout lacks of spec: strings it contains, in any order or in
// this one, with runs of blanks as one if squash says so.
func (c *testCase) matches(t *testing.T, stdout string) {
	t.Helper()
	var spec struct {
		Contains, Regex []string
		InOrder         []string `json:"in_order"`
		Squash          bool
	}
	if err := json.Unmarshal(c.Match.Stdout, &spec); err != nil {
		t.Fatal(err)
	}
	stdout = plain(stdout)
	if spec.Squash {
		stdout = strings.Join(strings.Fields(stdout), " ")
	}
	for _, s := range spec.Contains {
		if !strings.Contains(stdout, s) {
			t.Errorf("stdout lacks %q", s)
		}
	}
	rest := stdout
	for _, s := range spec.InOrder {
		_, after, ok := strings.Cut(rest, s)
		if !ok {
			t.Errorf("stdout lacks %q in its place", s)
			continue
		}
		rest = after
	}
	for _, s := range spec.Regex {
		if !match(s, stdout) {
			t.Errorf("stdout does not match %s:\n%s", s, stdout)
		}
	}
}

package params_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parlor/api"
	"parlor/internal/cli/params"
	"parlor/internal/cli/value"
)

// parse reads the words of an option of an operation, files in a folder of ours.
func parse(t *testing.T, op *api.Operation, name string, words ...string) (string, error) {
	t.Helper()
	m, ok := op.Input().Member(name)
	if !ok {
		t.Fatalf("%s has no %s", op.Name, name)
	}
	v, err := loader(t).Parse(m, words)
	return value.JSON(v, value.Style{}), err
}

func loader(t *testing.T) *params.Loader {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"text": "a\r\nb\n", "empty": "", "latin": "h\xe9", "wide": "\xff\xfeh\x00\xe9\x00", "caps": `["X"]`, "bin": "\xff\xfe", "doc": `{"userId":"u"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &params.Loader{Expand: func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}, Stdin: strings.NewReader(`{"userId":"in"}`)}
}

func TestParse(t *testing.T) {
	token, room, logging := api.CreateChatToken.Operation, api.CreateRoom.Operation, api.CreateLoggingConfiguration.Operation
	for _, tt := range []struct {
		op    *api.Operation
		name  string
		words []string
		want  string
	}{
		{token, "userId", []string{"u"}, `"u"`},
		{token, "userId", []string{"file://text"}, `"a\nb\n"`},
		{token, "userId", []string{"http://x"}, `"http://x"`},
		{token, "sessionDurationInMinutes", []string{" 0_5 "}, `5`},
		{token, "capabilities", nil, `[]`},
		{token, "capabilities", []string{"A,B"}, `["A,B"]`},
		{token, "capabilities", []string{"file://a", "file://b"}, `["file://a","file://b"]`},
		{token, "capabilities", []string{"file://caps"}, `["X"]`},
		{token, "capabilities", []string{"file://text"}, `["a","b"]`},
		{token, "capabilities", []string{"file://empty"}, `[]`},
		{token, "capabilities", []string{` ["A"]`}, `["A"]`},
		{token, "attributes", []string{"a=b,c@=file://text"}, `{"a":"b","c":"a\nb\n"}`},
		{token, "attributes", []string{` {"a":"b"}`}, `{"a":"b"}`},
		{room, "messageReviewHandler", []string{"uri=x,fallbackResult=DENY"}, `{"uri":"x","fallbackResult":"DENY"}`},
		{logging, "destinationConfiguration", []string{"s3={bucketName=abc}"}, `{"s3":{"bucketName":"abc"}}`},
	} {
		if got, err := parse(t, tt.op, tt.name, tt.words...); err != nil || got != tt.want {
			t.Errorf("%s %q = %s, %v, want %s", tt.name, tt.words, got, err, tt.want)
		}
	}
}

func TestParseError(t *testing.T) {
	for _, tt := range []struct{ name, word, want string }{
		{"userId", "file://nope", "Unable to load paramfile file://nope: [Errno 2] No such file or directory: '"},
		{"userId", "file://", "[Errno 21] Is a directory"},
		{"userId", "file://bin", "text contents could not be decoded"},
		{"sessionDurationInMinutes", "0x10", "invalid literal for int() with base 10: '0x10'"},
		{"capabilities", "[A]", "Error parsing parameter '--capabilities': Invalid JSON: Expecting value: line 1 column 2 (char 1)\nJSON received: [A]"},
		{"attributes", `["a"]`, "Error parsing parameter '--attributes': Invalid JSON:\n[\"a\"]"},
		{"attributes", "a", "Error parsing parameter '--attributes': Expected: '=', received: 'EOF' for input:\na\n ^"},
		{"attributes", "a@=file://nope", "Unable to load paramfile"},
	} {
		if got, err := parse(t, api.CreateChatToken.Operation, tt.name, tt.word); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s = %s, %v, want %s", tt.name, tt.word, got, err, tt.want)
		}
	}
	if _, err := os.ReadFile("nope"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestEncoding: the variable of the AWS CLI says how text files are written.
func TestEncoding(t *testing.T) {
	for _, tt := range []struct{ encoding, file, want string }{
		{"", "text", `"a\nb\n"`},
		{"UTF-8", "text", `"a\nb\n"`},
		{"ascii", "text", `"a\nb\n"`},
		{"latin-1", "latin", `"hé"`},
		{"ISO_8859-1", "latin", `"hé"`},
		{"iso8859-15", "latin", `"hé"`},
		{"cp1252", "latin", `"hé"`},
		{"windows-1252", "latin", `"hé"`},
		{"utf_16", "wide", `"hé"`},
		{"utf-16", "latin", "UTF-16 stream does not start with BOM"},
		{"ascii", "latin", "could not be decoded"},
		{"", "latin", "could not be decoded"},
		{"klingon", "text", "unknown encoding: klingon"},
	} {
		l := loader(t)
		l.Encoding = tt.encoding
		member, _ := api.CreateChatToken.Input().Member("userId")
		v, err := l.Parse(member, []string{"file://" + tt.file})
		got := value.JSON(v, value.Style{})
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s in %q is %s, want %s", tt.file, tt.encoding, got, tt.want)
		}
	}
}

func TestDocument(t *testing.T) {
	l := loader(t)
	for _, tt := range []struct{ option, word, want string }{
		{params.InputJSON, "file://doc", `{"userId":"u"}`},
		{params.InputJSON, "fileb://doc", `{"userId":"u"}`},
		{params.InputJSON, "-", `{"userId":"in"}`},
		{
			params.InputYAML, "a: 012\nb: 0o14\nc: 0x1e\nd: 1_000\ne: yes\nf: true\ng: ~\nh: 1.5\ni: '1'\nj: .5\nk: 12:30\nl: 1e3\n",
			`{"a":12,"b":12,"c":30,"d":1000,"e":"yes","f":true,"g":null,"h":1.5,"i":"1","j":0.5,"k":"12:30","l":1000.0}`,
		},
		{params.InputYAML, "x: &a {k: v}\ny: *a\nz: {<<: *a, l: m}\n", `{"x":{"k":"v"},"y":{"k":"v"},"z":{"k":"v","l":"m"}}`},
		{params.InputYAML, "x: |\n  a\n  b\ny: >-\n  c\n  d\n", `{"x":"a\nb\n","y":"c d"}`},
		{params.InputYAML, "%YAML 1.2\n---\nx: yes\ny: !!bool yes\nz: !!null x\n", `{"x":"yes","y":true,"z":null}`},
		{params.InputYAML, "x: !!str 12\ny: 2022-01-01\n", `{"x":"12","y":"2022-01-01"}`},
	} {
		got, err := l.Document(tt.option, tt.word)
		if err != nil {
			t.Errorf("Document(%s): %v", tt.word, err)
		} else if s := value.JSON(got, value.Style{}); s != tt.want {
			t.Errorf("Document(%s) = %s, want %s", tt.word, s, tt.want)
		}
	}
	for _, tt := range []struct{ option, word, want string }{
		{params.InputJSON, "", "Error parsing parameter 'cli-input-json': Invalid JSON received."},
		{params.InputJSON, "null", "Error parsing parameter '--cli-input-json': Invalid type: expecting map, received <class 'NoneType'>"},
		{params.InputYAML, "a: 1\na: 2", "Error parsing parameter 'cli-input-yaml': Invalid YAML received."},
		{params.InputYAML, "a: 1\n---\nb: 2", "Invalid YAML received."},
		{params.InputYAML, "a: !x 1", "Invalid YAML received."},
		{params.InputYAML, "1: x", "Invalid YAML received."},
		{params.InputYAML, "- a", "expecting map, received <class 'list'>"},
	} {
		if got, err := l.Document(tt.option, tt.word); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Document(%q) = %v, %v, want %s", tt.word, got, err, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		op    *api.Operation
		input string
		want  string
	}{
		{api.CreateChatToken.Operation, `{"roomIdentifier":"r","userId":"u","sessionDurationInMinutes":true}`, ""},
		{
			api.CreateChatToken.Operation, `{"bogus":1,"userId":["x"],"sessionDurationInMinutes":0,"capabilities":[1]}`,
			"Missing required parameter in input: \"roomIdentifier\"\n" +
				"Unknown parameter in input: \"bogus\", must be one of: roomIdentifier, userId, capabilities, sessionDurationInMinutes, attributes\n" +
				"Invalid type for parameter userId, value: ['x'], type: <class 'list'>, valid types: <class 'str'>\n" +
				"Invalid value for parameter sessionDurationInMinutes, value: 0, valid min value: 1\n" +
				"Invalid type for parameter capabilities[0], value: 1, type: <class 'int'>, valid types: <class 'str'>",
		},
		{
			api.CreateChatToken.Operation, `{"roomIdentifier":"r","userId":"u","sessionDurationInMinutes":false}`,
			"Invalid value for parameter sessionDurationInMinutes, value: False, valid min value: 1",
		},
		{
			api.CreateChatToken.Operation, `{"roomIdentifier":"","userId":"u","attributes":{"k":null}}`,
			"Invalid length for parameter roomIdentifier, value: 0, valid min length: 1\n" +
				"Invalid type for parameter attributes.k, value: None, type: <class 'NoneType'>, valid types: <class 'str'>",
		},
		{api.CreateRoom.Operation, `{"tags":{"":"v"}}`, "Invalid length for parameter tags (key: ), value: 0, valid min length: 1"},
		{
			api.CreateLoggingConfiguration.Operation, `{"destinationConfiguration":{}}`,
			"Must set one of the following keys for tagged unionstructure destinationConfiguration: s3. cloudWatchLogs. firehose.",
		},
		{
			api.CreateLoggingConfiguration.Operation, `{"destinationConfiguration":{"s3":{},"firehose":5}}`,
			"Invalid number of parameters set for tagged union structure destinationConfiguration. Can only set one of the following keys: s3. cloudWatchLogs. firehose.\n" +
				"Missing required parameter in destinationConfiguration.s3: \"bucketName\"\n" +
				"Invalid type for parameter destinationConfiguration.firehose, value: 5, type: <class 'int'>, valid types: <class 'dict'>",
		},
	} {
		v, err := value.Parse(tt.input)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := v.(*value.Map)
		got := ""
		if err := params.Validate(tt.op.Input(), m); err != nil {
			got = strings.TrimPrefix(err.Error(), "Parameter validation failed:\n")
		}
		if got != tt.want {
			t.Errorf("Validate(%s):\n%s\nwant\n%s", tt.input, got, tt.want)
		}
	}
}

// TestSkeletons: what a skeleton says can be read back, and a sample is valid.
func TestSkeletons(t *testing.T) {
	for _, op := range api.Operations() {
		if len(op.Input().Members) > 0 {
			asJSON := value.JSON(params.Skeleton(op.Input()), value.Style{})
			doc, err := loader(t).Document(params.InputYAML, params.SkeletonYAML(op.Input()))
			if err != nil || value.JSON(doc, value.Style{}) != asJSON {
				t.Errorf("%s: the YAML skeleton reads as %v, %v, want %s", op.Name, doc, err, asJSON)
			}
		}
		sample, _ := params.Sample(op.Output()).(*value.Map)
		if err := params.Validate(op.Output(), sample); err != nil {
			t.Errorf("%s: the sample is not valid: %v", op.Name, err)
		}
	}
}

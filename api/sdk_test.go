package api_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/aws/smithy-go"

	"parlor/api"
)

// TestSDKHasTheSameOperations holds the table against the client that AWS publishes:
// the same operations, the same members of inputs and outputs, of the same kinds.
func TestSDKHasTheSameOperations(t *testing.T) {
	client := reflect.TypeFor[*ivschat.Client]()
	var theirs []string
	for m := range client.Methods() {
		if m.Type.NumIn() != 4 || m.Type.NumOut() != 2 {
			continue // Options and the like
		}
		theirs = append(theirs, m.Name)
		op, ok := api.Lookup(m.Name)
		if !ok {
			t.Errorf("Lookup(%q) = none, want an operation", m.Name)
			continue
		}
		sameMembers(t, m.Name+" input", op.Input(), m.Type.In(2).Elem())
		sameMembers(t, m.Name+" output", op.Output(), m.Type.Out(0).Elem())
	}
	if len(theirs) != 17 || len(api.Operations()) != 17 {
		t.Errorf("operations: theirs %d, ours %d, want 17 of both", len(theirs), len(api.Operations()))
	}
}

func sameMembers(t *testing.T, where string, s *api.Shape, their reflect.Type) {
	t.Helper()
	var want, got []string
	for f := range their.Fields() {
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		name := string(unicode.ToLower(rune(f.Name[0]))) + f.Name[1:]
		want = append(want, name)
		m, ok := s.Member(name)
		if !ok {
			continue // told below
		}
		sameKind(t, where+"."+name, m.Shape, f.Type)
	}
	for _, m := range s.Members {
		got = append(got, m.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: members = %v, want %v", where, got, want)
	}
}

func sameKind(t *testing.T, where string, s *api.Shape, their reflect.Type) {
	t.Helper()
	if their.Kind() == reflect.Pointer {
		their = their.Elem()
	}
	want := api.String
	switch {
	case their.String() == "time.Time":
		want = api.Timestamps
	case their.Kind() == reflect.Interface:
		want = api.Union
	case their.Kind() == reflect.Struct:
		want = api.Structure
		sameMembers(t, where, s, their)
	case their.Kind() == reflect.Slice:
		want = api.List
		sameKind(t, where+"[]", s.Elem, their.Elem())
	case their.Kind() == reflect.Map:
		want = api.Map
	case their.Kind() == reflect.Int32:
		want = api.Integer
	}
	if s.Kind != want {
		t.Errorf("%s: kind = %v, want %v (%v)", where, s.Kind, want, their)
	}
	if values := reflect.Zero(their).MethodByName("Values"); values.IsValid() {
		var enum []string
		out := values.Call(nil)[0]
		for i := range out.Len() {
			enum = append(enum, out.Index(i).String())
		}
		ours := slices.Clone(s.Enum)
		slices.Sort(enum)
		slices.Sort(ours)
		if !slices.Equal(ours, enum) {
			t.Errorf("%s: enum = %v, want %v", where, ours, enum)
		}
	}
}

// TestSDKRequiresTheSameMembers asks the SDK to send empty inputs; it names the members it misses.
func TestSDKRequiresTheSameMembers(t *testing.T) {
	client := ivschat.New(ivschat.Options{
		Region: "us-west-2", BaseEndpoint: aws.String("http://127.0.0.1:1"), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
	for _, op := range api.Operations() {
		m := reflect.ValueOf(client).MethodByName(op.Name)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nothing needs to be sent: the members are checked before
		out := m.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.New(m.Type().In(1).Elem())})
		var want []string
		if params, ok := errors.AsType[smithy.InvalidParamsError](out[1].Interface().(error)); ok {
			for line := range strings.SplitSeq(params.Error(), "\n") {
				if _, field, ok := strings.Cut(line, "missing required field, "); ok {
					_, field, _ = strings.Cut(strings.Trim(field, ".\n "), ".")
					want = append(want, string(unicode.ToLower(rune(field[0])))+field[1:])
				}
			}
		}
		var got []string
		for _, m := range op.Input().Members {
			if m.Required {
				got = append(got, m.Name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: required = %v, want %v", op.Name, got, want)
		}
	}
}

// TestSDKUnion holds the union's members against the SDK's types.
func TestSDKUnion(t *testing.T) {
	op, _ := api.Lookup("CreateLoggingConfiguration")
	m, _ := op.Input().Member("destinationConfiguration")
	for name, member := range map[string]any{
		"s3":             types.S3DestinationConfiguration{},
		"cloudWatchLogs": types.CloudWatchLogsDestinationConfiguration{},
		"firehose":       types.FirehoseDestinationConfiguration{},
	} {
		ours, ok := m.Shape.Member(name)
		if !ok {
			t.Errorf("destinationConfiguration has no member %s", name)
			continue
		}
		sameMembers(t, name, ours.Shape, reflect.TypeOf(member))
	}
}

package iam_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parlor/internal/iam"
)

// What is not understood whole is not taken: an Effect, operator or value that is
// off by a letter might leave a Deny without its force.
func TestPolicyRefuses(t *testing.T) {
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":{` + s + `}}` }
	condition := func(s string) string {
		return statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":` + s)
	}
	for _, tt := range []struct{ document, text string }{
		{``, "not valid JSON"},
		{`{"Statement":`, "not valid JSON"},
		{`null`, "null"},
		{`[]`, "wrong type"},
		{`"x"`, "wrong type"},
		{`{}`, "no Statement"},
		{`{"Statement":[]}`, "no Statement"},
		{`{"Statement":null}`, "null"},
		{`{"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "2012-10-17"},
		{`{"statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, `unknown member at "/statement"`},
		{statement(`"Effect":"Allow","Action":"*","Resource":"*"`) + `x`, ""},
		{statement(`"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"`), "duplicate"},
		{statement(`"Effect":"allow","Action":"*","Resource":"*"`), "effect"},
		{statement(`"Action":"*","Resource":"*"`), "effect"},
		{statement(`"Effect":"Allow","Resource":"*"`), "neither Action nor NotAction"},
		{statement(`"Effect":"Allow","Action":"*"`), "neither Resource nor NotResource"},
		{statement(`"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"`), "both"},
		{statement(`"Effect":"Allow","Action":[],"Resource":"*"`), "empty"},
		{statement(`"Effect":"Allow","Action":["*",null],"Resource":"*"`), "null"},
		{statement(`"Effect":"Allow","Action":"GetRoom","Resource":"*"`), "service:Name"},
		{statement(`"Effect":"Allow","Action":"*:GetRoom","Resource":"*"`), "service:Name"},
		{statement(`"Effect":"Allow","Action":"ivschat:","Resource":"*"`), "service:Name"},
		{statement(`"Effect":"Allow","Action":"ivschat:${aws:username}","Resource":"*"`), "service:Name"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"room/A"`), "ARN"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:ivschat"`), "ARN"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:ivschat:::room/${aws:username"`), "variable"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:ivschat:::room/${aws:username, x}"`), "variable"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:ivschat:::room/${username}"`), "condition key"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:ivschat:::room/${}"`), "condition key"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"`), `unknown member at "/Statement/Principal"`},
		{condition(`null`), "null"},
		{condition(`[]`), `wrong type at "/Statement/Condition"`},
		{condition(`{"StringEqual":{"aws:username":"x"}}`), "unknown operator"},
		{condition(`{"stringequals":{"aws:username":"x"}}`), "unknown operator"},
		{condition(`{"BinaryEquals":{"aws:username":"x"}}`), "unknown operator"},
		{condition(`{"NumericLike":{"aws:username":"1"}}`), "unknown operator"},
		{condition(`{"ForSomeValues:StringEquals":{"aws:TagKeys":"x"}}`), "unknown operator"},
		{condition(`{"StringEqualsIfExistsIfExists":{"aws:username":"x"}}`), "unknown operator"},
		{condition(`{"NullIfExists":{"aws:username":"true"}}`), "Null"},
		{condition(`{"ForAllValues:Null":{"aws:TagKeys":"true"}}`), "Null"},
		{condition(`{"StringEquals":{}}`), "no key"},
		{condition(`{"StringEquals":null}`), "null"},
		{condition(`{"StringEquals":{"aws:username":[]}}`), "no value"},
		{condition(`{"StringEquals":{"aws:username":null}}`), "null"},
		{condition(`{"StringEquals":{"aws:username":{}}}`), "a string, a number or a boolean"},
		{condition(`{"StringEquals":{"username":"x"}}`), "condition key"},
		{condition(`{"StringEquals":{"aws:ResourceTag/":"x"}}`), "no tag"},
		{condition(`{"StringEquals":{"aws:username":"${"}}`), "variable"},
		{condition(`{"NumericEquals":{"aws:EpochTime":"ten"}}`), "number"},
		{condition(`{"NumericEquals":{"aws:EpochTime":"NaN"}}`), "number"},
		{condition(`{"NumericEquals":{"aws:EpochTime":"${aws:EpochTime}"}}`), "number"},
		{condition(`{"DateEquals":{"aws:CurrentTime":"yesterday"}}`), "date"},
		{condition(`{"Bool":{"aws:SecureTransport":"yes"}}`), "true or false"},
		{condition(`{"Null":{"aws:username":"x"}}`), "true or false"},
		{condition(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`), "CIDR"},
		{condition(`{"ArnLike":{"aws:PrincipalArn":"alice"}}`), "ARN"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"*","Sid":"` + strings.Repeat("x", 16<<10) + `"`), "bytes"},
	} {
		_, err := iam.NewPolicy(account, "p", []byte(tt.document))
		if err == nil || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "Go ") {
			t.Errorf("NewPolicy(%.200s) = %v, want an error with %q, and no word of Go", tt.document, err, tt.text)
		}
	}
}

// A policy survives the way to disk and back; one that is no longer understood
// denies everything.
func TestPolicyRecord(t *testing.T) {
	p, err := iam.NewPolicy(account, "p", []byte(`{"Statement": {"Effect":"Allow","Action":"*","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back *iam.Policy
	if err := json.Unmarshal(data, &back); err != nil || back.Account != account || back.Name != "p" || !bytes.Contains(back.Document, []byte("Allow")) {
		t.Errorf("%s = %+v, %v", data, back, err)
	}
	text := `{"account":"123456789012","name":"q","document":{"Statement":{"Effect":"Perhaps"}}}`
	if err := json.Unmarshal([]byte(text), &back); err != nil || back.Name != "q" {
		t.Fatalf("%s = %+v, %v", text, back, err)
	}
	source := sourceOf{back}
	c, _ := iam.NewAuthenticator(source, iam.Config{}).Caller(account, "alice", "us-west-2")
	if d := c.Decide("ivschat:GetRoom", "arn:aws:ivschat:us-west-2:"+account+":room/A", iam.Context{}); d.Outcome != iam.ExplicitDeny {
		t.Errorf("a policy that can't be read decides %+v", d)
	}
}

// sourceOf is a source of one user with the policies given.
type sourceOf []*iam.Policy

func (sourceOf) Key(string) (iam.Key, bool) { return iam.Key{}, false }

func (s sourceOf) User(account, name string) (iam.User, bool) {
	u := iam.User{Account: account, Name: name}
	for _, p := range s {
		u.Policies = append(u.Policies, p.Name)
	}
	return u, true
}

func (s sourceOf) Policy(_, name string) (*iam.Policy, bool) {
	for _, p := range s {
		if p.Name == name {
			return p, true
		}
	}
	return nil, false
}

// Statements and requests for properties, out of few words so that they meet.
var (
	actions    = rapid.SampledFrom([]string{"*", "ivschat:*", "ivschat:GetRoom", "ivschat:Get*", "ivschat:DeleteRoom", "ivschat:?etRoom", "parlor:*"})
	resources  = rapid.SampledFrom([]string{"*", "arn:aws:ivschat:*", "arn:aws:ivschat:us-west-2:123456789012:room/*", "arn:aws:ivschat:us-west-2:123456789012:room/A", "arn:aws:ivschat:*:*:room/${aws:username}", "arn:aws:ivschat:*:*:room/${aws:SourceVpc}"})
	conditions = rapid.SampledFrom([]string{
		`{}`, `{"StringEquals":{"aws:ResourceTag/t":"a"}}`, `{"StringNotEquals":{"aws:ResourceTag/t":["a","b"]}}`,
		`{"StringLikeIfExists":{"aws:ResourceTag/t":"a*"}}`, `{"ForAllValues:StringEquals":{"aws:TagKeys":["t"]}}`,
		`{"ForAnyValue:StringNotLike":{"aws:TagKeys":["t"]}}`, `{"Null":{"aws:ResourceTag/t":"true"}}`,
		`{"NumericNotEquals":{"aws:ResourceTag/t":1}}`, `{"StringEquals":{"aws:SourceVpc":"v"}}`,
		`{"StringNotEqualsIfExists":{"aws:SourceVpc":"v"}}`, `{"Bool":{"aws:SecureTransport":false}}`,
		`{"StringEquals":{"aws:ResourceTag/t":"${aws:ResourceTag/u}"}}`,
	})
	tagMaps = rapid.MapOfN(rapid.SampledFrom([]string{"t", "T", "u"}), rapid.SampledFrom([]string{"", "a", "b", "1"}), 0, 3)
)

// statement draws a statement with the given effect.
func statement(t *rapid.T, effect string) string {
	not := func(name string) string { return rapid.SampledFrom([]string{"", "Not"}).Draw(t, "not") + name }
	return fmt.Sprintf(`{"Effect":%q,%q:[%q],%q:[%q],"Condition":%s}`, effect,
		not("Action"), actions.Draw(t, "action"), not("Resource"), resources.Draw(t, "resource"), conditions.Draw(t, "condition"))
}

// policyOf makes a policy of statements.
func policyOf(t *rapid.T, statements []string) *iam.Policy {
	p, err := iam.NewPolicy(account, "p", []byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Adding a deny never allows more; adding an allow never lifts a deny.
func TestDenyNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var statements []string
		for range rapid.IntRange(1, 5).Draw(t, "statements") {
			statements = append(statements, statement(t, rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")))
		}
		context := iam.Context{
			Time: time.Unix(rapid.Int64Range(0, 2e9).Draw(t, "time"), 0), SecureTransport: rapid.Bool().Draw(t, "tls"),
			ResourceTags: tagMaps.Draw(t, "tags"), RequestTags: tagMaps.Draw(t, "request"),
		}
		action := rapid.SampledFrom([]string{"ivschat:GetRoom", "ivschat:DeleteRoom", "ivschat:CreateRoom", "parlor:AddUser"}).Draw(t, "do")
		resource := "arn:aws:ivschat:us-west-2:123456789012:room/" + rapid.SampledFrom([]string{"A", "alice", "*"}).Draw(t, "on")
		decide := func(statements []string) iam.Decision {
			c, _ := iam.NewAuthenticator(sourceOf{policyOf(t, statements)}, iam.Config{}).Caller(account, "alice", "us-west-2")
			return c.Decide(action, resource, context)
		}
		at := rapid.IntRange(0, len(statements)).Draw(t, "at")
		add := func(s string) []string {
			return append(append(append([]string{}, statements[:at]...), s), statements[at:]...)
		}
		before := decide(statements)
		if after := decide(add(statement(t, "Deny"))); after.Allowed && !before.Allowed {
			t.Fatalf("a Deny turned %+v into %+v", before, after)
		}
		if after := decide(add(statement(t, "Allow"))); before.Outcome == iam.ExplicitDeny && after.Outcome != iam.ExplicitDeny {
			t.Fatalf("an Allow turned %+v into %+v", before, after)
		}
	})
}

// No pattern takes longer than it should.
func TestPatternsAreNotSlow(t *testing.T) {
	stars := strings.Repeat("*a", 2000) + "*b"
	c := as(t, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:ResourceTag/t":"`+stars+`"}}}}`)
	began := time.Now()
	c.Decide("ivschat:GetRoom", "arn:aws:ivschat:us-west-2:"+account+":room/A", iam.Context{ResourceTags: map[string]string{"t": strings.Repeat("a", 256)}})
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// A document that is taken is a document that can be asked.
func FuzzPolicy(f *testing.F) {
	f.Add([]byte(`{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Deny","NotAction":["ivschat:G*","*"],"NotResource":"arn:aws:ivschat:*:*:room/${aws:username, 'x'}","Condition":{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a?",1,true]},"ArnLike":{"aws:PrincipalArn":"arn:*:iam:*:*:${aws:username}*"},"DateLessThan":{"aws:CurrentTime":"2026-01-01"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Null":{"aws:RequestTag/x":"true"}}}]}`))
	f.Add([]byte(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := iam.NewPolicy(account, "p", document)
		if err != nil {
			return
		}
		c, _ := iam.NewAuthenticator(sourceOf{p}, iam.Config{}).Caller(account, "alice", "us-west-2")
		d := c.Decide("ivschat:GetRoom", "arn:aws:ivschat:us-west-2:123456789012:room/A", iam.Context{TagKeys: []string{"a", "b"}})
		if d.Allowed != (d.Outcome == iam.Allow) || d.Reason == "" {
			t.Errorf("Decide = %+v", d)
		}
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("a policy that was read can't be written: %v", err)
		}
		var back iam.Policy
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatalf("a policy that was written can't be read: %v", err)
		}
		c, _ = iam.NewAuthenticator(sourceOf{&back}, iam.Config{}).Caller(account, "alice", "us-west-2")
		if again := c.Decide("ivschat:GetRoom", "arn:aws:ivschat:us-west-2:123456789012:room/A", iam.Context{TagKeys: []string{"a", "b"}}); again != d {
			t.Errorf("before the disk %+v, after it %+v", d, again)
		}
	})
}

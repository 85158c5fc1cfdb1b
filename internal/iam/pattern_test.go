package iam_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parlor/internal/iam"
)

// allowed says whether a policy with this in its only statement allows something.
func allowed(t *rapid.T, statement, resource string, tags map[string]string) bool {
	p, err := iam.NewPolicy(account, "p", []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",`+statement+`}}`))
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	c, _ := iam.NewAuthenticator(sourceOf{p}, iam.Config{}).Caller(account, "alice", "us-west-2")
	return c.Decide("ivschat:GetRoom", resource, iam.Context{ResourceTags: tags}).Allowed
}

// quote is s as JSON.
func quote(t *rapid.T, s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// StringLike is the regular expression that its wildcards stand for.
func TestLikeIsItsExpression(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab:é**?")), 0, 8, -1).Draw(t, "pattern")
		value := rapid.StringOfN(rapid.SampledFrom([]rune("ab:é*")), 0, 10, -1).Draw(t, "value")
		expr := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile(`(?s)\A` + expr + `\z`).MatchString(value)
		got := allowed(t, `"Resource":"*","Condition":{"StringLike":{"aws:ResourceTag/t":`+quote(t, pattern)+`}}`,
			"arn:aws:ivschat:us-west-2:"+account+":room/A", map[string]string{"t": value})
		if got != want {
			t.Fatalf("%q like %q = %t, want %t", value, pattern, got, want)
		}
	})
}

// So is a Resource, whose wildcards stay between the colons but for a star at the end
// of a part.
func TestResourceIsItsExpression(t *testing.T) {
	star := regexp.MustCompile(`\\\*(:|$)`)
	rapid.Check(t, func(t *rapid.T) {
		const head = "arn:aws:ivschat:us-west-2:" + account + ":"
		pattern := head + rapid.StringOfN(rapid.SampledFrom([]rune("ab:/**?")), 1, 8, -1).Draw(t, "pattern")
		resource := head + rapid.StringOfN(rapid.SampledFrom([]rune("ab:/*")), 0, 10, -1).Draw(t, "resource")
		expr := regexp.QuoteMeta(pattern)
		for star.MatchString(expr) {
			expr = star.ReplaceAllString(expr, `.{0,}$1`)
		}
		expr = strings.NewReplacer(`\*`, `[^:]{0,}`, `\?`, `[^:*]`).Replace(expr)
		want := regexp.MustCompile(`(?s)\A` + expr + `\z`).MatchString(resource)
		if got := allowed(t, `"Resource":`+quote(t, pattern), resource, nil); got != want {
			t.Fatalf("%q matches %q = %t, want %t (%s)", resource, pattern, got, want, expr)
		}
	})
}

// A file is refused or can be asked.
func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"users":[{"name":"a","policies":["p"],"keys":[{"id":"K","secret":"s","expires":"2026-01-01T00:00:00Z","sessionToken":"t"}]}],"policies":[{"name":"p","document":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := iam.ParseFile(text, account)
		if err != nil {
			return
		}
		if k, ok := file.Key("K"); ok && (k.Secret == "" || k.User == "") {
			t.Errorf("a key of nobody: %+v", k)
		}
		if _, ok := file.User(account, "a b"); ok {
			t.Error("a user with a blank in his name")
		}
	})
}

package iam_test

import (
	"slices"
	"testing"
	"time"

	"parlor/internal/iam"
	"parlor/internal/quota"
)

// BenchmarkGuards is what stands before every operation: who are you, how often, may
// you. It reports the median as p50-ns.
func BenchmarkGuards(b *testing.B) {
	f, err := iam.ParseFile([]byte(`{
		"users": [{"name": "alice", "policies": ["p", "q"], "keys": [{"id": "LONG", "secret": "s1"}]}],
		"policies": [
			{"name": "p", "document": {"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Action":["ivschat:CreateChatToken","ivschat:Get*"],"Resource":"arn:aws:ivschat:*:*:room/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}},
				{"Effect":"Deny","Action":"ivschat:DeleteRoom","Resource":"*"}]}},
			{"name": "q", "document": {"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"ivschat:*","Resource":"*"}}}]}`), account)
	if err != nil {
		b.Fatal(err)
	}
	limits, err := quota.Parse([]byte(`{"quotas":{"CreateChatToken":1000000000}}`))
	if err != nil {
		b.Fatal(err)
	}
	a, quotas := iam.NewAuthenticator(f, iam.Config{}), quota.New(quota.Config{Limits: limits})
	r, payload := request(b, "LONG", "s1", "")
	at := iam.Context{Time: time.Now(), ResourceTags: map[string]string{"team": "blue"}}
	took := make([]time.Duration, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		c, err := a.Authenticate(r, payload)
		if err != nil {
			b.Fatal(err)
		}
		if err := quotas.Allow(b.Context(), quota.Of("CreateChatToken", c.Scope())); err != nil {
			b.Fatal(err)
		}
		if err := c.Authorize("ivschat:CreateChatToken", "arn:aws:ivschat:us-west-2:123456789012:room/AbCdEfGhIjKl", at); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
}

func BenchmarkBadSignature(b *testing.B) {
	a := iam.NewAuthenticator(house(b), iam.Config{})
	r, payload := request(b, "LONG", "wrong", "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authenticate(r, payload); err == nil {
			b.Fatal("accepted")
		}
	}
}

package iam_test

import (
	"bufio"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"parlor/internal/iam"
)

// as returns a caller who has the policy.
func as(tb testing.TB, user, policy string) *iam.Caller {
	tb.Helper()
	f, err := iam.ParseFile([]byte(`{"users":[{"name":"`+user+`","policies":["p"]}],"policies":[{"name":"p","document":`+policy+`}]}`), account)
	if err != nil {
		tb.Fatalf("%s: %v", policy, err)
	}
	c, ok := iam.NewAuthenticator(f, iam.Config{}).Caller(account, user, "us-west-2")
	if !ok {
		tb.Fatal("no caller")
	}
	return c
}

// asked is a line of the table: what is asked, and by whom.
type asked struct {
	user, action, resource string
	context                iam.Context
}

// read reads what stands behind the outcome.
func read(tb testing.TB, words []string) asked {
	tb.Helper()
	q := asked{user: "alice", action: words[0], resource: words[1]}
	if !strings.Contains(q.action, ":") {
		q.action = "ivschat:" + q.action
	}
	if !strings.HasPrefix(q.resource, "arn:") && strings.Contains(q.resource, "/") {
		q.resource = "arn:aws:ivschat:us-west-2:" + account + ":" + q.resource
	}
	q.context.ResourceTags, q.context.RequestTags = map[string]string{}, map[string]string{}
	for _, w := range words[2:] {
		name, value, _ := strings.Cut(w, "=")
		var err error
		switch group, key, _ := strings.Cut(name, "."); group {
		case "tag":
			q.context.ResourceTags[key] = value
		case "req":
			q.context.RequestTags[key] = value
		case "keys":
			q.context.TagKeys = strings.Split(value, ",")
		case "ip":
			q.context.SourceIP, err = netip.ParseAddr(value)
		case "time":
			q.context.Time, err = time.Parse(time.RFC3339, value)
		case "tls":
			q.context.SecureTransport, err = strconv.ParseBool(value)
		case "ua":
			q.context.UserAgent = value
		case "user":
			q.user = value
		default:
			tb.Fatalf("what is %q?", w)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return q
}

// The table of decisions, in testdata.
func TestDecisions(t *testing.T) {
	files, _ := filepath.Glob("testdata/decisions/*.txt")
	outcomes := map[string]iam.Outcome{
		"allow": iam.Allow, "implicit": iam.ImplicitDeny, "explicit": iam.ExplicitDeny, "other": iam.OtherAccount,
	}
	count := 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		policy := ""
		for lines, n := bufio.NewScanner(f), 1; lines.Scan(); n++ {
			words := strings.Fields(lines.Text())
			switch {
			case len(words) == 0 || words[0] == "#":
			case strings.HasPrefix(words[0], "{"):
				policy = lines.Text()
			default:
				want, ok := outcomes[words[0]]
				if !ok || len(words) < 3 {
					t.Fatalf("%s:%d: %q", file, n, lines.Text())
				}
				q := read(t, words[1:])
				count++
				if d := as(t, q.user, policy).Decide(q.action, q.resource, q.context); d.Outcome != want || d.Allowed != (want == iam.Allow) {
					t.Errorf("%s:%d: %s\n%s = %+v", file, n, policy, lines.Text(), d)
				}
			}
		}
	}
	if count < 200 {
		t.Errorf("%d decisions, want at least 200", count)
	}
	t.Logf("%d decisions", count)
}

// A decision names the statement that made it.
func TestDecisionSaysWhichStatement(t *testing.T) {
	c := as(t, "alice", `{"Version":"2012-10-17","Statement":[
		{"Sid":"Chat","Effect":"Allow","Action":"ivschat:*","Resource":"*"},
		{"Sid":"Again","Effect":"Allow","Action":"ivschat:*","Resource":"*"},
		{"Sid":"NoDelete","Effect":"Deny","Action":"ivschat:DeleteRoom","Resource":"*"},
		{"Sid":"Vpc","Effect":"Deny","Action":"ivschat:UpdateRoom","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"v"}}}]}`)
	room := "arn:aws:ivschat:us-west-2:" + account + ":room/A"
	for _, tt := range []struct {
		action, policy, sid string
		statement           int
		reason              string
	}{
		{"ivschat:GetRoom", "p", "Chat", 1, "This statement allows it and none denies it."},
		{"ivschat:DeleteRoom", "p", "NoDelete", 3, "This statement denies it."},
		{"ivschat:UpdateRoom", "p", "Vpc", 4, "cannot be known"},
		{"parlor:ListUsers", "", "", 0, "No statement allows it."},
	} {
		d := c.Decide(tt.action, room, iam.Context{})
		if d.Policy != tt.policy || d.Sid != tt.sid || d.Statement != tt.statement || !strings.Contains(d.Reason, tt.reason) {
			t.Errorf("Decide(%s) = %+v", tt.action, d)
		}
	}
}

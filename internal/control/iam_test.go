package control_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"parlor/api"
	"parlor/internal/chattest"
	"parlor/internal/control"
	"parlor/internal/iam"
	"parlor/internal/quota"
	"parlor/internal/sigv4"
)

// newOffice starts a control plane on which users can be managed; the operator is
// chattest.Account.
func newOffice(t *testing.T) *chattest.Client {
	t.Helper()
	file, err := chattest.Keys()
	if err != nil {
		t.Fatal(err)
	}
	store := chattest.IAM()
	auth := iam.NewAuthenticator(iam.Sources{file, store}, iam.Config{Operator: chattest.Account})
	limits, _ := quota.Profile(quota.ProfileOff)
	s, err := control.New(control.Deps{
		Auth: auth, Quotas: quota.New(quota.Config{Limits: limits}),
		Rooms: &chattest.Rooms{}, Logging: &chattest.LoggingConfigurations{}, Tokens: chattest.Mint{}, Hub: &chattest.Hub{},
	}, control.Config{})
	if err != nil {
		t.Fatal(err)
	}
	control.ExtendIAM(s, &iam.Admin{Store: store, Auth: auth})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return chattest.NewClient(srv.URL)
}

// The life of a user, over the wire: what an administrator types ends in what the
// user may do, at once.
func TestManageUsers(t *testing.T) {
	admin := newOffice(t)
	post := func(op, body, pattern string) *chattest.Reply {
		t.Helper()
		r := admin.Post(t, "parlor/iam/"+op, body)
		want(t, r, http.StatusOK, pattern)
		return r
	}
	post("AddPolicy", `{"name":"tokens","document":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"T\",\"Effect\":\"Allow\",\"Action\":\"ivschat:ListRooms\",\"Resource\":\"*\"}}"}`,
		`{"account":"111111111111","name":"tokens","arn":"arn:aws:iam::111111111111:policy/tokens","document":"{\"Version<.*>"}`)
	post("AddUser", `{"name":"bob","policies":["tokens"]}`,
		`{"account":"111111111111","name":"bob","arn":"arn:aws:iam::111111111111:user/bob","userId":"AIDA<[A-Z2-7]{17}>","policies":["tokens"],"created":"<[^"]*>Z"}`)
	made := post("AddKey", `{"user":"bob"}`, `{"id":"PKIA<[A-Z2-7]{16}>","secret":"<[^"]{40}>","account":"111111111111","user":"bob","created":"<[^"]*>"}`)
	var key api.KeyOutput
	if err := json.Unmarshal([]byte(made.Body), &key); err != nil {
		t.Fatal(err)
	}
	bob := *admin
	bob.Credentials = sigv4.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
	want(t, bob.Post(t, "ListRooms", `{}`), http.StatusOK, `{"rooms":[]}`)
	wantError(t, bob.Post(t, "CreateRoom", `{}`), http.StatusForbidden, "AccessDeniedException", "")
	wantError(t, bob.Post(t, "parlor/iam/ListUsers", `{}`), http.StatusForbidden, "AccessDeniedException", "")
	post("Simulate", `{"user":"bob","action":"ivschat:ListRooms","resource":"arn:aws:ivschat:us-west-2:111111111111:room/*"}`,
		`{"allowed":true,"outcome":"Allow","policy":"tokens","statement":1,"sid":"T","reason":"<.*>"}`)
	post("Simulate", `{"user":"bob","action":"ivschat:CreateRoom","resource":"arn:aws:ivschat:us-west-2:111111111111:room/*","requestTags":{"a":"b"},"sourceIp":"10.0.0.1"}`,
		`{"allowed":false,"outcome":"ImplicitDeny","reason":"<.*>"}`)
	post("ListKeys", `{"user":"bob"}`, `{"keys":[{"id":"`+key.ID+`","account":"111111111111","user":"bob","created":"<[^"]*>"}]}`)
	post("ListUsers", `{}`, `{"users":[{<.*>"name":"bob"<.*>}]}`)
	post("UpdateUser", `{"name":"bob","policies":["IVSFullAccess"]}`, `{<.*>"policies":["IVSFullAccess"]<.*>}`)
	want(t, bob.Post(t, "CreateRoom", `{}`), http.StatusOK, `{<.*>}`)
	post("RemovePolicy", `{"name":"tokens"}`, `{}`)
	post("RemoveKey", `{"user":"bob","id":"`+key.ID+`"}`, `{}`)
	wantError(t, bob.Post(t, "ListRooms", `{}`), http.StatusForbidden, "UnrecognizedClientException", "")
	post("RemoveUser", `{"name":"bob"}`, `{}`)
	wantError(t, admin.Post(t, "parlor/iam/RemoveUser", `{"name":"bob"}`), http.StatusNotFound, "ResourceNotFoundException", `,"resourceId":"bob","resourceType":"user"`)
	invalid(t, admin.Post(t, "parlor/iam/AddUser", `{"account":"1","name":"a b"}`), "name", "account")
	invalid(t, admin.Post(t, "parlor/iam/AddPolicy", `{"name":"p","document":"{}"}`), "document")
}

// One account's administrator has no say in another's; the operator has.
func TestAccountsManageThemselves(t *testing.T) {
	operator := newOffice(t)
	want(t, operator.Post(t, "parlor/iam/AddUser", `{"account":"222222222222","name":"carol","policies":["IVSFullAccess"]}`), http.StatusOK, `{"account":"222222222222"<.*>}`)
	other := *operator
	other.Credentials = chattest.Credentials(chattest.OtherAccount, chattest.Admin)
	want(t, other.Post(t, "parlor/iam/ListUsers", `{}`), http.StatusOK, `{"users":[{"account":"222222222222","name":"carol"<.*>}]}`)
	want(t, other.Post(t, "parlor/iam/AddUser", `{"name":"dave"}`), http.StatusOK, `{"account":"222222222222"<.*>}`)
	for _, op := range []string{"ListUsers", "ListKeys", "ListPolicies"} {
		wantError(t, other.Post(t, "parlor/iam/"+op, `{"account":"111111111111"}`), http.StatusForbidden, "AccessDeniedException", "")
	}
	wantError(t, other.Post(t, "parlor/iam/AddKey", `{"account":"111111111111","user":"admin"}`), http.StatusForbidden, "AccessDeniedException", "")
	wantError(t, other.Post(t, "parlor/iam/RemoveUser", `{"account":"111111111111","name":"admin"}`), http.StatusForbidden, "AccessDeniedException", "")
	want(t, operator.Post(t, "parlor/iam/ListUsers", `{}`), http.StatusOK, `{"users":[]}`)
}

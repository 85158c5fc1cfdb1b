package iam_test

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"testing"
	"time"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/chattest"
	"parlor/internal/iam"
	"parlor/internal/sigv4"
)

// office is an Admin over records in memory and a file with alice.
func office(tb testing.TB) *iam.Admin {
	tb.Helper()
	store := chattest.IAM()
	return &iam.Admin{Store: store, Auth: iam.NewAuthenticator(iam.Sources{house(tb), store}, iam.Config{Operator: account})}
}

// tryKey signs a ListRooms with a key and returns who the server thinks it was.
func tryKey(a *iam.Authenticator, k *api.KeyOutput) (*iam.Caller, error) {
	r, err := http.NewRequest(http.MethodPost, "http://h/ListRooms", nil)
	if err != nil {
		return nil, err
	}
	c := sigv4.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret, SessionToken: k.SessionToken}
	if err := sigv4.Sign(r, nil, c, "us-west-2", "ivschat", time.Now()); err != nil {
		return nil, err
	}
	return a.Authenticate(r, sha256.Sum256(nil))
}

// wantCode holds an error against the code wanted.
func wantCode(t *testing.T, what string, err error, code chat.Code) {
	t.Helper()
	if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != code {
		t.Errorf("%s = %v, want %s", what, err, code)
	}
}

// A user's life: made, given a key and a policy, another policy, another key, gone.
func TestUserLife(t *testing.T) {
	ctx, a := t.Context(), office(t)
	document := `{"Version":"2012-10-17","Statement":{"Sid":"S","Effect":"Allow","Action":"ivschat:ListRooms","Resource":"*"}}`
	p, err := a.AddPolicy(ctx, account, &api.PolicyInput{Name: "list", Document: document})
	if err != nil || p.ARN != "arn:aws:iam::123456789012:policy/list" {
		t.Fatalf("AddPolicy = %+v, %v", p, err)
	}
	u, err := a.AddUser(ctx, account, &api.UserInput{Name: "bob", Policies: []string{"list"}})
	if err != nil || u.ARN != "arn:aws:iam::123456789012:user/bob" {
		t.Fatalf("AddUser = %+v, %v", u, err)
	}
	k, err := a.AddKey(ctx, account, &api.AddKeyInput{User: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := tryKey(a.Auth, k)
	if err != nil || c.User != "bob" {
		t.Fatalf("Authenticate = %+v, %v", c, err)
	}
	rooms := iam.AllOf(c.Scope(), chat.KindRoom)
	if err := c.Authorize("ivschat:ListRooms", rooms, iam.Context{}); err != nil {
		t.Error(err)
	}
	d, err := a.Simulate(ctx, account, &api.SimulateInput{User: "bob", Action: "ivschat:ListRooms", Resource: rooms})
	if err != nil || !d.Allowed || d.Policy != "list" || d.Statement != 1 || d.Sid != "S" {
		t.Errorf("Simulate = %+v, %v", d, err)
	}
	if _, err := a.UpdateUser(ctx, account, &api.UserInput{Name: "bob"}); err != nil {
		t.Error(err)
	}
	c, _ = tryKey(a.Auth, k)
	wantCode(t, "Authorize without policies", c.Authorize("ivschat:ListRooms", rooms, iam.Context{}), chat.AccessDenied)
	fresh, err := a.RotateKey(ctx, account, &api.RotateKeyInput{User: "bob", ID: k.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tryKey(a.Auth, k); err == nil {
		t.Error("a rotated key is accepted")
	}
	if _, err := tryKey(a.Auth, fresh); err != nil {
		t.Error(err)
	}
	list, _ := a.ListKeys(ctx, account, &api.ListKeysInput{User: new("bob")})
	if len(list.Keys) != 1 || list.Keys[0].ID != fresh.ID || list.Keys[0].Secret != "" {
		t.Errorf("ListKeys = %+v", list.Keys)
	}
	if _, err := a.RemoveUser(ctx, account, &api.RemoveUserInput{Name: "bob"}); err != nil {
		t.Error(err)
	}
	if _, err := tryKey(a.Auth, fresh); err == nil {
		t.Error("the key of a removed user is accepted")
	}
	if list, _ := a.ListKeys(ctx, account, &api.ListKeysInput{}); len(list.Keys) != 0 {
		t.Errorf("a removed user leaves %+v", list.Keys)
	}
}

// Who is made anew under an old name is somebody else: another id, and no key of the
// old one's, even one that was left behind.
func TestUserMadeAnew(t *testing.T) {
	ctx, a := t.Context(), office(t)
	make := func() *api.UserOutput {
		u, err := a.AddUser(ctx, account, &api.UserInput{Name: "bob"})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	first := make()
	k, err := a.AddKey(ctx, account, &api.AddKeyInput{User: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := tryKey(a.Auth, k); err != nil || c.UserID() != first.UserID {
		t.Errorf("the key's user is %+v, %v, want %s", c, err, first.UserID)
	}
	left, _ := a.Store.Key(k.ID)
	if _, err := a.RemoveUser(ctx, account, &api.RemoveUserInput{Name: "bob"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Store.Keys.Create(ctx, left.ID, left); err != nil {
		t.Fatal(err)
	}
	if second := make(); second.UserID == first.UserID {
		t.Errorf("both are %s", second.UserID)
	}
	if _, err := tryKey(a.Auth, k); err == nil {
		t.Error("the old one's key is the new one's")
	}
}

func TestKeysEndWithTheirTime(t *testing.T) {
	ctx, a := t.Context(), office(t)
	k, err := a.AddKey(ctx, account, &api.AddKeyInput{User: "alice", LifeSeconds: new(3600)})
	if err != nil || k.SessionToken == "" || k.Expires.IsZero() {
		t.Fatalf("AddKey = %+v, %v", k, err)
	}
	if _, err := tryKey(a.Auth, k); err != nil {
		t.Error(err)
	}
	_, err = a.RotateKey(ctx, account, &api.RotateKeyInput{User: "alice", ID: k.ID})
	wantCode(t, "RotateKey of a temporary key", err, chat.Validation)

	long, _ := a.AddKey(ctx, account, &api.AddKeyInput{User: "alice"})
	if _, err := a.RotateKey(ctx, account, &api.RotateKeyInput{User: "alice", ID: long.ID, OverlapSeconds: new(60)}); err != nil {
		t.Fatal(err)
	}
	if _, err := tryKey(a.Auth, long); err != nil {
		t.Errorf("the old key ends before its time: %v", err)
	}
	later := iam.NewAuthenticator(iam.Sources{house(t), a.Store}, iam.Config{Clock: chat.Clock{Offset: 2 * time.Minute}})
	_, err = tryKey(later, long)
	if e, ok := errors.AsType[*sigv4.Error](err); !ok || e.Kind != sigv4.ExpiredToken {
		t.Errorf("the old key after its time: %v", err)
	}
}

func TestAdminRefuses(t *testing.T) {
	ctx, a := t.Context(), office(t)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	document := `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	must(a.AddPolicy(ctx, account, &api.PolicyInput{Name: "all", Document: document}))
	must(a.AddUser(ctx, account, &api.UserInput{Name: "bob", Policies: []string{"all"}}))
	key, _ := a.AddKey(ctx, account, &api.AddKeyInput{User: "bob"})

	ask := func(code chat.Code, what string, _ any, err error) {
		t.Helper()
		wantCode(t, what, err, code)
	}
	out, err := a.AddUser(ctx, account, &api.UserInput{Name: "bob"})
	ask(chat.Conflict, "AddUser twice", out, err)
	out, err = a.AddUser(ctx, account, &api.UserInput{Name: "alice"})
	ask(chat.Conflict, "AddUser of the file's", out, err)
	out, err = a.AddUser(ctx, account, &api.UserInput{Name: "carol", Policies: []string{"none"}})
	ask(chat.ResourceNotFound, "AddUser with no such policy", out, err)
	out, err = a.UpdateUser(ctx, account, &api.UserInput{Name: "alice"})
	ask(chat.Conflict, "UpdateUser of the file's", out, err)
	out, err = a.UpdateUser(ctx, account, &api.UserInput{Name: "carol"})
	ask(chat.ResourceNotFound, "UpdateUser of nobody", out, err)
	gone, err := a.RemoveUser(ctx, account, &api.RemoveUserInput{Name: "alice"})
	ask(chat.Conflict, "RemoveUser of the file's", gone, err)
	made, err := a.AddKey(ctx, account, &api.AddKeyInput{User: "carol"})
	ask(chat.ResourceNotFound, "AddKey of nobody", made, err)
	gone, err = a.RemoveKey(ctx, account, &api.RemoveKeyInput{User: "alice", ID: key.ID})
	ask(chat.ResourceNotFound, "RemoveKey of somebody else", gone, err)
	gone, err = a.RemoveKey(ctx, "999999999999", &api.RemoveKeyInput{User: "bob", ID: key.ID})
	ask(chat.ResourceNotFound, "RemoveKey from another account", gone, err)
	gone, err = a.RemovePolicy(ctx, account, &api.RemovePolicyInput{Name: "all"})
	ask(chat.Conflict, "RemovePolicy in use", gone, err)
	p, err := a.AddPolicy(ctx, account, &api.PolicyInput{Name: "all", Document: document})
	ask(chat.Conflict, "AddPolicy twice", p, err)
	p, err = a.UpdatePolicy(ctx, account, &api.PolicyInput{Name: "IVSFullAccess", Document: document})
	ask(chat.Conflict, "AddPolicy built in", p, err)
	p, err = a.AddPolicy(ctx, account, &api.PolicyInput{Name: "x", Document: `{}`})
	ask(chat.Validation, "AddPolicy of nothing", p, err)
	d, err := a.Simulate(ctx, account, &api.SimulateInput{User: "carol"})
	ask(chat.ResourceNotFound, "Simulate nobody", d, err)

	must(a.UpdatePolicy(ctx, account, &api.PolicyInput{Name: "all", Document: document}))
	must(a.UpdateUser(ctx, account, &api.UserInput{Name: "bob", Policies: []string{iam.ReadOnlyAccess}}))
	must(a.RemovePolicy(ctx, account, &api.RemovePolicyInput{Name: "all"}))
	if list, _ := a.ListPolicies(ctx, account, &api.ListPoliciesInput{}); len(list.Policies) != 3 || !list.Policies[0].BuiltIn {
		t.Errorf("ListPolicies = %+v", list.Policies)
	}
	if list, _ := a.ListUsers(ctx, "999999999999", &api.ListUsersInput{}); len(list.Users) != 0 {
		t.Errorf("ListUsers of another account = %+v", list.Users)
	}
}

// Users, keys and policies of the same name in two accounts have nothing to do with
// each other.
func TestAdminKeepsAccountsApart(t *testing.T) {
	ctx, a := t.Context(), office(t)
	document := `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	keys := map[string]*api.KeyOutput{}
	for _, home := range []string{account, "222222222222"} {
		if _, err := a.AddPolicy(ctx, home, &api.PolicyInput{Name: "own", Document: document}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.AddUser(ctx, home, &api.UserInput{Name: "bob", Policies: []string{"own"}}); err != nil {
			t.Fatal(err)
		}
		var err error
		if keys[home], err = a.AddKey(ctx, home, &api.AddKeyInput{User: "bob"}); err != nil {
			t.Fatal(err)
		}
	}
	if list, _ := a.ListKeys(ctx, account, &api.ListKeysInput{User: new("bob")}); len(list.Keys) != 1 || list.Keys[0].ID != keys[account].ID {
		t.Errorf("ListKeys = %+v", list.Keys)
	}
	if _, err := a.UpdateUser(ctx, account, &api.UserInput{Name: "bob"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.RemovePolicy(ctx, account, &api.RemovePolicyInput{Name: "own"}); err != nil {
		t.Errorf("RemovePolicy, while another account's bob has one of that name: %v", err)
	}
	if _, err := a.RemoveUser(ctx, account, &api.RemoveUserInput{Name: "bob"}); err != nil {
		t.Fatal(err)
	}
	c, err := tryKey(a.Auth, keys["222222222222"])
	if err != nil || c.Account != "222222222222" || c.Authorize("parlor:ListUsers", "arn:aws:iam::222222222222:user/*", iam.Context{}) != nil {
		t.Errorf("the other bob: %+v, %v", c, err)
	}
}

func TestBootstrapHappensOnce(t *testing.T) {
	a := office(t)
	k, made, err := a.Store.Bootstrap(t.Context(), account, "admin", time.Now())
	if err != nil || !made {
		t.Fatalf("Bootstrap = %t, %v", made, err)
	}
	c, err := tryKey(a.Auth, &api.KeyOutput{ID: k.ID, Secret: string(k.Secret)})
	if err != nil || c.Authorize("parlor:AddUser", "arn:aws:iam::123456789012:user/x", iam.Context{}) != nil {
		t.Errorf("the first user is %+v, %v", c, err)
	}
	if _, made, err := a.Store.Bootstrap(t.Context(), account, "admin", time.Now()); made || err != nil {
		t.Errorf("a second Bootstrap = %t, %v", made, err)
	}
}

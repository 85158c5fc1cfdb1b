package control

import (
	"context"
	"net/http"
	"reflect"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/iam"
)

// ExtendIAM adds the operations on users, keys and policies, a line each.
func ExtendIAM(s *Server, a *iam.Admin) {
	manage(s, api.AddUser, a.AddUser)
	manage(s, api.UpdateUser, a.UpdateUser)
	manage(s, api.ListUsers, a.ListUsers)
	manage(s, api.RemoveUser, a.RemoveUser)

	manage(s, api.AddKey, a.AddKey)
	manage(s, api.ListKeys, a.ListKeys)
	manage(s, api.RemoveKey, a.RemoveKey)
	manage(s, api.RotateKey, a.RotateKey)

	manage(s, api.AddPolicy, a.AddPolicy)
	manage(s, api.UpdatePolicy, a.UpdatePolicy)
	manage(s, api.ListPolicies, a.ListPolicies)
	manage(s, api.RemovePolicy, a.RemovePolicy)

	manage(s, api.Simulate, a.Simulate)
}

// manage joins one of those operations to what does it. The resource that the caller
// must be allowed to act on is a user or a policy of an account, his own unless the
// input names another.
func manage[In, Out any](s *Server, op api.Op[In, Out], do func(ctx context.Context, account string, in *In) (*Out, error)) {
	account, target := memberNamed(reflect.TypeFor[In](), "account"), memberNamed(reflect.TypeFor[In](), op.Target)
	s.paths[op.Path] = &route{name: op.Name, status: http.StatusOK, service: "ivschat", do: func(ctx context.Context, q *Request) (any, error) {
		in := new(In)
		if err := decode(q.body, in); err != nil {
			return nil, err
		}
		if bad := op.Check(in); len(bad) > 0 {
			return nil, chat.InvalidFields(bad)
		}
		home, name := q.Caller.Account, "*"
		if given := text(in, account); given != "" {
			home = given
		}
		if given := text(in, target); given != "" {
			name = given
		}
		if err := s.admit(ctx, q, op.Action(), "arn:aws:iam::"+home+":"+op.Kind+"/"+name, in); err != nil {
			return nil, err
		}
		return answer(do(ctx, home, in))
	}}
}

// text returns the member of in with an index, or "" if it isn't there.
func text(in any, index int) string {
	if index < 0 {
		return ""
	}
	v := reflect.Indirect(reflect.ValueOf(in)).Field(index)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	return v.String()
}

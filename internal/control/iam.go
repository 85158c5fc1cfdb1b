package control

import (
	"context"

	"parlor/internal/iam"
)

// ExtendIAM adds the operations on users, keys and policies, a line each. They stand
// below /parlor/iam/; a caller needs the action parlor: and the operation's name for
// the user or the policy that it is about.
func ExtendIAM(s *Server, a *iam.Admin) {
	manage(s, "AddUser", a.AddUser)
	manage(s, "UpdateUser", a.UpdateUser)
	manage(s, "ListUsers", a.ListUsers)
	manage(s, "RemoveUser", a.RemoveUser)

	manage(s, "AddKey", a.AddKey)
	manage(s, "ListKeys", a.ListKeys)
	manage(s, "RemoveKey", a.RemoveKey)
	manage(s, "RotateKey", a.RotateKey)

	manage(s, "AddPolicy", a.AddPolicy)
	manage(s, "ListPolicies", a.ListPolicies)
	manage(s, "RemovePolicy", a.RemovePolicy)

	manage(s, "Simulate", a.Simulate)
}

// manage joins one of those operations to what does it.
func manage[In, Out any](s *Server, name string, do func(ctx context.Context, home string, in *In) (*Out, error)) {
	e := Extension{Path: "/parlor/iam/" + name, Action: "parlor:" + name}
	Extend(s, e, func(ctx context.Context, q *Request, in *In) (*Out, error) {
		return do(ctx, q.Caller.Account, in)
	})
}

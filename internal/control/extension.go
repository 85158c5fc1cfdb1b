package control

import (
	"context"
	"net/http"

	"parlor/chat"
)

// An Extension is an operation that Parlor has beyond the service's own. It is called
// as those are: a signed POST of a JSON object, for which a policy must allow Action.
type Extension struct {
	Path   string // /parlor/GetStatus
	Action string // parlor:GetStatus
}

// An input that has this method says what is wrong with itself.
type checker interface{ Check() []chat.FieldError }

// An input that has this method says which resource the caller must be allowed to act
// on: an ARN. Others are about Parlor as such, the resource parlor/*.
type resourceful interface {
	Resource(scope chat.Scope) string
}

// Extend joins an extension to what does it. The way of a request is the same as that
// of the contract's operations, except that nothing limits how often.
func Extend[In, Out any](s *Server, e Extension, do func(context.Context, *Request, *In) (*Out, error)) {
	s.paths[e.Path] = &route{name: e.Action, status: http.StatusOK, service: "ivschat", do: func(ctx context.Context, q *Request) (any, error) {
		in := new(In)
		if err := decode(q.body, in); err != nil {
			return nil, err
		}
		if c, ok := any(in).(checker); ok {
			if bad := c.Check(); len(bad) > 0 {
				return nil, chat.InvalidFields(bad)
			}
		}
		resource := "arn:aws:ivschat:" + q.Scope.Region + ":" + q.Scope.Account + ":parlor/*"
		if r, ok := any(in).(resourceful); ok {
			resource = r.Resource(q.Scope)
		}
		if a, err := chat.ParseARN(resource); err == nil {
			q.Target = a
		}
		if err := s.admit(ctx, q, e.Action, resource, in); err != nil {
			return nil, err
		}
		return answer(do(ctx, q, in))
	}}
}

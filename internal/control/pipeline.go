package control

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"time"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/iam"
	"parlor/internal/quota"
)

// A Request is one call of an operation, as far as it has come on its way.
type Request struct {
	ID     string      // ours, in x-amzn-RequestId
	Caller *iam.Caller // who
	Scope  chat.Scope  // where: the account of the caller, the region of the signature
	Target chat.ARN    // the resource that the operation acts on; zero for those that make or list
	Time   time.Time   // when the request came

	http *http.Request
	body []byte
}

// A route is an operation and the way to do it.
type route struct {
	name    string
	quota   quota.Name // "": none
	status  int
	service string // that the request was signed for
	xml     bool   // answers are XML
	do      func(ctx context.Context, q *Request) (any, error)
}

// maxFields is how many bad fields an answer names: no answer is much larger than its
// question.
const maxFields = 100

// handle joins op to the method that does it. Every request walks the same path: who
// are you, how often, what do you ask, is it sound, may you, do it, reply
// (behaviour.md §9.3). The first two and the last are ServeHTTP's, for all routes
// alike; those between know the types, and are here.
func handle[In, Out any](s *Server, op api.Op[In, Out], do func(context.Context, *Request, *In) (*Out, error)) {
	target := memberNamed(reflect.TypeFor[In](), op.Target)
	r := &route{name: op.Name, quota: quota.Name(op.Name), status: op.Status, service: "ivschat"}
	r.do = func(ctx context.Context, q *Request) (any, error) {
		in := new(In)
		if err := decode(q.body, in); err != nil {
			return nil, err
		}
		if err := bind(in, q.http); err != nil {
			return nil, err
		}
		if bad := append(op.Check(in), unstated(in)...); len(bad) > 0 {
			return nil, chat.InvalidFields(bad[:min(len(bad), maxFields)])
		}
		resource := iam.AllOf(q.Scope, op.Kind)
		if target >= 0 {
			resource = reflect.ValueOf(in).Elem().Field(target).String()
			var err error
			if q.Target, err = chat.ParseARN(resource); err != nil {
				return nil, chat.InvalidFields([]chat.FieldError{{Name: op.Target, Message: "Value at '" + op.Target + "' is not an ARN"}})
			}
		}
		if err := s.admit(ctx, q, op.Action(), resource, in); err != nil {
			return nil, err
		}
		return answer(do(ctx, q, in))
	}
	if op.Path == "/"+op.Name {
		s.paths[op.Path] = r
		return
	}
	s.tags[op.Method] = r
}

// memberNamed returns the index of the field that is called name on the wire, or -1.
func memberNamed(t reflect.Type, name string) int {
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("json"); name != "" && (tag == name || len(tag) > len(name) && tag[:len(name)+1] == name+",") {
			return i
		}
	}
	return -1
}

// answer makes an untyped nothing of a typed one.
func answer[Out any](out *Out, err error) (any, error) {
	if err != nil || out == nil {
		return nil, err
	}
	return out, nil
}

// admit asks whether the caller may do what in asks for. Making something with
// tags is also tagging it (behaviour.md §8). A resource of another region is none that
// this endpoint knows (§9.3).
func (s *Server) admit(ctx context.Context, q *Request, action, resource string, in any) error {
	at := s.context(q)
	at.RequestTags, at.TagKeys = requestTags(in)
	at.ResourceTags = s.resourceTags(ctx, q.Target)
	if err := q.Caller.Authorize(action, resource, at); err != nil {
		return err
	}
	if q.Target == (chat.ARN{}) {
		if len(at.RequestTags) > 0 {
			return q.Caller.Authorize(api.TagResource.Action(), resource, at)
		}
		return nil
	}
	if q.Target.Region != q.Scope.Region {
		return chat.NotFound(q.Target)
	}
	return nil
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cors(w, r) {
		return
	}
	q := &Request{ID: newRequestID(), Time: s.cfg.Clock.Now(), http: r}
	route, unknown, code := s.find(r)
	if unknown != nil {
		s.refuse(w, q, &unknownRoute, unknown, code)
		return
	}
	buf, ok := s.buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
	}
	defer func() {
		if cap(*buf) <= maxKept {
			s.buffers.Put(buf)
		}
	}()

	var err error
	if *buf, err = readBody(r, *buf); err == nil {
		q.body = *buf
		var out any
		// What has begun is done to its end, also when the caller has gone meanwhile.
		if out, err = s.run(context.WithoutCancel(r.Context()), route, q); err == nil {
			s.reply(w, q, route, out)
			return
		}
	}
	public := chat.Public(err)
	s.refuse(w, q, route, public, status(public.Code), slog.Any("err", private(err)))
}

// run is the path of one request, up to its answer. A panic on it fails this request
// only, and the log has its stack.
func (s *Server) run(ctx context.Context, route *route, q *Request) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	caller, err := s.Auth.Authenticate(q.http, sha256.Sum256(q.body))
	if err != nil {
		return nil, signatureError(err)
	}
	if caller.Service != route.service {
		return nil, &chat.Error{Code: chat.InvalidSignature, Message: "Credential should be scoped to correct service: '" + route.service + "'."}
	}
	q.Caller, q.Scope = caller, caller.Scope()
	if err := s.serves(q.Scope); err != nil {
		return nil, err
	}
	if route.quota != "" {
		if err := s.Quotas.Allow(ctx, quota.Of(route.quota, q.Scope)); err != nil {
			return nil, err
		}
	}
	return route.do(ctx, q)
}

// Package api is the contract as a table: the seventeen operations with their
// inputs, outputs, constraints, paths and errors. The server routes from it and
// checks by it, the command line makes commands, flags and help of it; no rule of
// the contract is written anywhere else. It does nothing by itself.
package api

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"parlor/chat"
)

// An Operation is one line of the table.
type Operation struct {
	Name   string      // as AWS has it; also the IAM action behind ivschat:
	Method string      // POST, but for two of the tag operations
	Path   string      // a pattern for http.ServeMux without the method
	Status int         // of success: 200, or 204 with an empty body
	Kind   string      // the resource's kind; "" where the ARN may be of either
	Target string      // the input member that holds the resource's ARN; "" acts on all of Kind
	Errors []chat.Code // the modelled errors, beside the common ones
	Doc    string      // what it does, for help pages

	input, output func() *Shape
}

// parlorPrefix is where operations are that the service does not have.
const parlorPrefix = "/parlor/"

// Action returns the IAM action that the operation needs (behaviour.md §8).
func (o *Operation) Action() string {
	if strings.HasPrefix(o.Path, parlorPrefix) {
		return "parlor:" + o.Name
	}
	return "ivschat:" + o.Name
}

// Input describes what the operation takes, members in the model's order.
func (o *Operation) Input() *Shape { return o.input() }

// Output describes what the operation answers, members in the model's order.
func (o *Operation) Output() *Shape { return o.output() }

// An Op is an operation with the Go types of its input and output.
type Op[In, Out any] struct{ *Operation }

// describe joins a line of the table to the types that hold its rules. The shapes
// are read when first asked for, so that linking the table in costs nothing.
func describe[In, Out any](o Operation) Op[In, Out] {
	o.input = sync.OnceValue(func() *Shape { return shapeOf(reflect.TypeFor[In](), o.Name+"Request") })
	o.output = sync.OnceValue(func() *Shape { return shapeOf(reflect.TypeFor[Out](), o.Name+"Response") })
	return Op[In, Out]{&o}
}

// A Timestamp goes over the wire as an ISO 8601 string in UTC with a fraction
// (behaviour.md §1.2, §2.2).
type Timestamp struct{ time.Time }

// MarshalText returns the time as the wire has it.
func (t Timestamp) MarshalText() ([]byte, error) { return chat.AppendTime(nil, t.Time), nil }

// AppendText appends the time as the wire has it.
func (t Timestamp) AppendText(dst []byte) ([]byte, error) { return chat.AppendTime(dst, t.Time), nil }

// MarshalJSON stands before the method of that name which time.Time has, and which
// would show whole seconds and other zones.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	dst := append(make([]byte, 0, 32), '"')
	return append(chat.AppendTime(dst, t.Time), '"'), nil
}

// UnmarshalText reads RFC 3339 with or without a fraction.
func (t *Timestamp) UnmarshalText(b []byte) (err error) {
	t.Time, err = time.Parse(time.RFC3339Nano, string(b))
	return err
}

// Lookup finds an operation by its name.
func Lookup(name string) (*Operation, bool) {
	for _, o := range Operations() {
		if o.Name == name {
			return o, true
		}
	}
	return nil, false
}

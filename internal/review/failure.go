package review

import (
	"context"
	"errors"
	"fmt"
)

var (
	errTimeout   = errors.New("the handler took too long")
	errNoHandler = errors.New("no Lambda API and no HTTP function is configured for the handler")
	errBroken    = errors.New("the handler failed too often and is left alone for a while")
)

// A class says why a review has no verdict (behaviour.md §4, error classes).
type class uint8

const (
	invocation class = iota // cannot invoke, handler missing, not permitted, timeout
	response                // unparsable, bad ReviewResult, too long
	function                // the function itself failed; Lambda counts these as Errors
	broken                  // not invoked: the breaker is open
	crowded                 // not invoked: too many in flight
)

func (c class) String() string {
	switch c {
	case invocation:
		return "invocation"
	case response:
		return "response"
	case function:
		return "function"
	case broken:
		return "broken"
	case crowded:
		return "crowded"
	}
	return "unknown"
}

// A failure is an error with its class.
type failure struct {
	class class
	err   error
}

func (f *failure) Error() string { return f.class.String() + ": " + f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// because turns what an invoker returned into a failure. A timeout is an invocation
// error whatever it interrupted.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &failure{invocation, fmt.Errorf("%w: %w", context.Cause(ctx), err)}
	}
	if _, ok := errors.AsType[*failure](err); ok {
		return err
	}
	return &failure{invocation, err}
}

// classOf returns the class of an error that ask returned.
func classOf(err error) class {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.class
	}
	return invocation
}

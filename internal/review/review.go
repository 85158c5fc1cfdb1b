// Package review asks a room's message review handler whether a message may be
// delivered, and as what (behaviour.md §4).
package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"parlor/chat"
	"parlor/internal/cloud"
	"parlor/internal/metric"
)

// A Config says how handlers are reached. The zero Config reaches none: every
// review ends in its room's fallback result.
type Config struct {
	Timeout time.Duration                      // for one review, waiting included; 0: chat.ReviewTimeout
	Own     func(account string) time.Duration // an account's own Timeout; nil or 0: Timeout
	PerRoom int                                // reviews in flight for one room; 0: 20
	PerNode int                                // reviews in flight altogether; 0: 200

	// Lambda serves the functions that are not in Functions, when UseLambda is set or
	// Lambda has an endpoint.
	Lambda    cloud.Account
	UseLambda bool

	// Functions maps ARNs of Lambda functions to HTTP handlers that stand in for them.
	Functions map[string]Function

	BreakAfter int           // failures in a row after which a handler is left alone; 0: 5
	BreakFor   time.Duration // for how long at first, doubling up to 32 times that; 0: 1 s
}

// A Function is an HTTP service that takes the place of a Lambda function.
type Function struct {
	URL    string
	Secret string // key of the HMAC in SignatureHeader
}

// A Reviewer asks handlers. Its methods may be called from many goroutines.
type Reviewer struct {
	timeout func(account string) time.Duration
	way     func(uri string) invoker // how a handler is reached; nil: not at all
	slots   *slots
	breaker *breaker
	log     *slog.Logger
	meter   *meter
}

// A Denied error says that a message must not be delivered. Its text is for the
// sender alone: ERROR 406.
type Denied struct {
	Reason string // as the handler gave it; may be empty
}

// Error returns the handler's reason, or a sentence that stands for none.
func (d *Denied) Error() string {
	if d.Reason == "" {
		return "Message denied by the review handler"
	}
	return d.Reason
}

// An invoker takes a payload to the handler uri and brings back its answer.
type invoker interface {
	invoke(ctx context.Context, uri string, payload []byte) ([]byte, error)
}

// New returns a reviewer for cfg.
func New(cfg Config, log *slog.Logger, metrics *metric.Set) (*Reviewer, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Lambda.Check(); err != nil {
		return nil, fmt.Errorf("message review: lambda: %w", err)
	}
	client := cloud.Client(cfg.PerNode)
	fns, err := newSignedHTTP(client, cfg.Functions)
	if err != nil {
		return nil, fmt.Errorf("message review: %w", err)
	}
	return &Reviewer{
		timeout: cfg.timeout,
		way:     ways(fns, cfg.lambda(client)),
		slots:   newSlots(cfg.PerRoom, cfg.PerNode),
		breaker: &breaker{limit: cfg.BreakAfter, pause: cfg.BreakFor, trips: map[string]*trip{}},
		log:     log,
		meter:   newMeter(metrics),
	}, nil
}

// timeout returns how long a review of an account may take.
func (c Config) timeout(account string) time.Duration {
	if c.Own != nil {
		return cmp.Or(c.Own(account), c.Timeout)
	}
	return c.Timeout
}

// lambda returns the Lambda API if one is configured.
func (c Config) lambda(client *http.Client) invoker {
	if c.UseLambda || c.Lambda.Endpoint != "" {
		return newLambda(client, c.Lambda)
	}
	return nil
}

// ways returns what reaches a handler: the HTTP function that the operator named for
// it, or else the Lambda API. Nothing in a room's record can name another address.
func ways(fns *signedHTTP, lambda invoker) func(uri string) invoker {
	return func(uri string) invoker {
		if fns.serves(uri) {
			return fns
		}
		return lambda
	}
}

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = chat.ReviewTimeout
	}
	if c.PerRoom <= 0 {
		c.PerRoom = 20 // 100 messages a second, the highest room rate, of 200 ms each
	}
	if c.PerNode <= 0 {
		c.PerNode = 200 // 1,000 messages a second, an account's rate
	}
	if c.BreakAfter <= 0 {
		c.BreakAfter = 5
	}
	if c.BreakFor <= 0 {
		c.BreakFor = time.Second
	}
	return c
}

// Review returns msg as the members of room shall hear it. A *Denied error means that
// they shall not; any other error is that of ctx. It blocks for the account's timeout at most, and
// asks the handler once: the budget has no room for a second try.
func (r *Reviewer) Review(ctx context.Context, room chat.Room, msg chat.Message, ip string) (chat.Message, error) {
	if !room.Reviewed() {
		return msg, nil
	}
	h := room.MessageReviewHandler
	start := time.Now()
	v, err := r.ask(ctx, room, msg, ip)
	if cause := context.Cause(ctx); cause != nil {
		return chat.Message{}, cause // the sender is gone: nobody to fall back for
	}
	if err == nil {
		r.meter.judged(v.denied, time.Since(start))
		return v.apply(msg)
	}
	class := classOf(err)
	r.meter.failed(h.URI, class, h.FallbackResult == chat.Deny, time.Since(start))
	r.log.DebugContext(ctx, "review failed",
		"room", room.ARN.String(), "uri", h.URI, "class", class.String(), "fallback", h.FallbackResult, "err", err)
	if h.FallbackResult == chat.Deny {
		return chat.Message{}, &Denied{}
	}
	return msg, nil
}

// ask gets the verdict of room's handler on msg. Every error is a *failure.
func (r *Reviewer) ask(ctx context.Context, room chat.Room, msg chat.Message, ip string) (verdict, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout(room.ARN.Account), errTimeout)
	defer cancel()
	uri := room.MessageReviewHandler.URI
	way := r.way(uri)
	if way == nil {
		return verdict{}, &failure{invocation, errNoHandler}
	}
	trying, ok := r.breaker.enter(uri)
	if !ok {
		return verdict{}, &failure{broken, errBroken}
	}
	release, err := r.slots.acquire(ctx, room.ARN)
	if err != nil {
		r.breaker.leave(uri, trying, unknown)
		return verdict{}, &failure{crowded, err}
	}
	defer release()
	answer, err := way.invoke(ctx, uri, payload(room, msg, ip))
	if err != nil {
		err = because(ctx, err)
		r.observe(ctx, uri, trying, err)
		return verdict{}, err
	}
	r.breaker.leave(uri, trying, alive)
	return parse(answer, room.MaximumMessageLength)
}

// observe tells the breaker how an invocation failed. Only a handler that couldn't be
// reached counts as dead: one that throws or answers rubbish is alive, and a sender
// that left early says nothing.
func (r *Reviewer) observe(ctx context.Context, uri string, trying bool, err error) {
	health := dead
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errTimeout) {
		health = unknown
	} else if classOf(err) != invocation {
		health = alive
	}
	if pause := r.breaker.leave(uri, trying, health); pause > 0 {
		r.log.WarnContext(ctx, "review handler left alone", "uri", uri, "dur", pause, "err", err)
	}
}

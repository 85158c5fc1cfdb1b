package chatlog

import (
	"context"
	"strings"
	"time"
)

// A Stream keeps records until they are delivered, whatever becomes of the process.
// Keys are the ARNs of logging configurations, so that the backlog of one destination
// is not in the way of another.
type Stream interface {
	// Append queues a copy of record under each key and returns at once. It reports false
	// if older records had to go to make room.
	Append(keys []string, record []byte) bool
	// Flush waits until everything appended is safe.
	Flush(ctx context.Context) error
	// Consume calls handle with batch after batch of c.Key until ctx ends. A batch that
	// isn't acknowledged comes again, to whoever consumes then.
	Consume(ctx context.Context, c Consumer, handle func(Batch)) error
	// Claim frees what the consumer with this name had taken, if its process is gone. It
	// fails as long as another process lives that consumes and has not released it.
	Claim(ctx context.Context, name string) error
	// Release lets others claim the name.
	Release(ctx context.Context, name string) error
	// Free is Release, and what was taken and not acknowledged comes again at once.
	Free(ctx context.Context, name string) error
	// Forget drops the consumer and its place in the stream.
	Forget(ctx context.Context, name string) error
}

// A Consumer says what Consume takes from a stream. Those with one name share a place.
type Consumer struct {
	Name    string
	Key     string
	AckWait time.Duration // a batch that is neither acknowledged nor extended comes again
	Pending int           // batches out at a time
}

// A Batch is some records of one key in the order they were appended.
type Batch struct {
	ID      string // the same each time it comes
	Records [][]byte
	Ack     func() error                    // it has arrived
	Confirm func(ctx context.Context) error // Ack, and wait until the stream knows, also of all before
	Retry   func(after time.Duration) error // let it come again
	Extend  func() error                    // not yet: wait another AckWait
}

// consumerName names the consumer of a key in the letters that streams allow.
func consumerName(key string) string {
	return "chatlog-" + strings.NewReplacer("arn:aws:ivschat:", "", ":logging-configuration/", "-", ":", "-").Replace(key)
}

//go:build !linux

package loop

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// Without epoll there are no pollers, and goroutines drive everything.
type (
	pollers []*poller
	poller  struct{}
)

func newPollers(Config, *atomic.Int64) (pollers, error) { return nil, nil }

func openFiles() uint64 { return fewFiles }

func tune(int, time.Duration) {}

func (*poller) run(context.Context) {}

func (*poller) take(net.Conn, []byte, *Log, Cursor, Session) (bool, error) { return false, nil }

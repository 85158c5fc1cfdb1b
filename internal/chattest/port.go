package chattest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreePort finds a port of the loopback for a server that others must know before it
// starts, or that comes back on it. It lies below those that the system gives to
// outgoing connections, which could take it meanwhile.
func FreePort(tb testing.TB) int {
	tb.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(12_000) //nolint:gosec // G404: any port will do.
		l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", fmt.Sprint("127.0.0.1:", port))
		if err != nil {
			continue
		}
		_ = l.Close()
		return port
	}
	tb.Fatal("no free port")
	return 0
}

package loop

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// TestFallsNotAsleep: what comes while a loop is about to sleep finds no sleeper to
// wake, so the loop itself must see it. It would sleep for an hour.
func TestFallsNotAsleep(t *testing.T) {
	for name, come := range map[string]func(l *poller, cancel func()){
		"a post":             func(l *poller, _ func()) { l.post(post{}) },
		"a log that grows":   func(l *poller, _ func()) { (&group{l: l}).behind() },
		"the end of its run": func(_ *poller, cancel func()) { cancel() },
	} {
		l, err := newPoller(Config{}.withDefaults(), new(atomic.Int64))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		come(l, cancel)
		awake := make(chan struct{})
		go func() {
			l.sleep(ctx)
			close(awake)
		}()
		select {
		case <-awake:
		case <-time.After(10 * time.Second):
			t.Errorf("%s came too early to be seen", name)
			l.asleep.Store(true)
			l.ring()
			<-awake
		}
		cancel()
		l.posts = nil
		l.close()
	}
}

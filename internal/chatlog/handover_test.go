package chatlog

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parlor/chat"
)

// A life is one process as the stream sees it: after its death nothing it does counts.
type life struct {
	*memory
	dead atomic.Bool
	deaf atomic.Int32 // times the stream does not hear it let go, nor what it gives back until then
}

// heard reports whether the stream hears the life let go.
func (l *life) heard() error {
	if l.dead.Load() || l.deaf.Add(-1) >= 0 {
		return errScript
	}
	return nil
}

func (l *life) Claim(context.Context, string) error {
	if l.dead.Load() {
		return errScript
	}
	return l.claim(l)
}

func (l *life) Release(context.Context, string) error {
	if err := l.heard(); err != nil {
		return err
	}
	return l.release(l)
}

func (l *life) Free(context.Context, string) error {
	if err := l.heard(); err != nil {
		return err
	}
	return l.free(l)
}

func (l *life) Consume(ctx context.Context, c Consumer, handle func(Batch)) error {
	return l.memory.Consume(ctx, c, func(b Batch) {
		ack, retry := b.Ack, b.Retry
		b.Ack = func() error {
			if l.dead.Load() {
				return errScript
			}
			return ack()
		}
		b.Confirm = func(context.Context) error { return b.Ack() }
		b.Retry = func(d time.Duration) error {
			if l.dead.Load() || l.deaf.Load() > 0 {
				return errScript
			}
			return retry(d)
		}
		handle(b)
	})
}

// A process delivers what it owns, until it ends by force or in order.
type process struct {
	owns *atomic.Bool
	deaf *atomic.Int32
	stop func(kill bool)
}

func live(ctx context.Context, stream *memory, s sink, memory int) process {
	l := &life{memory: stream}
	p := process{owns: new(atomic.Bool), deaf: &l.deaf}
	p.owns.Store(true)
	d := deps(l, nil, toBucket("x"))
	d.Owns = func(string) bool { return p.owns.Load() }
	log, _ := New(Config{Memory: memory, StopWithin: 20 * time.Second}, d) // the configuration is valid
	log.open = func(chat.LoggingConfiguration) (sink, error) { return s, nil }
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = log.Run(ctx) }()
	p.stop = func(kill bool) {
		l.dead.Store(kill)
		cancel()
		<-done
	}
	return p
}

// A configuration that is changed delivers to its new destination from then on, however
// much is said meanwhile.
func TestNewDestinationFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sinks := map[string]*scripted{}
		for _, name := range []string{"old", "new"} {
			sinks[name] = &scripted{got: make(map[string]int), r: rule{interval: time.Minute, bytes: 5 << 20}}
		}
		var now atomic.Pointer[chat.LoggingConfiguration]
		now.Store(new(toBucket("old")))
		stream := newMemory()
		d := deps(stream, nil)
		d.Configurations = func() iter.Seq[chat.LoggingConfiguration] {
			return slices.Values([]chat.LoggingConfiguration{*now.Load()})
		}
		log, err := New(Config{}, d)
		if err != nil {
			t.Fatal(err)
		}
		log.open = func(c chat.LoggingConfiguration) (sink, error) { return sinks[c.Destination.S3.BucketName], nil }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- log.Run(ctx) }()
		for i := range 400 { // 20 seconds
			if i == 200 {
				now.Store(new(toBucket("new")))
			}
			log.Record(loggedRoom(toBucket("")), message(fmt.Sprint(i), "x", time.Now()), time.Now())
			time.Sleep(50 * time.Millisecond)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		before, after := len(sinks["old"].got), len(sinks["new"].got)
		if before+after != 400 || before < 190 || before > 225 {
			t.Errorf("the old destination has %d, the new one %d of 400", before, after)
		}
	})
}

// A pile that its destination refuses for ever is not in the way of the others.
func TestRefusedPileIsNotInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &refusing{scripted: scripted{got: make(map[string]int), r: rule{interval: time.Second, bytes: 1000, byRoom: true}}, room: "AAAAAAAAAAAA"}
		stream := newMemory()
		p := live(t.Context(), stream, s, 1<<20)
		now := time.Now()
		for i := range 100 {
			for _, room := range []string{"AAAAAAAAAAAA", "BBBBBBBBBBBB"} {
				stream.add(logsARN.String(), appendEnvelope(nil, room, message(fmt.Sprintf("%s%d", room[:1], i), "x", now), now))
			}
		}
		time.Sleep(time.Minute)
		s.mu.Lock()
		got := len(s.got)
		s.mu.Unlock()
		if got != 100 || stream.left() != 100 {
			t.Errorf("%d of the other room's 100 records were delivered; %d are left", got, stream.left())
		}
		p.stop(false)
	})
}

// What a process had taken that was killed comes at once to the next one, and not when
// its time is over.
func TestWhatTheDeadHeldComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{got: make(map[string]int), r: rule{interval: time.Minute, bytes: 5 << 20}, script: []string{"fail"}}
		stream := newMemory()
		p := live(t.Context(), stream, s, 1<<20)
		stream.add(logsARN.String(), appendEnvelope(nil, "r", message("A", "x", time.Now()), time.Now()))
		time.Sleep(30 * time.Second)
		p.stop(true)
		p = live(t.Context(), stream, s, 1<<20)
		time.Sleep(61 * time.Second)
		if stream.left() != 0 {
			t.Error("what a dead process held was not delivered within its minute")
		}
		p.stop(false)
	})
}

// A process that lets go while the stream has no leader does so again when it has one, and
// what it had taken comes at once to the next, not when its time is over.
func TestLetsGoWhenTheStreamHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rule{interval: time.Second, bytes: 5 << 20}
		stream := newMemory()
		p := live(t.Context(), stream, &refusing{scripted: scripted{got: make(map[string]int), r: r}}, 1<<20)
		stream.add(logsARN.String(), appendEnvelope(nil, "r", message("A", "x", time.Now()), time.Now()))
		time.Sleep(10 * time.Second)
		p.deaf.Store(5)
		p.owns.Store(false)
		next := live(t.Context(), stream, &scripted{got: make(map[string]int), r: r}, 1<<20)
		time.Sleep(15 * time.Second)
		if n := stream.left(); n != 0 {
			t.Errorf("%d batches are not delivered", n)
		}
		next.stop(false)
		p.stop(false)
	})
}

// A refusing sink takes everything but the records of one room.
type refusing struct {
	scripted
	room string
}

func (r *refusing) put(ctx context.Context, p *pile) ([]record, error) {
	if p.key.room == r.room {
		return p.records, errScript
	}
	return r.scripted.put(ctx, p)
}

// Whoever delivers a configuration that now belongs to another node lets go in order:
// nothing that it holds is delivered by both.
func TestHandOverDeliversOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{got: make(map[string]int), r: rule{interval: 5 * time.Minute, bytes: 5 << 20}}
		stream := newMemory()
		p := live(t.Context(), stream, s, 1<<20)
		say := func(from, to int) {
			for i := from; i < to; i++ {
				stream.add(logsARN.String(), appendEnvelope(nil, "r", message(fmt.Sprint(i), "x", time.Now()), time.Now()))
				time.Sleep(50 * time.Millisecond)
			}
		}
		say(0, 1000)
		next := live(t.Context(), stream, s, 1<<20) // hears of it first
		say(1000, 1010)
		p.owns.Store(false)
		say(1010, 2000)
		p.stop(false)
		next.stop(false)
		if len(s.got) != 2000 {
			t.Errorf("%d of 2,000 delivered", len(s.got))
		}
		for line, n := range s.got {
			if n > 1 {
				t.Fatalf("delivered %d times: %s", n, line)
			}
		}
	})
}

package chatlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"parlor/chat"
	"parlor/internal/metric"
)

// A scripted sink does with each pile what its script says next, and what is well when
// the script has ended.
type scripted struct {
	r rule

	mu     sync.Mutex // guards the following
	script []string
	got    map[string]int // lines, and how often they arrived
	bad    []string       // piles that break the rule
	most   int            // puts at one time
	now    int
}

func (*scripted) name() string { return "scripted" }

func (s *scripted) rule() rule { return s.r }

func (s *scripted) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now++
	s.most = max(s.most, s.now)
	if len(s.script) == 0 {
		return "well"
	}
	do := s.script[0]
	s.script = s.script[1:]
	return do
}

var errScript = errors.New("as the script says")

func (s *scripted) put(ctx context.Context, p *pile) ([]record, error) {
	do := s.next()
	defer func() { s.mu.Lock(); s.now--; s.mu.Unlock() }()
	s.check(p)
	switch do {
	case "fail":
		return p.records, errScript
	case "hang":
		<-ctx.Done()
		return p.records, ctx.Err()
	case "slow":
		select {
		case <-time.After(7 * time.Second):
		case <-ctx.Done():
			return p.records, ctx.Err()
		}
	case "half":
		half := len(p.records) / 2
		s.deliver(p.records[:half])
		return p.records[half:], errScript
	case "answer lost":
		s.deliver(p.records)
		return p.records, errScript
	}
	s.deliver(p.records)
	return nil, nil
}

func (s *scripted) deliver(records []record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.got[string(r.line)]++
	}
}

// check holds a pile against the rule.
func (s *scripted) check(p *pile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, last := 0, int64(0)
	for _, r := range p.records {
		size += len(r.line) + s.r.overhead
		if r.at < last {
			s.bad = append(s.bad, "order")
		}
		if s.r.byRoom && r.room != p.key.room {
			s.bad = append(s.bad, "rooms")
		}
		last = r.at
	}
	if len(p.records) == 0 || len(p.records) > 1 && size > s.r.bytes || s.r.count > 0 && len(p.records) > s.r.count {
		s.bad = append(s.bad, fmt.Sprintf("%d records of %d bytes", len(p.records), size))
	}
	if s.r.span > 0 && last-p.records[0].at > s.r.span.Nanoseconds() {
		s.bad = append(s.bad, "span")
	}
}

// A plan is random traffic with what goes wrong meanwhile.
type plan struct {
	rule   rule
	script []string
	memory int
	steps  []step
	logged map[string]bool // lines
	twice  bool            // what goes wrong may make a record arrive more than once
}

// A step appends a batch, lets time pass, or lets another process go on, because this
// one ends or because the key is not its own any more.
type step struct {
	batch [][]byte
	sleep time.Duration
	end   bool
	kill  bool
	move  bool
	again bool // what is held comes again, as if its time were over
	deaf  bool // the stream doesn't hear the next acknowledgement
}

func drawPlan(t *rapid.T) *plan {
	p := &plan{logged: make(map[string]bool), rule: rule{
		interval: rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(t, "interval"),
		bytes:    rapid.SampledFrom([]int{300, 3000, 1 << 20}).Draw(t, "bytes"),
		count:    rapid.SampledFrom([]int{0, 1, 10}).Draw(t, "count"),
		span:     rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "span"),
		byRoom:   rapid.Bool().Draw(t, "byRoom"), overhead: 26,
	}}
	p.script = rapid.SliceOfN(rapid.SampledFrom([]string{"well", "fail", "hang", "slow", "half", "answer lost"}), 0, rapid.SampledFrom([]int{0, 20}).Draw(t, "faults")).Draw(t, "script")
	faulty := slices.ContainsFunc(p.script, func(do string) bool { return do != "well" })
	p.twice = slices.Contains(p.script, "answer lost")
	p.memory = rapid.SampledFrom([]int{2000, 1 << 20}).Draw(t, "memory")
	ends, repeats := false, false
	for range rapid.IntRange(0, 40).Draw(t, "steps") {
		var s step
		switch rapid.IntRange(0, 10).Draw(t, "step") {
		default:
			for range rapid.IntRange(1, 12).Draw(t, "records") {
				s.batch = append(s.batch, randomRecord(t, p.logged))
			}
		case 7, 8:
			s.sleep = time.Duration(rapid.IntRange(1, 90_000).Draw(t, "ms")) * time.Millisecond
		case 9:
			how := rapid.SampledFrom([]string{"end", "kill", "move"}).Draw(t, "how")
			s.move, s.kill = how == "move", how == "kill"
			s.end, ends = !s.move, true
			p.twice = p.twice || s.kill
		case 10:
			s.deaf, repeats = rapid.Bool().Draw(t, "deaf"), true
			s.again = !s.deaf
		}
		p.steps = append(p.steps, s)
	}
	// Part of a batch that goes back may have arrived; what comes again after all is known
	// to the process alone that delivered it.
	p.twice = p.twice || ends && (faulty || repeats)
	return p
}

func randomRecord(t *rapid.T, logged map[string]bool) []byte {
	at := time.UnixMilli(1_700_000_000_000 + rapid.Int64Range(0, 10_000_000).Draw(t, "at"))
	room := rapid.SampledFrom([]string{"AAAAAAAAAAAA", "BBBBBBBBBBBB", "CCCCCCCCCCCC"}).Draw(t, "room")
	payload := message(fmt.Sprintf("%012d", len(logged)), rapid.StringN(0, 20, 60).Draw(t, "content"), at)
	logged[string(appendRecord(nil, payload, at))] = true
	return appendEnvelope(nil, room, payload, at)
}

// For any traffic, crashes of the consumer and faults of the destination, what was
// logged is delivered, nothing else is, and no pile breaks the destination's rule. It is
// delivered once, unless a process was killed, or ended while its destination was in
// trouble, or a destination took what it denied.
func TestDeliveredEqualsLogged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		synctest.Test(t, func(t *testing.T) {
			if err := p.run(t.Context()); err != nil {
				rt.Errorf("%v", err)
			}
		})
	})
}

// run lets the plan happen, and then everything be well.
func (p *plan) run(ctx context.Context) error {
	s := &scripted{got: make(map[string]int), r: p.rule, script: p.script}
	stream := newMemory()
	now := live(ctx, stream, s, p.memory)
	var former []process
	for _, do := range p.steps {
		switch {
		case do.batch != nil:
			stream.add(logsARN.String(), do.batch...)
		case do.end:
			now.stop(do.kill)
			now = live(ctx, stream, s, p.memory)
		case do.move:
			now.owns.Store(false)
			former = append(former, now)
			now = live(ctx, stream, s, p.memory)
		case do.again:
			stream.lost()
		case do.deaf:
			stream.change(func() { stream.deaf = true })
		default:
			time.Sleep(do.sleep)
		}
	}
	for range 1000 {
		if stream.left() == 0 {
			break
		}
		time.Sleep(time.Minute)
	}
	for _, p := range append(former, now) {
		p.stop(false)
	}
	for line := range p.logged {
		if n := s.got[line]; n == 0 || n > 1 && !p.twice {
			return fmt.Errorf("delivered %d times: %s", n, line)
		}
	}
	if len(s.got) != len(p.logged) || stream.left() != 0 || len(s.bad) > 0 {
		return fmt.Errorf("%d delivered of %d logged; %d batches left; rule broken: %v", len(s.got), len(p.logged), stream.left(), s.bad)
	}
	return nil
}

// A destination that hangs holds up to Memory bytes and four deliveries; the rest waits
// in the stream, and chat in nothing.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{got: make(map[string]int), r: rule{interval: time.Second, bytes: 1000, byRoom: true}}
		for range 1000 {
			s.script = append(s.script, "hang")
		}
		stream, set := newMemory(), metric.New()
		log, err := New(Config{Memory: 100_000}, deps(stream, set, toBucket("x")))
		if err != nil {
			t.Fatal(err)
		}
		log.open = func(chat.LoggingConfiguration) (sink, error) { return s, nil }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- log.Run(ctx) }()
		now := time.Now()
		for i := range 5000 {
			log.Record(loggedRoom(toBucket("x")), message(fmt.Sprintf("%012d", i), "x", now), now)
		}
		if !time.Now().Equal(now) {
			t.Error("Record took time")
		}
		time.Sleep(10 * time.Second)
		held := log.meter.sum(func(h holding) float64 { return float64(h.records) })
		s.mu.Lock()
		most := s.most
		s.mu.Unlock()
		if held < 50 || held > 150 || most > putters {
			t.Errorf("holds %v records, %d deliveries at once", held, most)
		}
		time.Sleep(time.Hour)
		stream.mu.Lock()
		extends := stream.extends
		stream.mu.Unlock()
		if extends == 0 {
			t.Error("what is held for long comes again")
		}
		s.mu.Lock()
		s.script = nil
		s.mu.Unlock()
		for stream.left() > 0 {
			time.Sleep(time.Minute)
		}
		cancel()
		if err := <-done; err != nil || len(s.got) != 5000 {
			t.Errorf("%v; %d delivered", err, len(s.got))
		}
	})
}

// While a destination is down it is tried ever more seldom, up to once a minute.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{got: make(map[string]int), r: rule{interval: time.Second, bytes: 1000}}
		for range 10_000 {
			s.script = append(s.script, "fail")
		}
		stream := newMemory()
		p := live(t.Context(), stream, s, 1<<20)
		stream.add(logsARN.String(), appendEnvelope(nil, "r", message("A", "x", time.Now()), time.Now()))
		time.Sleep(time.Hour)
		s.mu.Lock()
		tries := 10_000 - len(s.script)
		s.mu.Unlock()
		if tries < 60 || tries > 140 {
			t.Errorf("%d tries in an hour", tries)
		}
		p.stop(false)
		if stream.left() != 1 {
			t.Error("what was not delivered must stay in the stream")
		}
	})
}

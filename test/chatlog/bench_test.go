package chatlog_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/chatlog"
	"parlor/internal/cloud"
	"parlor/internal/cluster"
	"parlor/internal/metric"
)

// sinksVariable tells this test's binary to be all destinations at once.
const sinksVariable = "PARLOR_TEST_LOG_SINKS"

// takeAll takes whatever S3, CloudWatch Logs and Firehose take, and says where to w.
func takeAll(ctx context.Context, w io.Writer) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, l.Addr()); err != nil {
		return err
	}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			_, _ = io.WriteString(w, `{"FailedPutCount":0}`)
		}
	}))
}

// destinations runs takeAll in a process of its own.
func destinations(b *testing.B) cloud.Account {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), self)
	cmd.Env = append(os.Environ(), sinksVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return cloud.Account{Endpoint: "http://" + strings.TrimSpace(line), AccessKeyID: "AK", SecretAccessKey: "SK"}
}

// A rig is a room with three logging configurations, one of each kind.
type rig struct {
	node *cluster.Node
	log  *chatlog.Logger
	set  *metric.Set
	room chat.Room
	stop context.CancelFunc
	done chan error
}

func newRig(b *testing.B) *rig {
	b.Helper()
	to := destinations(b)
	node, err := cluster.Open(b.Context(), cluster.Config{Dir: b.TempDir(), LogBytes: 8 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(node.Close)
	configs := []chat.LoggingConfiguration{spokenLog, spokenLog, spokenLog}
	configs[1].ARN.ID, configs[2].ARN.ID = "CCCCCCCCCCCC", "FFFFFFFFFFFF"
	configs[1].Destination = chat.Destination{CloudWatchLogs: &chat.CloudWatchLogsDestination{LogGroupName: "g"}}
	configs[2].Destination = chat.Destination{Firehose: &chat.FirehoseDestination{DeliveryStreamName: "s"}}
	r := &rig{node: node, set: metric.New(), room: chat.Room{ARN: spokenRoom.ARN}}
	for _, c := range configs {
		r.room.LoggingConfigurationIdentifiers = append(r.room.LoggingConfigurationIdentifiers, c.ARN.String())
	}
	r.log, err = chatlog.New(chatlog.Config{S3: to, CloudWatch: to, Firehose: to}, chatlog.Deps{
		Stream: stream{node}, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Metrics: r.set,
		Configurations: func() iter.Seq[chat.LoggingConfiguration] { return slices.Values(configs) },
	})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (r *rig) run(b *testing.B) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	r.stop, r.done = cancel, make(chan error, 1)
	go func() { r.done <- r.log.Run(ctx) }()
}

// delivered reads the metric that counts what arrived.
func (r *rig) delivered() (n float64) {
	w := httptest.NewRecorder()
	r.set.Handler().ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, metric.LogDelivered+"{") {
			v, _ := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64)
			n += v
		}
	}
	return n
}

// resident returns the memory of this process in MiB.
func resident() float64 {
	b, _ := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseFloat(string(fields[1]), 64)
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

// cpu returns the seconds of processor time that this process has used.
func cpu() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it has no other way to fail
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// payloads are messages of a busy room: a few thousand people say a few words each. They
// can't be compressed better than what people say.
var payloads = sync.OnceValue(func() [][]byte {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	words := strings.Fields(`the of and to in is you that it he was for on are as with his they at be this have from or one had
		by word but not what all were we when your can said there use an each which she do how their if will up other about out
		many then them these so some would make like him into time has look two more go see no way could people my than first
		stream lol play wow nice who won where again chat hello from Berlin goal great really never seen anything close to it`)
	r := rand.New(rand.NewPCG(1, 2))
	all := make([][]byte, 1<<14)
	for i := range all {
		id := make([]byte, 12)
		for i := range id {
			id[i] = letters[r.IntN(len(letters))]
		}
		content := make([]string, 3+r.IntN(12))
		for i := range content {
			content[i] = words[r.IntN(len(words))]
		}
		user := r.IntN(5000)
		m := chat.Message{
			ID: string(id), RequestID: fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48)),
			SendTime: time.Now().Add(time.Duration(i) * time.Microsecond), Content: strings.Join(content, " "),
			Sender: chat.Sender{UserID: fmt.Sprintf("u.%08x", user*0x9e3779b1), Attributes: map[string]string{"username": words[user%len(words)]}},
		}
		all[i] = m.AppendJSON(nil)
	}
	return all
})

func payloadOf(i int) []byte { return payloads()[i%len(payloads())] }

// setting is a number that the environment sets, or what it is unless set.
func setting(name string, unless int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return unless
}

// BenchmarkSustained says 10,000 messages a second into one room with three logging
// configurations, for PARLOR_BENCH_SECONDS (10 unless set):
//
//	PARLOR_BENCH_SECONDS=60 go test -run - -bench Sustained -benchtime 1x ./test/chatlog
func BenchmarkSustained(b *testing.B) {
	const rate = 10_000
	seconds := setting("PARLOR_BENCH_SECONDS", 10)
	for b.Loop() {
		r := newRig(b)
		_ = payloads()
		r.run(b)
		highest, begun, used := 0.0, time.Now(), cpu()
		tick := time.NewTicker(10 * time.Millisecond)
		for i := 0; i < rate*seconds; {
			<-tick.C
			for due := int(time.Since(begun).Seconds() * rate); i < min(due, rate*seconds); i++ {
				r.log.Record(r.room, payloadOf(i), time.Now())
			}
			highest = max(highest, resident())
		}
		said, late := time.Since(begun), 3*rate*float64(seconds)-r.delivered()
		r.stop()
		if err := <-r.done; err != nil {
			b.Error(err)
		}
		stats, err := r.node.LogStats(b.Context())
		if err != nil || stats.Lost > 0 || r.delivered() != float64(3*rate*seconds) {
			b.Errorf("%v; lost %d, delivered %.0f of %d", err, stats.Lost, r.delivered(), 3*rate*seconds)
		}
		b.ReportMetric(float64(rate*seconds)/said.Seconds(), "msg/s")
		b.ReportMetric(late, "records-late-at-end")
		b.ReportMetric(highest, "MiB-RSS-highest")
		b.ReportMetric((cpu()-used)/said.Seconds(), "cores")
	}
}

// BenchmarkDrain delivers a backlog: PARLOR_BENCH_MESSAGES of them (200,000 unless set) in
// three logging configurations. Ten minutes of an account at its quota, of 1,000 messages
// a second, are
//
//	PARLOR_BENCH_MESSAGES=600000 go test -run - -bench Drain -benchtime 1x ./test/chatlog
//
// It compares with how fast that grows, and with how fast 10,000 messages a second let a
// backlog grow: 30,000 records a second.
func BenchmarkDrain(b *testing.B) {
	messages := setting("PARLOR_BENCH_MESSAGES", 200_000)
	all := 3 * float64(messages)
	for b.Loop() {
		b.StopTimer()
		r := newRig(b)
		for i := range messages {
			r.log.Record(r.room, payloadOf(i), time.Now())
			if i%10_000 == 0 {
				if err := r.node.FlushLog(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := r.node.FlushLog(b.Context()); err != nil {
			b.Fatal(err)
		}
		before, err := r.node.LogStats(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		begun := time.Now()
		r.run(b)
		// The last file of S3 waits for its time, or for the stop.
		highest := 0.0
		for tick := time.NewTicker(20 * time.Millisecond); r.delivered() < 0.97*all; <-tick.C {
			highest = max(highest, resident())
		}
		rate := r.delivered() / time.Since(begun).Seconds()
		r.stop()
		if err := <-r.done; err != nil || r.delivered() != all {
			b.Errorf("%v; delivered %.0f of %.0f", err, r.delivered(), all)
		}
		b.ReportMetric(rate, "records/s")
		b.ReportMetric(rate/3_000, "times-as-fast-as-a-quota")
		b.ReportMetric(rate/30_000, "times-as-fast-as-10k/s")
		b.ReportMetric(highest, "MiB-RSS-highest")
		b.ReportMetric(float64(before.Bytes)/(1<<20), "MiB-backlog")
	}
}

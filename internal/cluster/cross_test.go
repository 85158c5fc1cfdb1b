package cluster

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// BenchmarkBusNodes is what one message costs three nodes (all in this process), when
// members are on the sender's node alone, or on all three: CPU time of the whole process a
// message, and how long it takes to each listener.
func BenchmarkBusNodes(b *testing.B) {
	nodes := trio(b)
	for _, c := range []struct {
		name      string
		listeners []*Node
	}{{"own", nodes[:1]}, {"other", nodes[1:2]}, {"all", nodes}} {
		b.Run(c.name, func(b *testing.B) { crossing(b, nodes[0], c.listeners) })
	}
}

func crossing(b *testing.B, from *Node, listeners []*Node) {
	b.Helper()
	room := roomARN("x")
	var got atomic.Int64
	wake := make(chan struct{}, 1)
	took := make([][]time.Duration, len(listeners))
	start := time.Now()
	for i, n := range listeners {
		cancel, err := n.Subscribe(room, func(r []byte) {
			took[i] = append(took[i], time.Since(start)-time.Duration(binary.BigEndian.Uint64(r)))
			got.Add(1)
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		defer cancel()
	}
	// Interest takes a moment to cross the routes.
	record := make([]byte, 300)
	say := func() {
		binary.BigEndian.PutUint64(record, uint64(time.Since(start)))
		if err := from.Publish(room, record); err != nil {
			b.Fatal(err)
		}
	}
	eventually(b, 5*time.Second, "all hear", func() bool {
		got.Store(0)
		say()
		pause(b.Context(), 20*time.Millisecond)
		return got.Load() == int64(len(listeners))
	})
	got.Store(0)
	for i := range took {
		took[i] = took[i][:0]
	}
	before, sent := cpu(), int64(0)
	for b.Loop() {
		say()
		for sent++; sent*int64(len(listeners))-got.Load() >= 200*int64(len(listeners)); {
			<-wake
		}
	}
	for got.Load() < sent*int64(len(listeners)) {
		<-wake
	}
	b.ReportMetric(float64(cpu()-before)/float64(sent), "cpu-ns/op")
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2])/1000, "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100])/1000, "p99-µs")
}

// BenchmarkBusCalm is how long a message takes when there is one at a time.
func BenchmarkBusCalm(b *testing.B) {
	nodes := trio(b)
	for _, c := range []struct {
		name string
		to   *Node
	}{{"own", nodes[0]}, {"other", nodes[1]}} {
		b.Run(c.name, func(b *testing.B) {
			heard := make(chan struct{}, 1)
			cancel, err := c.to.Subscribe(roomARN("y"), func([]byte) { heard <- struct{}{} })
			if err != nil {
				b.Fatal(err)
			}
			defer cancel()
			pause(b.Context(), 100*time.Millisecond)
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := nodes[0].Publish(roomARN("y"), make([]byte, 300)); err != nil {
					b.Fatal(err)
				}
				<-heard
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2])/1000, "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100])/1000, "p99-µs")
		})
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

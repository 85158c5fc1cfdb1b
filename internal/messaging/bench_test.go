package messaging

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"parlor/chat"
	"parlor/internal/cluster"
	"parlor/internal/loop"
	"parlor/internal/quota"
	"parlor/internal/room"
	"parlor/internal/ws"
)

const benchAction = `{"Action":"SEND_MESSAGE","RequestId":"8fe65e61-0b3c-4b52-9c3e-5a4c1f0c2f11","Content":"`

// lifted are quotas without limits on messages.
func lifted(b *testing.B) *quota.Quotas {
	b.Helper()
	limits, err := quota.Profile(quota.ProfileOff)
	if err != nil {
		b.Fatal(err)
	}
	return quota.New(quota.Config{Limits: limits})
}

// BenchmarkSend is the whole way of a SEND_MESSAGE but for the fan-out: frame,
// parse, check, id, encode, publish through the embedded bus, and back into
// the room's log.
func BenchmarkSend(b *testing.B) {
	for _, c := range []struct {
		name string
		bus  func(b *testing.B) room.Bus
	}{{"no bus", nowhere}, {"embedded bus", embedded}} {
		b.Run(c.name, func(b *testing.B) { benchSend(b, c.bus(b)) })
	}
}

// cpu is what this process has used so far, all threads together.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type null struct{}

func nowhere(*testing.B) room.Bus { return null{} }

func (null) Publish(chat.ARN, []byte) error                   { return nil }
func (null) Subscribe(chat.ARN, func([]byte)) (func(), error) { return func() {}, nil }

func embedded(b *testing.B) room.Bus {
	b.Helper()
	node, err := cluster.Open(b.Context(), cluster.Config{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	over := make(chan error)
	go func() { over <- node.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		<-over
		node.Close()
	})
	return node
}

func benchSend(b *testing.B, bus room.Bus) {
	b.Helper()
	hub, err := room.New(room.Deps{Bus: bus}, room.Config{})
	if err != nil {
		b.Fatal(err)
	}
	driver, err := loop.New(loop.Config{Goroutines: true})
	if err != nil {
		b.Fatal(err)
	}
	all := &rooms{all: map[chat.ARN]chat.Room{}}
	all.put(chat.Room{ARN: testRoom, MaximumMessageLength: 500, MaximumMessageRatePerSecond: 100})
	srv, err := New(Deps{Hub: hub, Driver: driver, Rooms: all, Tokens: tokens{}, Quotas: lifted(b)})
	if err != nil {
		b.Fatal(err)
	}
	claims := chat.Claims{Room: testRoom, UserID: "alice", Capabilities: []chat.Capability{chat.SendMessage}, SessionExpires: time.Now().Add(time.Hour)}
	s := newSession(srv, &claims, netip.Addr{}, time.Now())
	if s.seat, err = hub.Join(b.Context(), testRoom, s); err != nil {
		b.Fatal(err)
	}
	frame := masked(ws.Text, []byte(benchAction+strings.Repeat("the quick brown fox ", 10)+`"}`))
	in := make([]byte, len(frame))
	b.ReportAllocs()
	before := cpu()
	for b.Loop() {
		copy(in, frame)
		s.Receive(in)
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
	s.seat.Leave()
	hub.Close()
}

// BenchmarkHandshakeSession is what a connection costs to set up and to take
// down, HTTP apart.
func BenchmarkSession(b *testing.B) {
	hub, err := room.New(room.Deps{Bus: null{}}, room.Config{})
	if err != nil {
		b.Fatal(err)
	}
	driver, err := loop.New(loop.Config{Loops: 1})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	over := make(chan error)
	go func() { over <- driver.Run(ctx) }()
	defer func() {
		cancel()
		<-over
	}()
	srv, err := New(Deps{Hub: hub, Driver: driver, Rooms: &rooms{}, Tokens: tokens{}})
	if err != nil {
		b.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	claims := chat.Claims{Room: testRoom, UserID: "alice", SessionExpires: time.Now().Add(time.Hour)}
	b.ReportAllocs()
	for b.Loop() {
		near, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		far, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		s := newSession(srv, &claims, netip.Addr{}, time.Now())
		if s.seat, err = hub.Join(b.Context(), testRoom, s); err != nil {
			b.Fatal(err)
		}
		if err := driver.Serve(far, nil, s.seat.Log(), s.seat.Log().Head(), s); err != nil {
			b.Fatal(err)
		}
		near.Write(masked(ws.Close, nil))
		if _, err := io.Copy(io.Discard, near); err != nil {
			b.Fatal(err)
		}
		near.Close()
	}
}

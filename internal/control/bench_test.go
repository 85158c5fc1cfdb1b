package control_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"parlor/internal/chattest"
	"parlor/internal/control"
	"parlor/internal/iam"
	"parlor/internal/quota"
)

const tokenBody = `,"userId":"user-42","capabilities":["SEND_MESSAGE"],"sessionDurationInMinutes":60,"attributes":{"displayName":"somebody","color":"#123456"}}`

// quiet is a control plane that logs to nowhere but does format its lines.
func quiet(b *testing.B) (*control.Server, string) {
	b.Helper()
	keys, err := chattest.Keys()
	if err != nil {
		b.Fatal(err)
	}
	limits, err := quota.Parse([]byte(`{"quotas":{"CreateChatToken":1000000000}}`))
	if err != nil {
		b.Fatal(err)
	}
	rooms := &plainRooms{}
	s, err := control.New(control.Deps{
		Auth: iam.NewAuthenticator(keys, iam.Config{}), Quotas: quota.New(quota.Config{Limits: limits}),
		Rooms: rooms, Logging: &chattest.LoggingConfigurations{}, Tokens: chattest.Mint{}, Hub: &chattest.Hub{},
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), //nolint:sloglint // The cost of a line is part of the figure.
	}, control.Config{})
	if err != nil {
		b.Fatal(err)
	}
	room := chattest.NewRoom(rooms.scope())
	rooms.room = room
	return s, room.ARN.String()
}

// BenchmarkCreateChatToken is the handler alone: signature, quota, policy, mint, answer and log line.
func BenchmarkCreateChatToken(b *testing.B) {
	s, arn := quiet(b)
	body := []byte(`{"roomIdentifier":"` + arn + `"` + tokenBody)
	r := chattest.NewClient("http://localhost").Request(b, http.MethodPost, "/CreateChatToken", string(body))
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(bytes.NewReader(body))
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkCreateChatTokenOverHTTP has 16 connections ask, client and server on this machine.
func BenchmarkCreateChatTokenOverHTTP(b *testing.B) {
	const connections = 16
	s, arn := quiet(b)
	srv := httptest.NewServer(s)
	defer srv.Close()
	body := `{"roomIdentifier":"` + arn + `"` + tokenBody
	client := chattest.NewClient(srv.URL)
	client.HTTP = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	signed := client.Request(b, http.MethodPost, "/CreateChatToken", body)

	var mu sync.Mutex // guards took
	var took []time.Duration
	work := make(chan struct{})
	var wait sync.WaitGroup
	for range connections {
		wait.Go(func() {
			var own []time.Duration
			for range work {
				r := signed.Clone(b.Context())
				r.Body = io.NopCloser(bytes.NewReader([]byte(body)))
				start := time.Now()
				resp, err := client.HTTP.Do(r)
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Error(resp, err)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				own = append(own, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
		})
	}
	for b.Loop() {
		work <- struct{}{}
	}
	close(work)
	wait.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "req/s")
}

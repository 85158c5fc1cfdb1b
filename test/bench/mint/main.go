// Command mint asks a server for chat tokens as fast as it answers, over some
// connections at once, and prints how many a second it got and how long they took.
//
//	mint -endpoint http://127.0.0.1:8480 -room ARN -connections 16 -seconds 5
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"parlor/internal/sigv4"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mint:", err)
		os.Exit(1)
	}
}

type load struct {
	endpoint, room, region string
	cred                   sigv4.Credentials
}

func run(args []string, out io.Writer) error {
	var l load
	flags := flag.NewFlagSet("mint", flag.ContinueOnError)
	flags.StringVar(&l.endpoint, "endpoint", "http://127.0.0.1:8480", "the server's control plane")
	flags.StringVar(&l.room, "room", "arn:aws:ivschat:us-west-2:000000000000:room/parlorDemo01", "the room's ARN")
	flags.StringVar(&l.region, "region", "us-west-2", "the room's region")
	flags.StringVar(&l.cred.AccessKeyID, "key", "PARLORDEVACCESSKEY", "access key")
	flags.StringVar(&l.cred.SecretAccessKey, "secret", "parlor-dev-secret", "secret key")
	connections := flags.Int("connections", 16, "requests at a time, each over a connection of its own")
	seconds := flags.Int("seconds", 5, "how long")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*seconds)*time.Second)
	defer cancel()
	took := make([][]time.Duration, *connections)
	errs := make([]error, *connections)
	begun := time.Now()
	var all sync.WaitGroup
	for i := range took {
		all.Go(func() { took[i], errs[i] = l.run(ctx) })
	}
	all.Wait()
	elapsed := time.Since(begun)
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	times := slices.Concat(took...)
	slices.Sort(times)
	if len(times) == 0 {
		return fmt.Errorf("no answer in %d seconds", *seconds)
	}
	_, err := fmt.Fprintf(out, "%d connections: %.0f tokens/s, p50 %v, p99 %v\n", *connections,
		float64(len(times))/elapsed.Seconds(), times[len(times)/2], times[len(times)*99/100])
	return err
}

// run asks over one connection until ctx ends.
func (l *load) run(ctx context.Context) ([]time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	body := fmt.Appendf(nil, `{"roomIdentifier":%q,"userId":"ada","capabilities":["SEND_MESSAGE"]}`, l.room)
	var times []time.Duration
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.endpoint+"/CreateChatToken", bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		if err := sigv4.Sign(r, body, l.cred, l.region, "ivschat", time.Now()); err != nil {
			return nil, err
		}
		begun := time.Now()
		answer, err := client.Do(r)
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		if err != nil {
			return times, nil //nolint:nilerr // the time is up
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s %w", answer.Status, text, err)
		}
		times = append(times, time.Since(begun))
	}
}

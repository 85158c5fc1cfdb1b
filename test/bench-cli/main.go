// Command bench-cli measures the whole process of a signed call, ours beside the AWS
// CLI's, in one run and on one machine, and says whether the bars hold.
//
//	bench-cli -parlor bin/parlor -aws /usr/bin/aws
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// What must hold.
const (
	wallShare   = 20                    // times faster than the AWS CLI
	memoryShare = 3                     // times smaller
	startUp     = 15 * time.Millisecond // without network
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench-cli:", err)
		os.Exit(1)
	}
}

// A bench runs commands in an empty home directory.
type bench struct{ home string }

// A measure is the median wall time and the median memory of some runs.
type measure struct {
	wall   time.Duration
	memory int64 // KiB
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench-cli", flag.ContinueOnError)
	parlor := flags.String("parlor", "bin/parlor", "our command")
	aws := flags.String("aws", "/usr/bin/aws", "the AWS CLI's")
	if err := flags.Parse(args); err != nil {
		return err
	}
	home, err := os.MkdirTemp("", "bench-cli")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(home) }()
	server := httptest.NewServer(http.HandlerFunc(answer))
	defer server.Close()

	b := &bench{home: home}
	call := []string{
		"create-chat-token", "--room-identifier", "arn:aws:ivschat:us-west-2:123456789012:room/g1H2I3j4k5L6",
		"--user-id", "ada", "--capabilities", "SEND_MESSAGE", "--endpoint-url", server.URL,
	}
	ours, err1 := b.measure(ctx, 31, *parlor, call...)
	theirs, err2 := b.measure(ctx, 5, *aws, append([]string{"ivschat"}, call...)...)
	idle, err3 := b.measure(ctx, 31, *parlor, "create-chat-token", "--generate-cli-skeleton")
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "signed call: parlor %v, %d KiB; aws %v, %d KiB: %.1f times faster, %.1f times smaller\n"+
		"start-up without network: %v, %d KiB\n",
		ours.wall, ours.memory, theirs.wall, theirs.memory,
		float64(theirs.wall)/float64(ours.wall), float64(theirs.memory)/float64(ours.memory), idle.wall, idle.memory)
	return errors.Join(err, judge(ours, theirs, idle))
}

// judge says which bars are missed.
func judge(ours, theirs, idle measure) error {
	var missed []error
	if wallShare*ours.wall > theirs.wall {
		missed = append(missed, fmt.Errorf("a call takes %v, more than 1/%d of %v", ours.wall, wallShare, theirs.wall))
	}
	if memoryShare*ours.memory > theirs.memory {
		missed = append(missed, fmt.Errorf("a call takes %d KiB, more than 1/%d of %d KiB", ours.memory, memoryShare, theirs.memory))
	}
	if idle.wall > startUp {
		missed = append(missed, fmt.Errorf("start-up takes %v, more than %v", idle.wall, startUp))
	}
	return errors.Join(missed...)
}

// answer is a service that answers at once.
func answer(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if r.Header.Get("Authorization") == "" {
		w.WriteHeader(http.StatusForbidden)
	}
	_, _ = io.WriteString(w, `{"token":"t","tokenExpirationTime":"2022-03-16T03:45:09Z","sessionExpirationTime":"2022-03-16T04:44:09Z"}`)
}

// measure runs a command n times.
func (b *bench) measure(ctx context.Context, n int, name string, args ...string) (measure, error) {
	var walls []time.Duration
	var memory []int64
	for range n {
		cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // G204: the caller names the commands to measure
		cmd.Env = []string{
			"PATH=/usr/bin:/bin", "HOME=" + b.home, "LANG=C.UTF-8", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
			"AWS_DEFAULT_REGION=us-west-2", "AWS_EC2_METADATA_DISABLED=true",
		}
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			return measure{}, fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		walls = append(walls, time.Since(began))
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			return measure{}, errors.New("this system does not tell what a process used")
		}
		memory = append(memory, usage.Maxrss)
	}
	slices.Sort(walls)
	slices.Sort(memory)
	return measure{walls[n/2], memory[n/2]}, nil
}

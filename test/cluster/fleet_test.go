package cluster

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"

	"parlor/internal/chattest"
)

const (
	region  = "us-west-2"
	account = "111111111111"
	users   = `{"users": [{"account": "111111111111", "name": "one", "policies": ["AdministratorAccess"],
		"keys": [{"id": "AKIAONEONEONEONEONE1", "secret": "secret-of-one"}]}]}`
	secret = "what the nodes share"
)

// A fleet is some nodes that form one service.
type fleet struct {
	t     *testing.T
	nodes []*node
}

// A node is one Parlor process, or the place for one.
type node struct {
	t     *testing.T
	id    string
	host  string // its address
	space string // its network namespace; empty: that of the test
	data  string
	ports [3]int // service, admin, routes; kept over restarts
	extra []string
	join  []string
	nats  string
	bin   string // what it runs; empty: the version under test
	cmd   *exec.Cmd
	done  chan struct{}
	http  *http.Client // of the SDK, so that its connections are used again

	key, secret string // of the caller; empty: those of users
}

// form starts n nodes whose embedded servers join each other. extra are further flags.
func form(t *testing.T, n int, extra ...string) *fleet {
	t.Helper()
	f := plan(t, n, extra...)
	f.start()
	return f
}

// plan is form without starting anything.
func plan(t *testing.T, n int, extra ...string) *fleet {
	t.Helper()
	f := &fleet{t: t}
	dir := t.TempDir()
	for i := range n {
		f.nodes = append(f.nodes, &node{
			t: t, id: fmt.Sprint("n", i), host: "127.0.0.1", data: filepath.Join(dir, fmt.Sprint("n", i)), extra: extra, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}},
		})
		for p := range f.nodes[i].ports {
			f.nodes[i].ports[p] = chattest.FreePort(t)
		}
	}
	f.meet()
	return f
}

// meet tells every node where all are.
func (f *fleet) meet() {
	var join []string
	for _, n := range f.nodes {
		join = append(join, n.addr(2))
	}
	for _, n := range f.nodes {
		n.join = join
	}
}

func (f *fleet) start() {
	f.t.Helper()
	for _, n := range f.nodes {
		n.start()
	}
	f.ready()
}

// ready waits until all nodes are and know each other.
func (f *fleet) ready() {
	f.t.Helper()
	for _, n := range f.nodes {
		eventually(f.t, time.Minute, n.id+" is ready", func() bool { return n.ready() == nil })
	}
	if len(f.nodes) > 1 {
		// Heartbeats come each second; a node that is ready has sent one.
		pause(f.t, 1200*time.Millisecond)
	}
}

func (n *node) addr(port int) string { return fmt.Sprintf("%s:%d", n.host, n.ports[port]) }

func (n *node) endpoint() string { return "http://" + n.addr(0) }

// start runs the process. It is killed with the test, at the latest.
func (n *node) start() {
	n.t.Helper()
	if err := os.MkdirAll(n.data, 0o700); err != nil {
		n.t.Fatal(err)
	}
	iam := filepath.Join(n.t.TempDir(), "iam.json")
	if err := os.WriteFile(iam, []byte(users), 0o600); err != nil {
		n.t.Fatal(err)
	}
	args := append([]string{
		cmp.Or(n.bin, binary), "serve", "--node", n.id, "--data", n.data, "--iam-file", iam, "--state-file", "-",
		"--listen", n.addr(0), "--admin-listen", n.addr(1), "--quotas", "off", "--drain-window", "3s",
	}, n.extra...)
	switch {
	case n.nats != "":
		args = append(args, "--nats", n.nats)
	case len(n.join) > 1:
		args = append(args, "--cluster-listen", n.addr(2), "--cluster-secret", secret, "--join", strings.Join(n.join, ","))
	}
	if n.space != "" {
		args = append([]string{"ip", "netns", "exec", n.space}, args...)
	}
	out, err := os.OpenFile(n.data+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	n.cmd = exec.Command(args[0], args[1:]...)
	n.cmd.Stdout, n.cmd.Stderr = out, out
	tie(n.cmd)
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	cmd, done := n.cmd, make(chan struct{})
	n.done = done
	go func() { _ = cmd.Wait(); out.Close(); close(done) }()
	n.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
		<-done
		if n.t.Failed() {
			n.tell()
		}
	})
}

// tell shows the end of the node's log.
func (n *node) tell() {
	text, err := os.ReadFile(n.data + ".log")
	if err != nil {
		return
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	n.t.Logf("the log of %s ends with\n%s", n.id, strings.Join(lines[max(0, len(lines)-15):], "\n"))
}

func (n *node) signal(s os.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.t.Errorf("signal %v to %s: %v", s, n.id, err)
	}
}

// kill is kill -9.
func (n *node) kill() {
	n.t.Helper()
	n.signal(syscall.SIGKILL)
	<-n.done
}

// ready asks the node whether it is, and returns its reason if not.
func (n *node) ready() error {
	ctx, cancel := context.WithTimeout(n.t.Context(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.addr(1)+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", strings.TrimSpace(string(text)))
	}
	return nil
}

// control is the AWS SDK with its own retries, or without any.
func (n *node) control(attempts int) *ivschat.Client {
	endpoint, key, secret := n.endpoint(), cmp.Or(n.key, "AKIAONEONEONEONEONE1"), cmp.Or(n.secret, "secret-of-one")
	return ivschat.New(ivschat.Options{
		Region: region, BaseEndpoint: &endpoint, RetryMaxAttempts: attempts, HTTPClient: n.http,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// room makes a room on the node, with the SDK's own retries.
func (n *node) room(name string) string {
	n.t.Helper()
	out, err := n.control(5).CreateRoom(within(n.t, 20*time.Second), &ivschat.CreateRoomInput{Name: aws.String(name)})
	if err != nil {
		n.t.Fatalf("CreateRoom on %s: %v", n.id, err)
	}
	return *out.Arn
}

// everywhere waits until each node that runs knows the room.
func (f *fleet) everywhere(room string, nodes ...*node) {
	f.t.Helper()
	for _, n := range nodes {
		eventually(f.t, 10*time.Second, n.id+" knows the room", func() bool {
			_, err := n.control(1).GetRoom(within(f.t, 2*time.Second), &ivschat.GetRoomInput{Identifier: &room})
			return err == nil
		})
	}
}

// soaking reports whether the long forms of the tests are to run: make soak.
func soaking() bool { return os.Getenv("SOAK") != "" }

// spell is how long a fault lasts: a while, or, when soaking, as long as a bad day has it.
func spell(short, long time.Duration) time.Duration {
	if soaking() {
		return long
	}
	return short
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for ok, which the processes under test make true by themselves.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
		pause(t, 20*time.Millisecond)
	}
}

// pause lets the processes under test have their time.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

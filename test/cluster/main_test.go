// Package cluster judges several Parlor processes as one service: real processes, real
// signals, real links that are cut. A checker reads every frame of every client.
//
// The tests run in a network and a mount namespace of their own, as root: so they meet
// nobody's ports, may cut links and fill disks, and leave nothing behind. Every process
// they start ends with them, also when they are killed.
package cluster

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The servers under test, built once, and Parlor as testdata/previous says that it was
// before: empty, if the history at hand doesn't go back as far.
var binary, natsBinary, previousBinary string

// home is the environment's word for where they are; it also says that the namespaces
// are entered.
const home = "CLUSTER_TEST_HOME"

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("cluster tests need server processes: not with -short")
		return
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster tests:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if dir := os.Getenv(home); dir != "" {
		binary, natsBinary = filepath.Join(dir, "parlor"), filepath.Join(dir, "nats-server")
		if _, err := os.Stat(filepath.Join(dir, "previous")); err == nil {
			previousBinary = filepath.Join(dir, "previous")
		}
		if err := settle(); err != nil {
			return 0, err
		}
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "parlor-cluster-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	for name, from := range map[string]string{"parlor": "parlor/cmd/parlor", "nats-server": "github.com/nats-io/nats-server/v2"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), from).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	if err := buildPrevious(dir); err != nil {
		return 0, err
	}
	return enterSpaces(dir)
}

// buildPrevious builds the version before this one, from the repository's history.
func buildPrevious(dir string) error {
	commit, err := os.ReadFile("testdata/previous")
	if err != nil {
		return err
	}
	const script = `git cat-file -e "$1^{commit}" || exit 0
mkdir "$2/source" && git -C "$(git rev-parse --show-toplevel)" archive "$1" | tar -x -C "$2/source" && cd "$2/source" && go build -o "$2/previous" ./cmd/parlor`
	if out, err := exec.Command("sh", "-c", script, "build", strings.TrimSpace(string(commit)), dir).CombinedOutput(); err != nil {
		return fmt.Errorf("build the previous version: %w\n%s", err, out)
	}
	return nil
}

// enterSpaces runs this program again, in namespaces of its own.
func enterSpaces(dir string) (code int, err error) {
	for _, tool := range []string{"ip", "unshare", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			return 0, fmt.Errorf("%w: they run on Linux, with iproute2, which test/setup.sh installs", err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	args := append([]string{"unshare", "--net", "--mount", "--", "env", home + "=" + dir, "SOAK=" + os.Getenv("SOAK"), self}, os.Args[1:]...)
	if os.Geteuid() != 0 {
		args = append([]string{"sudo", "-n"}, args...)
	}
	runtime.LockOSThread() // with which the child is tied
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	tie(cmd)
	if err := cmd.Run(); cmd.ProcessState == nil {
		return 0, fmt.Errorf("network namespaces need root: %w", err)
	}
	return cmd.ProcessState.ExitCode(), nil
}

// settle makes the namespaces habitable.
func settle() error {
	if err := os.MkdirAll("/run/netns", 0o755); err != nil {
		return err
	}
	return errors.Join(root("mount", "-t", "tmpfs", "netns", "/run/netns"), root("ip", "link", "set", "lo", "up"))
}

// root does what root may in these namespaces.
func root(args ...string) error {
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w %s", args, err, out)
	}
	return nil
}

//go:build linux

package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// runInTerminal runs cmd with a terminal as its standard output, and as its input
// if the case types into it.
func runInTerminal(t *testing.T, cmd *exec.Cmd, spec *ttySpec) string {
	t.Helper()
	master, slave := openTerminal(t, spec)
	defer func() { _ = master.Close() }()
	cmd.Stdout = slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if spec.Stdin {
		cmd.Stdin = slave
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	var out bytes.Buffer
	first := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if out.Len() == 0 && n > 0 {
				close(first)
			}
			out.Write(buf[:n])
			if err != nil {
				return // the other side is gone
			}
		}
	}()
	if len(spec.Steps) > 0 {
		select {
		case <-first:
		case <-read:
		}
	}
	for _, s := range spec.Steps {
		<-time.After(time.Duration(s.after * float64(time.Second)))
		if _, err := io.WriteString(master, s.keys); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	<-read
	return out.String()
}

// openTerminal opens a pseudo-terminal that changes nothing on the way.
func openTerminal(t *testing.T, spec *ttySpec) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: spec.Rows, Col: spec.Cols})
	if err != nil {
		t.Fatal(err)
	}
	mode, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Oflag &^= unix.OPOST
	mode.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

package loop

import (
	"syscall"
	"time"
	"unsafe"
)

// What package syscall has no name for.
const (
	tcpUserTimeout = 18   // TCP_USER_TIMEOUT
	dupCloseOnExec = 1030 // F_DUPFD_CLOEXEC
)

// eventfd returns a descriptor that can be read once it has been written to.
func eventfd() (int, error) {
	fd, _, e := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if e != 0 {
		return -1, e
	}
	return int(fd), nil
}

// duplicate returns a second descriptor of what fd stands for.
func duplicate(fd int) (int, error) {
	n, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), dupCloseOnExec, 0)
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

// openFiles is how many descriptors the process may have. The Go runtime has
// raised the soft limit to the hard one.
func openFiles() uint64 {
	limit := syscall.Rlimit{Cur: fewFiles}
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) // without an answer there is nothing to tell
	return limit.Cur
}

// tune sets a connection's options, as well as can be. What the kernel buffers
// for a client that does not read is bounded, and so is the time for which it
// keeps trying: the peer's window may be shut though our own buffer takes more.
// That window took its time to fill, so the kernel has a little less than stall.
func tune(fd int, stall time.Duration) {
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 0) // pings do that
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 128<<10)
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, tcpUserTimeout, int(stall.Milliseconds()*4/5))
}

// event names fd as what events are about.
func event(fd int, events uint32) *syscall.EpollEvent {
	return &syscall.EpollEvent{Events: events, Fd: int32(fd)} //nolint:gosec // descriptors are small
}

// The calls below never block, so they go past the scheduler: telling it
// before and after each would cost a good part of what they cost themselves.

func read(fd int, b []byte) (int, error) { return rawIO(syscall.SYS_READ, fd, b) }

func write(fd int, b []byte) (int, error) { return rawIO(syscall.SYS_WRITE, fd, b) }

func rawIO(call uintptr, fd int, b []byte) (int, error) {
	//nolint:gosec // the slice stays alive and in place for the length of the call
	n, _, e := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

// epollWait asks for events without waiting for any.
func epollWait(fd int, events []syscall.EpollEvent) int {
	//nolint:gosec // as above
	n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

package loop

import (
	"syscall"
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

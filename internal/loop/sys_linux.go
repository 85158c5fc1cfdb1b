package loop

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below never block, so they go past the scheduler: telling it
// before and after each would cost a good part of what they cost themselves.

func read(fd int, b []byte) (int, error) { return rawIO(unix.SYS_READ, fd, b) }

func write(fd int, b []byte) (int, error) { return rawIO(unix.SYS_WRITE, fd, b) }

func rawIO(call uintptr, fd int, b []byte) (int, error) {
	//nolint:gosec // the slice stays alive and in place for the length of the call
	n, _, e := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

// epollWait asks for events without waiting for any.
func epollWait(fd int, events []unix.EpollEvent) int {
	//nolint:gosec // as above
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

package cluster

import (
	"os/exec"
	"syscall"
)

// tie makes cmd end with the thread that starts it, which Go keeps.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

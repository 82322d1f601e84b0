package brokertest

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the system kill the program when the thread that started it
// ends: also after a panic, a time-out of the tests or a kill -9.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

//go:build unix && !linux

package brokertest

import (
	"os/exec"
	"syscall"
)

// dieWithParent gives the program a process group. Elsewhere than on Linux nothing
// ends it when this process is killed; ends of tests and panics in them do.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

package measure

import (
	"errors"
	"os"
	"syscall"
)

// PeakOf returns the largest resident set of a program that has ended, in bytes.
func PeakOf(p *os.ProcessState) (int64, error) {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("the system does not tell what the program used")
	}
	return u.Maxrss << 10, nil // getrusage(2): kilobytes
}

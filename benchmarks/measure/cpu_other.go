//go:build !unix

package measure

import (
	"errors"
	"time"
)

func processCPU() (time.Duration, error) {
	return 0, errors.New("the CPU time of the process is only read on Unix systems")
}

//go:build !unix

package main

import (
	"errors"
	"time"
)

// processCPU is only known on Unix systems.
func processCPU() (time.Duration, error) {
	return 0, errors.New("the CPU time of the process is only read on Unix systems")
}

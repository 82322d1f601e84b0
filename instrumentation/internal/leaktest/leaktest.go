// Package leaktest looks for goroutines that the tests of a package leave behind.
package leaktest

import (
	"fmt"
	"os"
	"time"

	"go.uber.org/goleak"
)

// patience bounds the wait for goroutines to end: package goleak waits for 0.4 s,
// which a busy machine may not give them.
const patience = 30 * time.Second

// Run runs tests and returns the exit status. Call it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(leaktest.Run(m.Run)) }
func Run(tests func() int) int {
	status := tests()
	if status != 0 {
		return status
	}
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if err = goleak.Find(); err == nil {
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

package brokertest

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

// require ends the test where programs are missing: skipped, or failed in CI.
func requireTools(t testing.TB, names ...string) {
	t.Helper()
	err := lookTools(names...)
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%v; CI must run the tests on real brokers (.ci/brokers installs what they need)", err)
	}
	t.Skipf("*** NOT TESTED ON A REAL BROKER: %v; install a Java runtime and Maven, or run .ci/brokers", err)
}

func lookTools(names ...string) error {
	var errs []error
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

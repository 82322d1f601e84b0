package rocketmq_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/apache/rocketmq-client-go/v2/rlog"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/racecheck"
)

// brokers are shared by the tests of this package.
var brokers brokertest.Pool

func TestMain(m *testing.M) {
	rlog.SetLogLevel("fatal") // the client logs some lines a second
	for env, child := range map[string]func(string) error{childEnv: childMain, rawSenderEnv: rawSenderMain, rawRequesterEnv: rawRequesterMain} {
		if config := os.Getenv(env); config != "" {
			if err := child(config); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(racecheck.Run(func() int { return run(m) }))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "auditd")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	auditd.folder = folder
	return brokers.Run(m)
}

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
	for env, child := range map[string]func(string) error{childEnv: childMain, rawSenderEnv: rawSenderMain} {
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

// patientBroker are options of a broker that refuses no message because the machine
// is busy: by default one that waited for 200 ms is refused.
func patientBroker() []brokertest.Option {
	return []brokertest.Option{
		brokertest.Conf("waitTimeMillsInSendQueue", "60000"),
		brokertest.Conf("waitTimeMillsInPullQueue", "60000"),
		brokertest.Conf("waitTimeMillsInTransactionQueue", "60000"),
		brokertest.Conf("waitTimeMillsInHeartbeatQueue", "60000"),
		brokertest.Conf("osPageCacheBusyTimeOutMills", "60000"),
	}
}

// eachBroker runs a test on every version.
func eachBroker(t *testing.T, test func(*testing.T, *brokertest.Broker)) {
	t.Helper()
	for _, v := range brokertest.Versions() {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			test(t, brokers.Get(t, v, patientBroker()...))
		})
	}
}

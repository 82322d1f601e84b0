package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/rocketmq-client-go/v2/rlog"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"

	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/racecheck"
)

const policy = `version: 1
origins: [gateway]
captured_properties: [gray_env]
consumers:
  - {topic: "*", group: "*", ignores: [gray]}
`

var (
	brokers brokertest.Pool
	auditd  string // the program, built by TestMain
)

func TestMain(m *testing.M) { os.Exit(racecheck.Run(func() int { return run(m) })) }

func run(m *testing.M) int {
	rlog.SetLogLevel("fatal")
	graygrpc.Register()
	dir, err := os.MkdirTemp("", "dyetrace-rocketmq-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	auditd = filepath.Join(dir, "auditd")
	build := exec.Command("go", "build", "-o", auditd, "./cmd/auditd") //nolint:noctx // before any test
	build.Dir, build.Env = filepath.Join("..", "..", ".."), append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build auditd: %v\n%s", err, out)
		return 1
	}
	return brokers.Run(m)
}

type report struct {
	Summary struct {
		Spans, Traces, Hops, Judged int
		Coverage                    float64
	}
	Findings []struct {
		Verdict, Certainty, Env, Effect, Service string
		Blame                                    struct{ Service, Where string }
	}
}

// audit runs `auditd check` on spans and returns its report and exit status.
func audit(t *testing.T, spans []string) (report, int) {
	t.Helper()
	dir := t.TempDir()
	policyFile, spanFile := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "spans.jsonl")
	require.NoError(t, os.WriteFile(policyFile, []byte(policy), 0o600))
	require.NoError(t, os.WriteFile(spanFile, []byte(strings.Join(spans, "")), 0o600))
	cmd := exec.CommandContext(t.Context(), auditd, "check", "--policy", policyFile, "--format", "json", spanFile)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok {
		require.NoError(t, err)
	} else {
		require.Equal(t, 1, exit.ExitCode(), "%s", exit.Stderr)
	}
	var r report
	require.NoError(t, json.Unmarshal(out, &r), "%s", out)
	return r, cmd.ProcessState.ExitCode()
}

func TestTheChainKeepsTheTag(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		c := newChain(t, b, nil)
		for range 5 {
			require.Equal(t, "gray gray", c.request("on"))
			require.Equal(t, "base base", c.request(""))
		}
		c.close()
		r, status := audit(t, c.spans.matching())
		require.Zero(t, status, "%+v", r.Findings)
		require.Empty(t, r.Findings)
		require.EqualValues(t, 1, r.Summary.Coverage)
		require.Equal(t, 10, r.Summary.Traces, "one trace from the gateway to the stock")
		require.GreaterOrEqual(t, r.Summary.Spans, 10*7, "and more where the client sent a message again")
	})
}

// TestOneSpanShowsTheEscape strips the baggage between message and call. Of all
// spans only the one that lost the tag is audited.
func TestOneSpanShowsTheEscape(t *testing.T) {
	t.Parallel()
	brokers.Each(t, func(t *testing.T, b *brokertest.Broker) {
		c := newChain(t, b, baggage.ContextWithoutBaggage)
		require.Equal(t, "gray base", c.request("on"))
		c.close()

		all, status := audit(t, c.spans.matching())
		require.Equal(t, 1, status)
		require.Len(t, all.Findings, 1)
		require.Equal(t, "proven", all.Findings[0].Certainty)
		require.Equal(t, "shipping", all.Findings[0].Blame.Service)

		alone := c.spans.matching(`"stringValue":"shipping"`, `"kind":3`)
		require.Len(t, alone, 1)
		one, _ := audit(t, alone)
		require.Len(t, one.Findings, 1)
		require.Equal(t, "escape", one.Findings[0].Verdict)
		require.Equal(t, "gray", one.Findings[0].Env)
		require.Equal(t, "shipping", one.Findings[0].Service)
	})
}

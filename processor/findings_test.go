package processor_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/findinglog"
	"github.com/dyetrace/dyetrace/processor/internal/collectortest"
)

const connectorOnly = `
receivers: {otlp: {protocols: {grpc: {endpoint: "${socket}", transport: unix, max_recv_msg_size_mib: 64}}}}
connectors: {dyetrace: {policy_file: "${policy}", run_out_on_shutdown: true, metrics: {edges: true}}}
exporters: {sink: }
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [dyetrace]}
    logs: {receivers: [dyetrace], exporters: [sink]}
    metrics: {receivers: [dyetrace], exporters: [sink]}
`

const both = `
receivers: {otlp: {protocols: {grpc: {endpoint: "${socket}", transport: unix, max_recv_msg_size_mib: 64}}}}
processors: {dyetrace: {policy_file: "${policy}"}}
connectors: {dyetrace: {run_out_on_shutdown: true, metrics: {edges: true}}}
exporters: {sink: }
service:
  pipelines:
    traces: {receivers: [otlp], processors: [dyetrace], exporters: [dyetrace, sink]}
    logs: {receivers: [dyetrace], exporters: [sink]}
    metrics: {receivers: [dyetrace], exporters: [sink]}
`

func (c *corpus) start(t *testing.T, config string) *collectortest.Collector {
	t.Helper()
	return collectortest.Start(t, strings.ReplaceAll(config, "${policy}", c.policyFile(t)))
}

// told decodes the findings of logs in order; later words replace earlier ones.
// Revisions must only grow.
func told(t require.TestingT, logs []plog.Logs) map[string]auditor.Finding {
	open := map[string]auditor.Finding{}
	revision := map[string]int{}
	for _, ld := range logs {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, r := range sl.LogRecords().All() {
					f, _, ok, err := findinglog.Decode(r)
					require.NoError(t, err)
					require.True(t, ok)
					require.Greater(t, f.Revision, revision[f.ID])
					revision[f.ID] = f.Revision
					delete(open, f.ID)
					if f.State == auditor.StateOpen {
						open[f.ID] = f
					}
				}
			}
		}
	}
	return open
}

// requireSame holds findings against those of check.
func requireSame(t require.TestingT, want []auditor.Finding, got map[string]auditor.Finding) {
	for _, w := range want {
		g, found := got[w.ID]
		require.True(t, found, "not told: %s", w.Explain)
		g.Revision = w.Revision
		require.Equal(t, w, g)
	}
	require.Len(t, got, len(want))
}

// Streaming gives what check gives: each corpus in random order and batches over
// OTLP/gRPC, through the connector alone and behind the processor.
func TestFindingsEqualCheck(t *testing.T) {
	for _, c := range corpora(t) {
		want := c.check(t)
		for name, config := range map[string]string{"connector": connectorOnly, "processor and connector": both} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				col := c.start(t, config)
				for _, td := range c.shuffled(rand.Uint64()) {
					require.NoError(t, col.Send(td))
				}
				col.Shutdown()
				requireSame(t, want.Findings, told(t, col.Sinks.Logs("")))
				requireCounts(t, &want, col.Sinks.Metrics(""))
			})
		}
	}
}

// Whatever the next pipeline refuses, nothing acknowledged is lost and nothing is
// told twice: senders that repeat what was refused see every finding arrive.
func TestRefusedFindingsAreKept(t *testing.T) {
	c := readCorpus(t, "../auditor/testdata/java-agent/leak")
	want := c.check(t)
	require.NotEmpty(t, want.Findings)
	col := c.start(t, connectorOnly)
	col.Sinks.Refuse(func(string) error {
		if rand.IntN(3) > 0 {
			return errors.New("full")
		}
		return nil
	})
	var senders sync.WaitGroup
	for part := range 4 {
		senders.Go(func() {
			for i, td := range c.shuffled(7) {
				for i%4 == part && col.Send(td) != nil { // until it is taken
				}
			}
		})
	}
	senders.Wait()
	col.Sinks.Refuse(func(string) error { return nil })
	col.Shutdown()
	requireSame(t, want.Findings, told(t, col.Sinks.Logs("")))
}

// A batch is refused when its findings are; sent again, it brings them out.
func TestAcceptedMeansTold(t *testing.T) {
	c := readCorpus(t, "../auditor/testdata/java-agent/leak")
	col := c.start(t, connectorOnly)
	refused := 0
	for _, td := range c.shuffled(3) {
		col.Sinks.Refuse(func(string) error { return errors.New("full") })
		err := col.Send(td)
		col.Sinks.Refuse(func(string) error { return nil })
		if err == nil {
			continue // nothing was found in it
		}
		refused++
		require.Equal(t, codes.Unavailable, status.Code(err), "the sender is to repeat")
		require.NoError(t, col.Send(td))
		require.NotEmpty(t, col.Sinks.Logs(""))
	}
	require.NotZero(t, refused)
}

//go:build ocb

package processor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/dyetrace/dyetrace/auditor"
)

// These tests run the collector that OCB built (OTELCOL) as a program; .ci/ocb
// builds and calls.

// distribution is a running program with the files that it writes.
type distribution struct {
	cmd    *exec.Cmd
	dir    string
	output bytes.Buffer
}

const toFiles = `
receivers: {otlp: {protocols: {grpc: {endpoint: "${dir}/otlp", transport: unix, max_recv_msg_size_mib: 64}}}}
processors:
  dyetrace: {policy_file: "${dir}/policy.yaml"}
  tail_sampling:
    decision_wait: 10m # the shutdown decides
    policies: [{name: violations, type: string_attribute, string_attribute: {key: gray.audit.verdict, values: [".+"], enabled_regex_matching: true}}]
connectors:
  dyetrace: {run_out_on_shutdown: true}
  forward:
exporters:
  file/logs: {path: "${dir}/logs.jsonl"}
  file/all: {path: "${dir}/all.jsonl"}
  file/kept: {path: "${dir}/kept.jsonl"}
service:
  telemetry: {metrics: {level: none}, logs: {level: warn}}
  pipelines:
    traces/all: {receivers: [otlp], processors: [dyetrace], exporters: [dyetrace, forward, file/all]}
    traces/kept: {receivers: [forward], processors: [tail_sampling], exporters: [file/kept]}
    logs: {receivers: [dyetrace], exporters: [file/logs]}
`

func startDistribution(t *testing.T, c *corpus) *distribution {
	t.Helper()
	d := &distribution{dir: t.TempDir()}
	d.write(t, "policy.yaml", c.policy)
	d.write(t, "config.yaml", strings.ReplaceAll(toFiles, "${dir}", d.dir))
	d.cmd = exec.CommandContext(t.Context(), os.Getenv("OTELCOL"), "--config", filepath.Join(d.dir, "config.yaml"))
	d.cmd.Stdout, d.cmd.Stderr = &d.output, &d.output
	require.NoError(t, d.cmd.Start(), "OTELCOL must name the collector that OCB built")
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	return d
}

func (d *distribution) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600))
}

// send exports batches over OTLP/gRPC, from when the receiver is up.
func (d *distribution) send(t *testing.T, batches []ptrace.Traces) {
	t.Helper()
	conn, err := grpc.NewClient("unix://"+filepath.Join(d.dir, "otlp"), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true), grpc.MaxCallSendMsgSize(64<<20)))
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, td := range batches {
		_, err := ptraceotlp.NewGRPCClient(conn).Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
		require.NoError(t, err)
	}
}

func (d *distribution) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, d.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, d.cmd.Wait(), d.output.String())
}

// lines reads what a file exporter wrote.
func lines[T any](t *testing.T, d *distribution, name string, decode func([]byte) (T, error)) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(d.dir, name))
	require.NoError(t, err, d.output.String())
	var out []T
	for line := range bytes.Lines(data) {
		v, err := decode(line)
		require.NoError(t, err)
		out = append(out, v)
	}
	return out
}

// programCheck runs `auditd check` on the corpus.
func programCheck(t *testing.T, auditd string, c *corpus) []auditor.Finding {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(c.policy), 0o600))
	cmd := exec.CommandContext(t.Context(), auditd, "check", "--policy", filepath.Join(dir, "policy.yaml"), "--format", "json", "--fail-on", "none",
		filepath.Join("..", "auditor", "testdata", "java-agent", c.name, "traces.jsonl.gz"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var report struct{ Findings []auditor.Finding }
	require.NoError(t, json.Unmarshal(out, &report))
	return report.Findings
}

// TestDistribution: the built collector tells what `auditd check` tells, and its
// tail sampler keeps exactly the flagged traces.
func TestDistribution(t *testing.T) {
	auditd := filepath.Join(t.TempDir(), "auditd")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", auditd, "../cmd/auditd")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, c := range corpora(t) {
		t.Run(c.name, func(t *testing.T) {
			d := startDistribution(t, &c)
			seed := rand.Uint64()
			t.Log("seed", seed)
			d.send(t, c.shuffled(seed))
			d.stop(t)
			requireSame(t, programCheck(t, auditd, &c), told(t, lines(t, d, "logs.jsonl", (&plog.JSONUnmarshaler{}).UnmarshalLogs)))
			all := lines(t, d, "all.jsonl", (&ptrace.JSONUnmarshaler{}).UnmarshalTraces)
			kept := lines(t, d, "kept.jsonl", (&ptrace.JSONUnmarshaler{}).UnmarshalTraces)
			require.Equal(t, traces(all, true), traces(kept, false))
		})
	}
}

// traces returns the ids of the traces with their number of spans, of all or of
// those that have a flag.
func traces(list []ptrace.Traces, flaggedOnly bool) map[string]int {
	spans, flagged := map[string]int{}, map[string]bool{}
	for _, td := range list {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, sp := range ss.Spans().All() {
					id := sp.TraceID().String()
					spans[id]++
					if _, found := sp.Attributes().Get("gray.audit.verdict"); found {
						flagged[id] = true
					}
				}
			}
		}
	}
	for id := range spans {
		if flaggedOnly && !flagged[id] {
			delete(spans, id)
		}
	}
	return spans
}

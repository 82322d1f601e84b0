package e2e

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// wide makes the windows longer than any corpus, as "streaming equals check" needs.
const wide = "windows: {pair: 10m, liveness: 10m, stranded: 10m, grace: 1m}"

// TestStreamingEqualsCheck: what comes over OTLP in any order and in any batches,
// leaves in the store what `auditd check` says of the file.
func TestStreamingEqualsCheck(t *testing.T) {
	dirs, err := filepath.Glob("../../../auditor/testdata/java-agent/*/traces.jsonl.gz")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	total := 0
	for i, name := range dirs {
		t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) {
			policy := widened(t, filepath.Join(filepath.Dir(name), "policy.yaml"))
			want := settled(audit(t, policy, name))
			total += len(want)

			d := start(t, filepath.Join(t.TempDir(), "data"), "--policy", policy, "--set=connectors::dyetrace::run_out_on_shutdown=true")
			for _, td := range shuffled(t, name, uint64(i)) {
				require.NoError(t, d.send(td))
			}
			d.stop()

			again := start(t, d.data)
			require.Equal(t, want, settled(again.findings()))
			restarted, _ := again.metric("auditd_restarted", "")
			require.Equal(t, 1.0, restarted)
			again.stop()
		})
	}
	require.Positive(t, total, "no corpus has findings")
}

// settled leaves out revisions, which depend on the order of arrival.
func settled(list []auditor.Finding) []auditor.Finding {
	out := make([]auditor.Finding, 0, len(list))
	for _, f := range list {
		if f.State == auditor.StateOpen {
			f.Revision = 0
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b auditor.Finding) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func widened(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	wider := regexp.MustCompile(`(?m)^windows: .*$`).ReplaceAllString(string(text), wide)
	require.Contains(t, wider, wide)
	return file(t, "policy.yaml", wider)
}

// shuffled gives the spans of a file in random order and batches.
func shuffled(t *testing.T, name string, seed uint64) []ptrace.Traces {
	type arrival struct {
		resource pcommon.Resource
		scope    pcommon.InstrumentationScope
		span     ptrace.Span
	}
	var all []arrival
	for _, td := range batches(t, name) {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, sp := range ss.Spans().All() {
					all = append(all, arrival{rs.Resource(), ss.Scope(), sp})
				}
			}
		}
	}
	r := rand.New(rand.NewPCG(seed, 1))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var out []ptrace.Traces
	for len(all) > 0 {
		n := min(len(all), 1+r.IntN(400))
		td := ptrace.NewTraces()
		for _, a := range all[:n] {
			rs := td.ResourceSpans().AppendEmpty()
			a.resource.CopyTo(rs.Resource())
			ss := rs.ScopeSpans().AppendEmpty()
			a.scope.CopyTo(ss.Scope())
			a.span.CopyTo(ss.Spans().AppendEmpty())
		}
		out, all = append(out, td), all[n:]
	}
	return out
}

// batches reads a file of OTLP JSON lines.
func batches(t *testing.T, name string) []ptrace.Traces {
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var out []ptrace.Traces
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(lines.Bytes())
		require.NoError(t, err)
		out = append(out, td)
	}
	require.NoError(t, lines.Err())
	return out
}

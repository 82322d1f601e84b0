package processor_test

import (
	"bufio"
	"compress/gzip"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wide makes the windows longer than any corpus, as "streaming equals check" needs.
const wide = "windows: {pair: 10m, liveness: 10m, stranded: 10m, grace: 1m}"

var windows = regexp.MustCompile(`(?m)^windows: .*$`)

// corpus is a real capture with its policy.
type corpus struct {
	name, policy string
	batches      []ptrace.Traces
}

func corpora(t testing.TB) []corpus {
	t.Helper()
	dirs, err := filepath.Glob("../auditor/testdata/java-agent/*/traces.jsonl.gz")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	list := make([]corpus, 0, len(dirs))
	for _, d := range dirs {
		list = append(list, readCorpus(t, filepath.Dir(d)))
	}
	return list
}

func readCorpus(t testing.TB, dir string) corpus {
	t.Helper()
	policy, err := os.ReadFile(filepath.Join(dir, "policy.yaml"))
	require.NoError(t, err)
	c := corpus{name: filepath.Base(dir), policy: windows.ReplaceAllString(string(policy), wide)}
	require.Contains(t, c.policy, wide)
	f, err := os.Open(filepath.Join(dir, "traces.jsonl.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(lines.Bytes())
		require.NoError(t, err)
		c.batches = append(c.batches, td)
	}
	require.NoError(t, lines.Err())
	return c
}

// policyFile writes the corpus's policy for a collector to read.
func (c *corpus) policyFile(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(name, []byte(c.policy), 0o600))
	return name
}

// check audits the corpus as `auditd check` does.
func (c *corpus) check(t testing.TB) auditor.Report {
	t.Helper()
	p, _, err := policyfile.Parse("policy.yaml", []byte(c.policy))
	require.NoError(t, err)
	e, err := auditor.New(p, auditor.Options{Mode: auditor.Offline})
	require.NoError(t, err)
	d := otlp.NewDecoder(p.Keys, otlp.Options{Properties: p.CapturedProperties})
	for _, td := range c.batches {
		otlp.Feed(e, d, 0, td)
	}
	e.Close()
	return e.Report()
}

// shuffled gives the spans of the corpus in random order and batches.
func (c *corpus) shuffled(seed uint64) []ptrace.Traces {
	type arrival struct {
		resource pcommon.Resource
		scope    pcommon.InstrumentationScope
		span     ptrace.Span
	}
	var all []arrival
	for _, td := range c.batches {
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

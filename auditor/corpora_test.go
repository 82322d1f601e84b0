package auditor_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
)

// corpus is a real capture with the truth of its application logs.
type corpus struct {
	name   string
	policy auditor.Policy
	mode   string
	data   []ptrace.Traces
	wanted []request
}

type request struct {
	Request  string      `json:"request"`
	Env      string      `json:"env"`
	TraceIDs []string    `json:"trace_ids"`
	Verdicts []string    `json:"verdicts"`
	Spans    [][3]string `json:"spans"`
	Tail     bool        `json:"tail"`
}

func loadCorpora(t testing.TB) []corpus {
	t.Helper()
	dirs, err := filepath.Glob("testdata/java-agent/*/expect.json")
	require.NoError(t, err)
	require.NotEmpty(t, dirs, "no corpora under testdata/java-agent")
	var all []corpus
	for _, d := range dirs {
		all = append(all, loadCorpus(t, filepath.Dir(d)))
	}
	return all
}

func loadCorpus(t testing.TB, dir string) corpus {
	t.Helper()
	c := corpus{name: filepath.Base(dir)}
	text, err := os.ReadFile(filepath.Join(dir, "policy.yaml"))
	require.NoError(t, err)
	c.policy, _, err = policyfile.Parse("policy.yaml", text)
	require.NoError(t, err)
	var expect struct {
		Mode     string    `json:"mode"`
		Requests []request `json:"requests"`
	}
	text, err = os.ReadFile(filepath.Join(dir, "expect.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &expect))
	c.mode, c.wanted = expect.Mode, expect.Requests
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
		c.data = append(c.data, td)
	}
	require.NoError(t, lines.Err())
	return c
}

// check audits a corpus as `auditd check` does.
func (c *corpus) check(t testing.TB) auditor.Report {
	t.Helper()
	e, err := auditor.New(c.policy, auditor.Options{Mode: auditor.Offline})
	require.NoError(t, err)
	d := otlp.NewDecoder(c.policy.Keys, otlp.Options{})
	for _, td := range c.data {
		otlp.Feed(e, d, 0, td)
	}
	e.Close()
	return e.Report()
}

// TestCorpora holds the verdicts against what the services' own logs say.
func TestCorpora(t *testing.T) {
	for _, c := range loadCorpora(t) {
		t.Run(c.name, func(t *testing.T) {
			r := c.check(t)
			c.compare(t, r)
			t.Logf("%d spans, coverage %.3f (%v), findings %v, placement %v", r.Summary.Spans, r.Summary.Coverage, r.Summary.Undecidable, r.Summary.Findings, r.Summary.Placement)
		})
	}
}

func (c *corpus) compare(t *testing.T, r auditor.Report) {
	byTrace := map[string]map[string]bool{}
	bySpan := map[[3]string]bool{}
	for _, f := range r.Findings {
		if byTrace[f.TraceID] == nil {
			byTrace[f.TraceID] = map[string]bool{}
		}
		byTrace[f.TraceID][string(f.Verdict)] = true
		bySpan[[3]string{string(f.Verdict), f.TraceID, f.SpanID}] = true
	}
	escapes := false
	for _, q := range c.wanted {
		got := map[string]bool{}
		for i, id := range q.TraceIDs {
			if c.mode == "batch" && i > 0 {
				continue // the batch's own trace belongs to several requests
			}
			for v := range byTrace[id] {
				got[v] = true
			}
		}
		if c.mode == "batch" {
			escapes = escapes || len(q.Verdicts) > 0
			if len(q.Verdicts) == 0 {
				require.Empty(t, got, "request %s (%s)", q.Request, q.Env)
			}
			continue
		}
		if q.Tail {
			delete(got, "stranded")
		}
		require.Equal(t, strings.Join(sorted(q.Verdicts), ","), strings.Join(keys(got), ","), "request %s (%s) in %v", q.Request, q.Env, q.TraceIDs)
		for _, s := range q.Spans {
			require.True(t, bySpan[s], "request %s: no finding at %v", q.Request, s)
		}
	}
	if escapes {
		require.NotZero(t, r.Summary.Findings[auditor.VerdictEscape])
	}
}

func keys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return sorted(out)
}

func sorted(s []string) []string {
	s = append([]string(nil), s...)
	sort.Strings(s)
	return s
}

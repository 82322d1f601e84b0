package policyfile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
)

// with gives the default policy with changes.
func with(change func(*auditor.Policy)) auditor.Policy {
	p := auditor.DefaultPolicy()
	change(&p)
	return p
}

// at gives a time of the day of the design's example.
func at(hour, minute, second, nano int) time.Time {
	return time.Date(2026, 11, 21, hour, minute, second, nano, time.UTC)
}

// designPolicy is the full example of design.md section 5.
func designPolicy() auditor.Policy {
	return with(func(p *auditor.Policy) {
		p.Origins, p.Neutral = []string{"gateway"}, []string{"id-generator"}
		p.DetachedOK = []auditor.DetachedRule{{Service: "job-runner"}}
		p.Ignore = append(p.Ignore, "GET /healthz")
		p.Alive = []auditor.AliveTwin{{Service: "svc-a", Home: "gray"}, {Topic: "ORDER", Group: "order", Home: "gray"}}
		p.Reporting, p.CapturedProperties = []string{"svc-b"}, []string{"gray_env"}
		p.Consumers = []auditor.ConsumerRule{
			{Topic: "ORDER", Group: "audit", Serves: []string{"gray"}}, {Topic: "*", Group: "*", Ignores: []string{"gray"}},
		}
		p.ValidFrom = at(12, 0, 0, 0)
		p.Isolation = []auditor.IsolationRule{
			{Topic: "ORDER", Group: "order", Scheme: auditor.SchemeSQL92, Ignores: []string{"gray"}, Cut: at(12, 5, 0, 0), State: auditor.StateNormal},
			{Topic: "PAY", Group: "pay", Scheme: auditor.SchemeQueue, GrayQueues: 1, State: auditor.StateNormal, Epoch: 3},
		}
	})
}

// validPolicies is what each file of testdata/valid says.
func validPolicies() map[string]auditor.Policy {
	gateway := with(func(p *auditor.Policy) { p.Origins = []string{"gateway"} })
	return map[string]auditor.Policy{
		"minimal.yaml": auditor.DefaultPolicy(), "bom.yaml": auditor.DefaultPolicy(), "directive.yaml": auditor.DefaultPolicy(),
		"design.yaml": designPolicy(),
		"json.yaml":   with(func(p *auditor.Policy) { p.Origins, p.Windows.Pair = gateway.Origins, 45*time.Second }),
		"java_agent.yaml": with(func(p *auditor.Policy) {
			p.Keys = auditor.Keys{Env: []string{"env"}, Home: []string{"gray.workload.env"}}
			p.Baseline, p.Origins, p.Windows.Stranded = []string{"base", ""}, gateway.Origins, 5*time.Second
		}),
		"free_keys.yaml": with(func(p *auditor.Policy) {
			p.Windows.Pair, p.Alive = 90*time.Second, []auditor.AliveTwin{{Service: "a", Home: "gray"}}
		}),
		"aliases.yaml": with(func(p *auditor.Policy) {
			p.Origins = gateway.Origins
			p.Consumers = []auditor.ConsumerRule{
				{Topic: "A", Group: "a", Serves: []string{"gray", "blue"}}, {Topic: "B", Group: "b", Ignores: []string{"gray", "blue"}},
			}
		}),
		"block_style.yaml": with(func(p *auditor.Policy) {
			p.Keys.Env, p.Origins = []string{"gray.env", "env"}, gateway.Origins
			p.Consumers = []auditor.ConsumerRule{{Topic: "ORDER", Group: "audit", Serves: []string{"gray"}}}
		}),
		"no_shadow_topics.yaml": with(func(p *auditor.Policy) { p.TwinTopic = "{topic}" }),
		"ignore_drop.yaml":      with(func(p *auditor.Policy) { p.Ignore = []string{"/probe"} }),
		"ignore_add.yaml":       with(func(p *auditor.Policy) { p.Ignore = append(p.Ignore, "/probe") }),
		"queue_filled.yaml": with(func(p *auditor.Policy) {
			p.Isolation = []auditor.IsolationRule{{Topic: "A", Group: "a", Scheme: auditor.SchemeQueue, GrayQueues: 2, State: auditor.StateNormal}}
		}),
		"anchored.yaml": with(func(p *auditor.Policy) {
			p.Origins, p.Fallback, p.TwinService = gateway.Origins, auditor.FallbackForbid, "{service}-{env}"
		}),
		"times.yaml": with(func(p *auditor.Policy) { p.ValidFrom = at(12, 0, 0, 5e8) }),
		"durations.yaml": with(func(p *auditor.Policy) {
			p.Windows = auditor.Windows{Pair: 500 * time.Millisecond, Liveness: 90 * time.Minute, Stranded: 30 * time.Minute, Grace: time.Minute}
		}),
	}
}

func TestValidFiles(t *testing.T) {
	want := validPolicies()
	for _, path := range files(t, "valid") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			require.Contains(t, want, filepath.Base(path))
			got, _, err := policyfile.Parse(path, read(t, path))
			require.NoError(t, err)
			require.Equal(t, want[filepath.Base(path)], got)
		})
	}
	require.Len(t, files(t, "valid"), len(want))
}

// The shorter stranded window of the Java agent's corpora is odd, the rest not.
func TestValidFilesWarnOfNothing(t *testing.T) {
	for _, path := range files(t, "valid") {
		_, warnings, err := policyfile.Parse(path, read(t, path))
		require.NoError(t, err)
		if filepath.Base(path) == "java_agent.yaml" {
			require.Len(t, warnings, 1)
			require.Equal(t, "windows.stranded", warnings[0].Field)
			continue
		}
		require.Empty(t, warnings, path)
	}
}

// Two policies never share memory, whatever the caller does to one.
func TestPoliciesAreIndependent(t *testing.T) {
	one, _, err := policyfile.Parse("p", []byte("version: 1\nignore: [/a]\n"))
	require.NoError(t, err)
	one.Ignore[0], one.Baseline[0] = "changed", "changed"
	two, _, err := policyfile.Parse("p", []byte("version: 1\nignore: [/a]\n"))
	require.NoError(t, err)
	require.NotContains(t, two.Ignore, "changed")
	require.NotContains(t, two.Baseline, "changed")
}

// Windows' line ends change no place and no message.
func TestLineEnds(t *testing.T) {
	for _, path := range files(t, "invalid") {
		data := read(t, path)
		if bytes.ContainsAny(data, "\xff\x00") {
			continue // these messages count bytes
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			_, _, want := policyfile.Parse("p", data)
			_, _, got := policyfile.Parse("p", bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
			require.Equal(t, want, got)
		})
	}
}

// The names of enumerations mean the engine's values.
func TestEnums(t *testing.T) {
	for text, want := range map[string]auditor.Policy{
		"fallback: allow":             with(func(p *auditor.Policy) { p.Fallback = auditor.FallbackAllow }),
		"fallback: forbid":            with(func(p *auditor.Policy) { p.Fallback = auditor.FallbackForbid }),
		"home_missing: unknown":       with(func(p *auditor.Policy) { p.HomeMissing = auditor.HomeMissingUnknown }),
		"home_missing: baseline":      with(func(p *auditor.Policy) { p.HomeMissing = auditor.HomeMissingBaseline }),
		"reporting_evidence: service": with(func(p *auditor.Policy) { p.ReportingEvidence = auditor.EvidenceService }),
		"reporting_evidence: home":    with(func(p *auditor.Policy) { p.ReportingEvidence = auditor.EvidenceHome }),
	} {
		got, _, err := policyfile.Parse("p", []byte("version: 1\n"+text+"\n"))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

// A place that a fault has keeps it out of the checks that would blame it again,
// and the other fields are checked all the same.
func TestOneFaultIsToldOnce(t *testing.T) {
	_, _, err := policyfile.Parse("p", []byte("version: 1\nbaseline: [base, 3]\nalive:\n  - {service: a, home: [b]}\n  - {service: a, home: base}\n"))
	require.EqualError(t, err, `p:2:18: baseline[1]: needs text, not a number (put it in quotes: "3")
p:4:24: alive[0].home: needs text, not a list (write it like gray)
p:5:24: alive[1].home: "base" is a baseline value (name a tag here, or take the value out of baseline)`)
}

func TestErrorsCarryTheirPlace(t *testing.T) {
	_, warnings, err := policyfile.Parse("p.yaml", []byte("version: 1\nignore: []\nfallback: no\n"))
	var all policyfile.Errors
	require.ErrorAs(t, err, &all)
	require.Equal(t, policyfile.Errors{{
		File: "p.yaml", Line: 3, Column: 11, Field: "fallback", Msg: `unknown value "no"`, Advice: "legal: allow, forbid",
	}}, all)
	require.Len(t, warnings, 1, "warnings come with errors too")
}

func FuzzParse(f *testing.F) {
	for _, folder := range []string{"valid", "invalid", "odd"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
		require.NoError(f, err)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	schema := compiled(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		policy, warnings, err := policyfile.Parse("p", data)
		again, warningsAgain, errAgain := policyfile.Parse("p", data)
		require.Equal(t, policy, again)
		require.Equal(t, warnings, warningsAgain)
		require.Equal(t, err, errAgain)
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 1
		if all, ok := errors.AsType[policyfile.Errors](err); ok {
			for _, e := range all {
				require.True(t, e.Line >= 1 && e.Line <= lines && e.Column >= 1, "%+v", e)
			}
			return
		}
		require.NoError(t, err)
		w := policy.Windows
		require.Positive(t, min(w.Pair, w.Liveness, w.Stranded, w.Grace), "%+v", w)
		require.NotEmpty(t, policy.Keys.Env)
		require.NotEmpty(t, policy.Keys.Home)
		if doc, ok := asJSON(data); ok {
			require.NoError(t, schema.Validate(doc), "what the parser takes the schema must take")
		}
	})
}

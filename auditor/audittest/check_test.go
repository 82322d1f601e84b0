package audittest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

// finding is a sound finding on a span of a case.
func finding(c *Case, span int, v auditor.Verdict) auditor.Finding {
	id := c.Spans[span].Span.SpanID
	return auditor.Finding{
		ID: strings.Repeat("0", 31) + string(rune('a'+span)), Revision: 1, State: auditor.StateOpen, Axis: axisOf(v),
		Verdict: v, Certainty: auditor.Proven, Code: "R1", SpanID: hexID(id[:]), Kind: auditor.HopRPC, Env: "gray",
		Blame: auditor.Blame{Service: "a", Where: auditor.WhereRouter}, Explain: "because",
	}
}

// reportOf is a sound report with the findings.
func reportOf(c *Case, fs ...auditor.Finding) auditor.Report {
	r := auditor.Report{Version: 1, Findings: fs}
	r.Summary.Spans, r.Summary.Coverage, r.Summary.Placement.Coverage = uint64(len(c.Spans)), 0, 0
	r.Summary.Findings = map[auditor.Verdict]uint64{}
	for _, f := range fs {
		r.Summary.Findings[f.Verdict]++
	}
	return r
}

func parseCase(t *testing.T, body string) *Case {
	t.Helper()
	s, err := Parse("x", []byte("case \"c\"\n trace t\n"+body))
	require.NoError(t, err)
	return &s.Cases[0]
}

func TestCheckHoldsFindingsAgainstTheLines(t *testing.T) {
	tests := []struct {
		name, expect string
		change       func(*auditor.Finding)
		want         string // "" passes
	}{
		{"all fields", "leak proven R1 effect=none env=gray kind=rpc blame=a/router peer=none", nil, ""},
		{"only the verdict", "leak", nil, ""},
		{"verdict", "escape", nil, "x:3: want escape: got leak proven"},
		{"certainty", "leak suspected", nil, "want leak suspected"},
		{"code", "leak M1", nil, "want leak M1"},
		{"no code", "leak code=none", nil, "want leak code=none"},
		{"effect", "leak effect=pollution", nil, "want leak"},
		{"env", "leak env=blue", nil, "want leak"},
		{"kind", "leak kind=message", nil, "want leak"},
		{"blame", "leak blame=b", nil, "want leak"},
		{"where", "leak blame=a/sender", nil, "want leak"},
		{"peer", "leak peer=#b", nil, "want leak"},
		{"group", "leak group=g", nil, "want leak"},
		{"message", "leak msgid=m", nil, "want leak"},
		{"operation", "leak operation=o", nil, "want leak"},
		{"withdrawn", "leak", func(f *auditor.Finding) { f.State = auditor.StateWithdrawn }, "want leak: got none"},
		{"none", "none", nil, "x:3: nothing more expected here: got leak proven"},
		{"one of two", "leak; leak", nil, "want leak: got none"},
		{"maybe, and it matches", "maybe leak proven", nil, ""},
		{"maybe, and it does not", "maybe leak suspected", nil, "nothing more expected here"},
		{"elsewhere", "leak", func(f *auditor.Finding) { f.SpanID = strings.Repeat("0", 16) }, "which is not of this case"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := parseCase(t, "  a/base SERVER => "+tt.expect+"\n  b/base SERVER #b\n")
			f := finding(c, 0, auditor.VerdictLeak)
			if tt.change != nil {
				tt.change(&f)
			}
			r := reportOf(c, f)
			if f.State == auditor.StateWithdrawn {
				r.Summary.Findings = nil
			}
			problems := strings.Join(Check(c, &r), "\n")
			if tt.want == "" {
				require.Empty(t, problems)
			} else {
				require.Contains(t, problems, tt.want)
			}
		})
	}
}

// The loose expectation must leave the finding that only it fits to the strict one.
func TestCheckFindsTheMatchingWhateverTheOrder(t *testing.T) {
	c := parseCase(t, "  a/base SERVER => leak; leak suspected\n  b/base SERVER\n")
	one, two := finding(c, 0, auditor.VerdictLeak), finding(c, 0, auditor.VerdictLeak)
	one.Certainty, two.ID = auditor.Suspected, strings.Repeat("b", 32)
	r := reportOf(c, one, two)
	require.Empty(t, Check(c, &r))
}

func TestCheckHoldsTheReportAgainstItsLines(t *testing.T) {
	c := parseCase(t, "  a/base SERVER\n")
	half := 0.5
	r := reportOf(c)
	r.Summary.Hops, r.Summary.Judged, r.Summary.Coverage = 4, 3, 0.75
	r.Summary.Undecidable = map[auditor.Reason]uint64{auditor.ReasonSilent: 1}
	r.Summary.Placement = auditor.PlacementSummary{
		Seen: 2, Judged: 1, Coverage: 0.5,
		Verdicts:    map[auditor.Verdict]uint64{auditor.VerdictOK: 1},
		Undecidable: map[auditor.Reason]uint64{auditor.ReasonOrigin: 1},
	}
	r.Summary.Warnings = []auditor.Warning{{Kind: "silent", Subject: "svc-a (base)"}}
	r.Shares = []auditor.Share{
		{By: "service", Name: "a", Env: "gray", Count: 1, Total: 2, Share: &half, Basis: auditor.BasisSpans},
		{By: "topic", Name: "T", Env: "gray", Basis: auditor.BasisMixed},
	}
	for line, ok := range map[string]bool{
		"hops 4": true, "hops 3": false, "judged 3": true, "judged 4": false, "spans 1": true, "spans 2": false,
		"coverage 3/4": true, "coverage 0.75": true, "coverage 1": false,
		"undecidable silent 1": true, "undecidable silent 2": false, "undecidable no_tags 1": false, "undecidable none": false,
		"placement ok 1": true, "placement ok 2": false, "placement undecidable origin 1": true, "placement undecidable origin 0": false,
		"share service a gray 1/2": true, "share service a gray 1/2 spans": true, "share service a gray 1/2 adjusted": false,
		"share service a gray 1/3": false, "share service a gray mixed": false, "share topic T gray mixed": true,
		"share topic T gray 1/2": false, "share edge x gray none": true, "share service a gray none": false, "share edge x gray 1/2": false,
		"warning silent svc-a": true, "warning silent svc-b": false, "no warning silent": false, "no warning evicted": true,
	} {
		c := parseCase(t, "  a/base SERVER\n report\n  "+line+"\n")
		require.Equal(t, ok, len(Check(c, &r)) == 0, "%s: %v", line, Check(c, &r))
	}
}

func TestCheckFindsUnsoundReports(t *testing.T) {
	c := parseCase(t, "  a/base SERVER => leak; maybe leak\n")
	for want, spoil := range map[string]func(*auditor.Report){
		"version":               func(r *auditor.Report) { r.Version = 0 },
		"spans counted":         func(r *auditor.Report) { r.Summary.Spans = 2 },
		"undecidable":           func(r *auditor.Report) { r.Summary.Hops = 1 },
		"hops judged":           func(r *auditor.Report) { r.Summary.Judged = 1 },
		"coverage":              func(r *auditor.Report) { r.Summary.Coverage = 0.5 },
		"placement coverage":    func(r *auditor.Report) { r.Summary.Placement.Coverage = 0.5 },
		"placement undecidable": func(r *auditor.Report) { r.Summary.Placement.Seen = 1 },
		"not 32 hex":            func(r *auditor.Report) { r.Findings[0].ID = "" },
		"stands twice":          func(r *auditor.Report) { r.Findings = append(r.Findings, r.Findings[0]) },
		"contract":              func(r *auditor.Report) { r.Findings[0].Axis = auditor.AxisPropagation },
		"summary counts":        func(r *auditor.Report) { r.Summary.Findings[auditor.VerdictLeak] = 2 },
		"not there":             func(r *auditor.Report) { r.Summary.Findings[auditor.VerdictEscape] = 1 },
	} {
		r := reportOf(c, finding(c, 0, auditor.VerdictLeak))
		require.Empty(t, Check(c, &r))
		spoil(&r)
		require.Contains(t, strings.Join(Check(c, &r), "\n"), want)
	}
}

func TestFeedsKeepWhatTheCaseKeepsApart(t *testing.T) {
	c := parseCase(t, "  a/base SERVER at=10m\n  b/base SERVER at=1s duplicate\n")
	near := c.Feeds(time.Hour)
	require.Len(t, near, 7)
	require.Equal(t, Start().Add(time.Second).UnixNano(), near[0].Arrivals[0].At)
	for _, f := range near[1:] {
		require.Equal(t, f.Arrivals[0].At, f.Arrivals[len(f.Arrivals)-1].At, f.Name)
	}
	require.Len(t, near[0].Arrivals, 3)
	require.Len(t, c.Feeds(time.Minute), 2)
}

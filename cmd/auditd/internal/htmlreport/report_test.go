package htmlreport

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/stretchr/testify/require"
)

func render(t *testing.T, in Input) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(&b, in))
	return b.String()
}

// block returns what stands between two marks of the page.
func block(t *testing.T, page, start, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, start)
	require.True(t, ok, start)
	body, _, ok := strings.Cut(rest, end)
	require.True(t, ok, end)
	return body
}

func decode(t *testing.T, page string) payload {
	t.Helper()
	var p payload
	require.NoError(t, json.Unmarshal([]byte(block(t, page, `id="data">`, "</script>")), &p))
	return p
}

func TestSecurityPolicyNamesTheInlineStyleAndScript(t *testing.T) {
	page := render(t, realistic())
	csp := html.UnescapeString(block(t, page, `Content-Security-Policy" content="`, `">`))
	require.Contains(t, csp, "default-src 'none'")
	require.NotContains(t, csp, "unsafe")
	require.Contains(t, csp, sourceHash(block(t, page, "<style>", "</style>")))
	require.Contains(t, csp, sourceHash(block(t, page, "<script>", "</script>")))
}

func TestPageIsSelfContained(t *testing.T) {
	page := render(t, realistic())
	for _, m := range regexp.MustCompile(`\b(?:href|src|action|srcset)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		require.Regexp(t, `^(#|data:,)`, m[1])
	}
	require.NotRegexp(t, `@import|url\(["']?(http|//|data)`, page)
}

func TestHostileNamesStayText(t *testing.T) {
	in := realistic()
	in.Title, in.Inputs = attack, []string{attack}
	in.Report.Shares[0].Name = attack
	in.Topology[0].From.Service, in.Topology[0].Destination = attack, attack
	in.Report.Summary.Warnings[0].Subject = attack
	in.Report.Findings[0].Verdict = auditor.Verdict(attack)
	page := render(t, in)
	require.NotContains(t, page, "<img")
	require.Equal(t, 2, strings.Count(page, "</script>"), "data and code, nothing else ends a script")
	p := decode(t, page)
	require.Contains(t, p.Strings, attack)
	require.Equal(t, attack, p.Strings[p.Columns["verdict"][0]])
}

func TestDataHoldsEveryFieldOfEveryFinding(t *testing.T) {
	in := realistic()
	p := decode(t, render(t, in))
	require.Len(t, p.Times, len(in.Report.Findings))
	for i := range in.Report.Findings {
		f := &in.Report.Findings[i]
		for _, c := range columns() {
			require.Equal(t, c.get(f), p.Strings[p.Columns[c.name][i]], c.name)
		}
		require.Equal(t, []string{f.ID, f.SpanID, f.Peer.SpanID}, []string{p.IDs["id"][i], p.IDs["span_id"][i], p.IDs["peer_span_id"][i]})
		require.Equal(t, f.Time.UnixMilli(), p.Times[i])
		require.Contains(t, p.Traces, f.TraceID)
	}
}

func TestStringsAreInterned(t *testing.T) {
	page := render(t, large())
	require.Less(t, len(page), 6<<20, "bytes of a page with 10,000 findings")
	seen := map[string]bool{}
	for _, s := range decode(t, page).Strings {
		require.False(t, seen[s], s)
		seen[s] = true
	}
}

func TestSameInputSameBytes(t *testing.T) {
	first, second := render(t, realistic()), render(t, realistic())
	require.Equal(t, first, second)
}

func TestWithdrawnFindingsAreLeftOut(t *testing.T) {
	in := realistic()
	gone := in.Report.Findings[0].ID
	in.Report.Findings[0].State = auditor.StateWithdrawn
	require.NotContains(t, render(t, in), gone)
	require.Equal(t, gone, in.Report.Findings[0].ID, "the caller's findings are untouched")
}

func TestOddInputsDoNotBreakThePage(t *testing.T) {
	nan := math.NaN()
	for name, in := range map[string]Input{
		"empty": {},
		"numbers": {Report: auditor.Report{
			Summary: auditor.Summary{Hops: 1, Coverage: nan},
			Shares:  []auditor.Share{{By: "service", Share: &nan, Count: math.Inf(1), Total: nan}},
		}},
		"ids": {
			Report:   auditor.Report{Findings: []auditor.Finding{{TraceID: "zz", SpanID: strings.Repeat("z", 16)}}},
			Excerpts: map[auditor.TraceID][]auditor.TraceSpan{{1}: nil},
		},
		"edges": {Topology: []auditor.Edge{{}, {From: auditor.Node{Home: gray}, Hops: map[string]uint64{gray: math.MaxUint64, "": 1}}}},
		"utf-8": {Title: "\xff", Report: auditor.Report{Findings: []auditor.Finding{{Service: "\xff", Explain: "\xed\xa0\x80"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			page := render(t, in)
			require.Contains(t, page, "</html>")
			decode(t, page)
			require.NotContains(t, page, "NaN")
		})
	}
}

type fullDisk struct{ room int }

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestWriteTellsOfAFailedWriter(t *testing.T) {
	require.ErrorContains(t, Write(&fullDisk{room: 4096}, realistic()), "no space left")
}

package api

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

func TestFindings(t *testing.T) {
	w := serve(t, nil)
	var none findingsAnswer
	require.JSONEq(t, `{"findings":[],"next":""}`, string(w.ok(t, "/api/v1/findings", &none).body))
	w.feed(t)

	want := map[string]auditor.Finding{}
	for _, file := range corpora(t) {
		found, _ := audit(t, file)
		for _, f := range found {
			want[f.ID] = f
		}
	}
	require.Greater(t, len(want), 100)
	got := map[string]auditor.Finding{}
	var last auditor.Finding
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		var page findingsAnswer
		w.ok(t, "/api/v1/findings?limit=30&cursor="+cursor, &page)
		for _, f := range page.Findings {
			require.NotContains(t, got, f.ID)
			require.False(t, last.ID != "" && f.Time.After(last.Time), "the newest first")
			got[f.ID], last = f, f
		}
		cursor = page.Next
	}
	require.Equal(t, want, got)

	leak := 0
	for _, f := range want {
		if f.Verdict == auditor.VerdictLeak && f.Destination == "TEST_MQ" {
			leak++
		}
	}
	var page findingsAnswer
	w.ok(t, "/api/v1/findings?verdict=leak&verdict=stranded&destination=TEST_MQ&certainty=proven&certainty=suspected&limit=1000", &page)
	stranded := 0
	for _, f := range page.Findings {
		if f.Verdict == auditor.VerdictStranded {
			stranded++
		}
	}
	require.Equal(t, leak, len(page.Findings)-stranded)
	w.ok(t, "/api/v1/findings?trace_id="+last.TraceID, &page)
	require.NotEmpty(t, page.Findings)
	w.ok(t, "/api/v1/findings?from=-1m", &page)
	require.Empty(t, page.Findings)
	w.ok(t, "/api/v1/findings?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z&limit=1", &page)
	require.Len(t, page.Findings, 1)
}

func TestFinding(t *testing.T) {
	w := serve(t, nil)
	f := storetest.Finding(1)
	other := storetest.Finding(0)
	proven := storetest.Then(f, func(f *auditor.Finding) { f.Certainty = auditor.Proven })
	require.NoError(t, w.store.Apply(t.Context(), "run", now(), []auditor.Finding{f, other, proven}))
	var got findingAnswer
	w.ok(t, "/api/v1/findings/"+f.ID, &got)
	require.Equal(t, proven, got.Finding)
	require.Equal(t, []auditor.Finding{other}, got.Trace)
	require.Len(t, got.History, 2)
	require.Equal(t, f, got.History[0].Finding)
	require.Len(t, got.Path, 2)
	require.Equal(t, []any{"upstream", "svc-c", false}, []any{got.Path[0].Role, got.Path[0].Service, got.Path[0].Blamed})
	require.Equal(t, []any{"downstream", "svc-a", true}, []any{got.Path[1].Role, got.Path[1].Service, got.Path[1].Blamed})
	for _, id := range []string{"00000000000000000000000000000abc", "x", "%2e%2e", "a%00b"} {
		require.Equal(t, "not_found", w.get(t, "/api/v1/findings/"+id).problem(t).Code, id)
	}
}

func TestFigures(t *testing.T) {
	w := serve(t, nil)
	w.feed(t)
	var shares sharesAnswer
	w.ok(t, "/api/v1/shares", &shares)
	require.NotEmpty(t, shares.Shares)
	for _, s := range shares.Shares {
		require.Nil(t, s.Series)
		require.NotNil(t, s.Share.Share)
	}
	name := shares.Shares[0].Name
	for _, by := range []string{"service", "topic", "edge"} {
		w.ok(t, "/api/v1/shares?by="+by+"&step=10m&from=-2h", &shares)
		require.NotEmpty(t, shares.Shares, by)
		require.Equal(t, int64(600), shares.Step)
		for _, s := range shares.Shares {
			require.Len(t, s.Series.Count, 12)
			require.Len(t, s.Series.Share, 12)
			sum := 0.0
			for _, n := range s.Series.Count {
				sum += n
			}
			require.InDelta(t, s.Count, sum, 1e-9)
		}
	}
	w.ok(t, "/api/v1/shares?env=gray&name="+url.QueryEscape(name), &shares)
	require.Len(t, shares.Shares, 1)

	var topology topologyAnswer
	w.ok(t, "/api/v1/topology", &topology)
	require.NotEmpty(t, topology.Edges)
	require.NotEmpty(t, topology.Nodes)
	w.ok(t, "/api/v1/topology?env=nobody", &topology)
	require.Empty(t, topology.Edges)

	var coverage coverageAnswer
	w.ok(t, "/api/v1/coverage?step=1h&from=-3h", &coverage)
	require.Positive(t, coverage.Propagation.Judged)
	require.Len(t, coverage.Propagation.Series.Coverage, 3)
	require.True(t, math.IsNaN(coverage.Propagation.Series.Coverage[0]), "null: unknown is not a pass")
	w.ok(t, "/api/v1/coverage?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", &coverage)
	require.Nil(t, coverage.Propagation.Coverage)
}

func TestBadQuestions(t *testing.T) {
	w := serve(t, nil)
	for path, want := range map[string]string{
		"/api/v1/findings?verdit=leak":                         `did you mean "verdict"?`,
		"/api/v1/findings?verdict=laek":                        `did you mean "leak"?`,
		"/api/v1/findings?certainty=maybe":                     `known: "proven", "suspected"`,
		"/api/v1/findings?limit=0":                             "not a number from 1 to 1000",
		"/api/v1/findings?limit=1&limit=2":                     "more than once",
		"/api/v1/findings?limit=1e2":                           "not a number",
		"/api/v1/findings?cursor=zzz":                          "not a cursor",
		"/api/v1/findings?trace_id=XYZ":                        "32 lower-case hex digits",
		"/api/v1/findings?from=yesterday":                      "RFC 3339",
		"/api/v1/findings?code=X1":                             "not a code",
		"/api/v1/findings?service=%ff":                         "not UTF-8",
		"/api/v1/findings?a=1;b=2":                             "the query cannot be read",
		"/api/v1/findings?a=%zz":                               "the query cannot be read",
		"/api/v1/findings/" + storetest.Finding(1).ID + "?x=1": "it takes no parameters",
		"/api/v1/shares?by=moon":                               "known:",
		"/api/v1/shares?step=90m":                              "1h to 24h",
		"/api/v1/shares?by=service&by=topic":                   "more than once",
		"/api/v1/policy?wait=1h":                               "1s to 60s",
		"/api/v1/policy/versions?before=0":                     "not a number",
		"/api/v1/stream?verdict=moon":                          "unknown value",
	} {
		a := w.get(t, path)
		require.Equal(t, http.StatusBadRequest, a.status, path)
		require.Contains(t, fmt.Sprintf("%+v", a.problem(t)), want, path)
	}
	for path, code := range map[string]string{
		"/api/v1/shares?from=now&to=-1h":                     "empty_range",
		"/api/v1/coverage?from=-1h&to=-1h":                   "empty_range",
		"/api/v1/findings?from=now&to=-1h":                   "empty_range",
		"/api/v1/stream?from=now&to=now":                     "empty_range",
		"/api/v1/coverage?from=2020-01-01T00:00:00Z&step=1m": "too_much",
	} {
		a := w.get(t, path)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, path)
		require.Equal(t, code, a.problem(t).Code)
	}
}

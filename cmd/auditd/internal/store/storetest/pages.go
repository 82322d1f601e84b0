package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

func ids(list []auditor.Finding) []string {
	out := []string{}
	for i := range list {
		out = append(out, list[i].ID)
	}
	return out
}

// walk reads all pages and calls between after each.
func walk(t *testing.T, s store.Store, q store.FindingQuery, between func()) []auditor.Finding {
	t.Helper()
	all := []auditor.Finding{}
	for {
		page, err := s.FindingPage(t.Context(), q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Findings), q.Limit)
		all = append(all, page.Findings...)
		if page.Next.IsZero() {
			return all
		}
		c, err := store.ParseCursor(page.Next.String())
		require.NoError(t, err)
		q.After = c
		between()
	}
}

// varied returns findings of which every filter takes some and leaves some.
func varied(n int) []auditor.Finding {
	var out []auditor.Finding
	for i := range n {
		f := Finding(i)
		pick := func(values ...string) string { return values[i/2%len(values)] }
		f.Verdict = auditor.Verdict(pick("leak", "escape", "pollution"))
		f.Certainty = auditor.Certainty(pick("proven", "suspected"))
		f.Axis = auditor.Axis(pick("placement", "propagation"))
		f.Kind = auditor.HopKind(pick("message", "rpc", "local"))
		f.Code = auditor.Code(pick("M1", "", "R2"))
		f.Service, f.Home, f.Env = pick("a", "b", "c", "d", "e"), pick("gray", ""), pick("gray", "blue", "")
		f.Destination, f.Group, f.Blame.Service = pick("T", "", "U"), pick("g", ""), pick("a", "", "z")
		if i%5 == 0 {
			f.State = auditor.StateWithdrawn
		}
		out = append(out, f)
	}
	return out
}

func everyFilter(t *testing.T, s store.Store) {
	all := varied(60)
	for _, f := range all {
		open := f
		open.State = auditor.StateOpen
		apply(t, s, "run", open)
		if f.State == auditor.StateWithdrawn {
			f.Revision = 2
			apply(t, s, "run", f)
		}
	}
	slices.Reverse(all) // the newest first
	at := func(i int) time.Time { return Noon().Add(time.Duration(i) * time.Second) }
	for name, q := range map[string]store.FindingQuery{
		"all":         {},
		"verdict":     {Verdicts: []auditor.Verdict{"escape"}},
		"verdicts":    {Verdicts: []auditor.Verdict{"escape", "leak"}},
		"certainty":   {Certainties: []auditor.Certainty{auditor.Proven}},
		"open":        {States: []auditor.State{auditor.StateOpen}},
		"withdrawn":   {States: []auditor.State{auditor.StateWithdrawn}},
		"axis":        {Axes: []auditor.Axis{auditor.AxisPlacement}},
		"kind":        {Kinds: []auditor.HopKind{auditor.HopRPC}},
		"code":        {Codes: []auditor.Code{"M1"}},
		"no code":     {Codes: []auditor.Code{""}},
		"service":     {Services: []string{"b", "d"}},
		"home":        {Homes: []string{""}},
		"env":         {Envs: []string{"blue"}},
		"baseline":    {Envs: []string{""}},
		"destination": {Dests: []string{"U"}},
		"group":       {Groups: []string{"g"}},
		"blame":       {Blames: []string{"z"}},
		"trace":       {TraceID: all[7].TraceID},
		"trace and":   {TraceID: all[7].TraceID, States: []auditor.State{auditor.StateOpen}},
		"from":        {From: at(20)},
		"to":          {To: at(20)},
		"between":     {From: at(10), To: at(12)},
		"several":     {From: at(3), Services: []string{"a", "b"}, Certainties: []auditor.Certainty{auditor.Proven}, Envs: []string{"gray"}},
		"nothing":     {Services: []string{"a"}, Codes: []auditor.Code{"R9"}},
	} {
		want := []string{}
		for i := range all {
			if q.Match(&all[i]) {
				want = append(want, all[i].ID)
			}
		}
		require.Equal(t, name == "nothing", len(want) == 0, name)
		for _, limit := range []int{1, 7, 1000} {
			q.Limit = limit
			require.Equal(t, want, ids(walk(t, s, q, func() {})), "%s by %d", name, limit)
		}
	}
}

// pages: findings of one time are ordered by id, and none is left out or twice.
func pages(t *testing.T, s store.Store) {
	var want []string
	for i := range 25 {
		f := Finding(i)
		f.Time = Noon().Add(time.Duration(i/10) * time.Nanosecond)
		apply(t, s, "run", f)
		want = append(want, f.ID)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 5, 24, 25, 26} {
		require.Equal(t, want, ids(walk(t, s, store.FindingQuery{Limit: limit}, func() {})), limit)
	}
	for _, limit := range []int{0, -1, store.MaxPage + 1} {
		_, err := s.FindingPage(t.Context(), store.FindingQuery{Limit: limit})
		require.ErrorIs(t, err, store.ErrInvalid)
	}
}

// pagesWhileWriting: what was there at the first page comes once, whatever is
// stored meanwhile.
func pagesWhileWriting(t *testing.T, s store.Store) {
	var want []string
	for i := range 30 {
		apply(t, s, "run", Finding(2*i))
		want = append(want, Finding(2*i).ID)
	}
	slices.Reverse(want)
	next := 0
	got := ids(walk(t, s, store.FindingQuery{Limit: 4, Services: []string{"svc-a"}}, func() {
		apply(t, s, "run", Finding(1000+next))           // newer than all
		apply(t, s, "run", Finding(2*(next*3)+1))        // somewhere between
		apply(t, s, "run", Then(Finding(2*next), prove)) // one that changes
		next++
	}))
	got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(want, id) })
	require.Equal(t, want, got)
}

func changes(t *testing.T, s store.Store) {
	oldest, newest, err := s.ChangeRange(t.Context())
	require.NoError(t, err)
	require.Equal(t, newest+1, oldest)
	f, g := Finding(1), Finding(2)
	apply(t, s, "run", f, g)
	apply(t, s, "run", Then(f, prove))
	apply(t, s, "other", f)                           // weaker: no change
	apply(t, s, "other", Then(Then(f, prove), prove)) // the same: no change
	apply(t, s, "run", Then(g, withdraw))
	all, err := s.Changes(t.Context(), 0, 100)
	require.NoError(t, err)
	var got []store.ChangeKind
	for i, c := range all {
		got = append(got, c.Kind)
		require.True(t, i == 0 || c.Seq > all[i-1].Seq)
	}
	require.Equal(t, []store.ChangeKind{store.Found, store.Found, store.Updated, store.Withdrawn}, got)
	rest, err := s.Changes(t.Context(), all[1].Seq, 1)
	require.NoError(t, err)
	require.Equal(t, all[2:3], rest)
	oldest, newest, err = s.ChangeRange(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, oldest, all[0].Seq)
	require.Equal(t, all[3].Seq, newest)
}

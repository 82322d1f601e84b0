package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Noon is when the tests play.
func Noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// Finding returns a finding with all fields set, of its own id and time for each i.
func Finding(i int) auditor.Finding {
	return auditor.Finding{
		ID: fmt.Sprintf("%032x", i), Revision: 1, State: auditor.StateOpen, Axis: auditor.AxisPlacement,
		Verdict: auditor.VerdictLeak, Certainty: auditor.Suspected, Code: "M1",
		TraceID: fmt.Sprintf("%032x", 1000+i/2), SpanID: fmt.Sprintf("%016x", i+1), Time: Noon().Add(time.Duration(i) * time.Second),
		Service: "svc-a", Home: "base", Env: "gray", Kind: auditor.HopMessage, System: "rocketmq", Destination: "TEST_MQ", Group: "g", MessageID: fmt.Sprint("m", i),
		Peer:   auditor.Peer{TraceID: fmt.Sprintf("%032x", 1000+i/2), SpanID: "00000000000000aa", Service: "svc-c", Home: "gray", Env: "gray"},
		Effect: auditor.VerdictLeak, Blame: auditor.Blame{Service: "svc-a", Operation: "process TEST_MQ", Where: auditor.WhereReceiver},
		Explain: "message of TEST_MQ tagged gray reached baseline svc-a",
	}
}

// Then returns what a run says next of f.
func Then(f auditor.Finding, change func(*auditor.Finding)) auditor.Finding {
	f.Revision++
	change(&f)
	return f
}

func prove(f *auditor.Finding)    { f.Certainty = auditor.Proven }
func withdraw(f *auditor.Finding) { f.State = auditor.StateWithdrawn }

func apply(t *testing.T, s store.Store, run string, findings ...auditor.Finding) {
	t.Helper()
	require.NoError(t, s.Apply(t.Context(), run, Noon(), findings))
}

func record(t *testing.T, s store.Store, id string) store.Record {
	t.Helper()
	r, err := s.Finding(t.Context(), id)
	require.NoError(t, err)
	return r
}

func kinds(r store.Record) []store.ChangeKind {
	var out []store.ChangeKind
	for _, c := range r.History {
		out = append(out, c.Kind)
	}
	return out
}

func findingsOnce(t *testing.T, s store.Store) {
	f := Finding(1)
	apply(t, s, "run", f)
	apply(t, s, "run", f)
	apply(t, s, "run", f, f)
	r := record(t, s, f.ID)
	require.Equal(t, f, r.Finding)
	require.Equal(t, Noon(), r.Stored)
	require.Equal(t, []store.ChangeKind{store.Found}, kinds(r))
	require.Equal(t, "run", r.History[0].Run)
	require.Equal(t, f, r.History[0].Finding)
	page, err := s.FindingPage(t.Context(), store.FindingQuery{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []auditor.Finding{f}, page.Findings)
	require.True(t, page.Next.IsZero())

	_, err = s.Finding(t.Context(), "00")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, s.Apply(t.Context(), "run", Noon(), nil))
}

func upgradeAndWithdrawal(t *testing.T, s store.Store) {
	f := Finding(1)
	proven := Then(f, prove)
	gone := Then(proven, withdraw)
	again := Then(gone, func(f *auditor.Finding) { f.State, f.Verdict = auditor.StateOpen, auditor.VerdictCrossEnv })
	apply(t, s, "run", f, proven)
	require.NoError(t, s.Apply(t.Context(), "run", Noon().Add(time.Minute), []auditor.Finding{gone}))
	r := record(t, s, f.ID)
	require.Equal(t, gone, r.Finding)
	require.Equal(t, Noon(), r.Stored)
	require.Equal(t, Noon().Add(time.Minute), r.Changed)
	require.Equal(t, []store.ChangeKind{store.Found, store.Updated, store.Withdrawn}, kinds(r))

	apply(t, s, "run", f, proven, gone) // resent, all of it or in part
	apply(t, s, "run", proven)
	require.Equal(t, r, record(t, s, f.ID))

	apply(t, s, "run", again)
	r = record(t, s, f.ID)
	require.Equal(t, again, r.Finding)
	require.Equal(t, []store.ChangeKind{store.Found, store.Updated, store.Withdrawn, store.Found}, kinds(r))
	page, err := s.FindingPage(t.Context(), store.FindingQuery{Limit: 10, Verdicts: []auditor.Verdict{auditor.VerdictCrossEnv}})
	require.NoError(t, err)
	require.Equal(t, []auditor.Finding{again}, page.Findings, "the current state is what filters see")
}

// anotherRun: after a restart revisions begin at 1 again.
func anotherRun(t *testing.T, s store.Store) {
	other := func(f auditor.Finding, revision int, change func(*auditor.Finding)) auditor.Finding {
		change(&f)
		f.Revision = revision
		return f
	}
	same := func(*auditor.Finding) {}
	f := Finding(1)
	proven := Then(f, prove)
	apply(t, s, "a", f, proven)

	apply(t, s, "b", other(proven, 1, same))
	r := record(t, s, f.ID)
	require.Equal(t, proven, r.Finding, "the same again changes nothing")
	require.Len(t, r.History, 2)

	guess := other(f, 2, func(f *auditor.Finding) { f.Verdict = auditor.VerdictCrossEnv })
	apply(t, s, "b", guess)
	r = record(t, s, f.ID)
	require.Equal(t, proven, r.Finding, "a suspicion does not replace a proof")
	require.Equal(t, []store.ChangeKind{store.Found, store.Updated, store.Weaker}, kinds(r))
	require.Equal(t, guess, r.History[2].Finding)

	apply(t, s, "b", other(guess, 3, withdraw))
	require.Equal(t, proven, record(t, s, f.ID).Finding, "nor does taking that suspicion back")

	better := other(proven, 4, func(f *auditor.Finding) { f.Code = "M2" })
	apply(t, s, "b", better)
	r = record(t, s, f.ID)
	require.Equal(t, other(better, 4, same), r.Finding, "other knowledge of the same strength does")

	apply(t, s, "a", f, proven)
	apply(t, s, "b", other(proven, 1, same), guess, better)
	require.Equal(t, r, record(t, s, f.ID), "resends of either run change nothing")

	apply(t, s, "c", other(better, 1, func(f *auditor.Finding) { f.Code = "M3" }))
	r = record(t, s, f.ID)
	require.Equal(t, 5, r.Finding.Revision, "revisions grow across runs")
	apply(t, s, "d", other(r.Finding, 1, withdraw))
	r = record(t, s, f.ID)
	require.Equal(t, auditor.StateWithdrawn, r.Finding.State, "a withdrawal that speaks of the open state counts")
	require.Equal(t, 6, r.Finding.Revision)

	unknown := other(Finding(2), 2, withdraw)
	apply(t, s, "d", unknown)
	_, err := s.Finding(t.Context(), unknown.ID)
	require.ErrorIs(t, err, store.ErrNotFound, "a withdrawal of nothing is nothing")
}

func allOrNothing(t *testing.T, s store.Store) {
	bad := Finding(2)
	bad.ID = ""
	require.ErrorIs(t, s.Apply(t.Context(), "run", Noon(), []auditor.Finding{Finding(1), bad}), store.ErrInvalid)
	require.ErrorIs(t, s.Apply(t.Context(), "", Noon(), []auditor.Finding{Finding(1)}), store.ErrInvalid)
	_, err := s.Finding(t.Context(), Finding(1).ID)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// findingsAtOnce: several writers, the same and different findings.
func findingsAtOnce(t *testing.T, s store.Store) {
	const writers, each = 8, 20
	var wg sync.WaitGroup
	errs := make(chan error, 2*writers*each)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				errs <- s.Apply(context.Background(), fmt.Sprint("run", w%2), Noon(), []auditor.Finding{Finding(i), Finding(1000 + w*each + i)})
				_, err := s.FindingPage(context.Background(), store.FindingQuery{Limit: 5})
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	page, err := s.FindingPage(t.Context(), store.FindingQuery{Limit: 1000})
	require.NoError(t, err)
	require.Len(t, page.Findings, each+writers*each)
	for i := range each {
		require.Len(t, record(t, s, Finding(i).ID).History, 1)
	}
}

// awkwardFindings: whatever the fields hold, it comes back.
func awkwardFindings(t *testing.T, s store.Store) {
	empty := auditor.Finding{ID: "x", Revision: 1, State: auditor.StateOpen}
	odd := Finding(1)
	odd.ID, odd.Service, odd.Home = "' OR 1=1 --", "a\x00b\"\\", "混合 <script> \u2028"
	odd.Time = time.Unix(0, 1).UTC()
	apply(t, s, "'; DROP TABLE finding; --", empty, odd)
	require.Equal(t, empty, record(t, s, empty.ID).Finding)
	require.Equal(t, odd, record(t, s, odd.ID).Finding)
	page, err := s.FindingPage(t.Context(), store.FindingQuery{Limit: 10, Services: []string{odd.Service}})
	require.NoError(t, err)
	require.Equal(t, []auditor.Finding{odd}, page.Findings)
}

package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

func policies(t *testing.T, s store.Store) {
	ctx := t.Context()
	_, err := s.CurrentPolicy(ctx)
	require.ErrorIs(t, err, store.ErrNotFound)
	p := store.PolicyVersion{Source: []byte("version: 1\n# 混\n"), At: Noon(), By: "ops"}
	one, err := s.AppendPolicy(ctx, 0, p)
	require.NoError(t, err)
	p.Version = 1
	require.Equal(t, p, one)
	_, err = s.AppendPolicy(ctx, 0, p)
	require.ErrorIs(t, err, store.ErrConflict)
	two, err := s.AppendPolicy(ctx, 1, store.PolicyVersion{Source: []byte("x"), At: Noon().Add(time.Minute)})
	require.NoError(t, err)
	current, err := s.CurrentPolicy(ctx)
	require.NoError(t, err)
	require.Equal(t, two, current)
	got, err := s.Policy(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, one, got)
	_, err = s.Policy(ctx, 3)
	require.ErrorIs(t, err, store.ErrNotFound)
	list, err := s.PolicyHistory(ctx, 0, 10)
	require.NoError(t, err)
	one.Source, two.Source = nil, nil
	require.Equal(t, []store.PolicyVersion{two, one}, list)
	list, err = s.PolicyHistory(ctx, 2, 10)
	require.NoError(t, err)
	require.Equal(t, []store.PolicyVersion{one}, list)
	list, err = s.PolicyHistory(ctx, 0, 1)
	require.NoError(t, err)
	require.Equal(t, []store.PolicyVersion{two}, list)
}

// policiesAtOnce: of those who saw the same version one wins.
func policiesAtOnce(t *testing.T, s store.Store) {
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := s.AppendPolicy(context.Background(), 0, store.PolicyVersion{Source: []byte(fmt.Sprint(i)), At: Noon()})
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, store.ErrConflict):
				lost.Add(1)
			}
		})
	}
	wg.Wait()
	require.Equal(t, []int32{1, 7}, []int32{won.Load(), lost.Load()})
}

func statsAndPing(t *testing.T, s store.Store) {
	stats, err := s.Stats(t.Context())
	require.NoError(t, err)
	require.Zero(t, stats.Findings)
	require.True(t, stats.Oldest.IsZero())
	apply(t, s, "run", Finding(1))
	add(t, s, "run", Noon(), store.Total{Series: traffic("a", ""), Value: 1})
	stats, err = s.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), stats.Findings)
	require.Equal(t, int64(1), stats.Series)
	require.Equal(t, Noon(), stats.Oldest)
	require.Positive(t, stats.Bytes)
	require.NoError(t, s.Ping(t.Context()))
}

func cancelled(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Apply(ctx, "run", Noon(), []auditor.Finding{Finding(1)}), context.Canceled)
	_, err := s.FindingPage(ctx, store.FindingQuery{Limit: 1})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, s.Ping(t.Context()), "and the store goes on")
}

func closed(t *testing.T, s store.Store) {
	apply(t, s, "run", Finding(1))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	ctx := t.Context()
	require.ErrorIs(t, s.Apply(ctx, "run", Noon(), []auditor.Finding{Finding(1)}), store.ErrClosed)
	require.ErrorIs(t, s.AddRollup(ctx, "run", Noon(), nil), store.ErrClosed)
	require.ErrorIs(t, s.Ping(ctx), store.ErrClosed)
	_, err := s.Finding(ctx, Finding(1).ID)
	require.ErrorIs(t, err, store.ErrClosed)
	_, err = s.FindingPage(ctx, store.FindingQuery{Limit: 1})
	require.ErrorIs(t, err, store.ErrClosed)
	_, err = s.CurrentPolicy(ctx)
	require.ErrorIs(t, err, store.ErrClosed)
	_, err = s.Prune(ctx, Noon())
	require.ErrorIs(t, err, store.ErrClosed)
}

func retentionByAge(t *testing.T, s store.Store) {
	ctx := t.Context()
	now := Noon().Add(20 * day)
	total := 0.0
	for d := range 20 {
		at := Noon().Add(time.Duration(d) * day)
		total++
		require.NoError(t, s.Apply(ctx, "run", at, []auditor.Finding{Finding(d)}))
		add(t, s, "run", at, store.Total{Series: traffic("a", ""), Value: total})
		_, err := s.AppendPolicy(ctx, int64(d), store.PolicyVersion{Source: []byte("version: 1\n"), At: at})
		require.NoError(t, err)
	}
	// An old finding that has changed lately stays, with its whole history.
	require.NoError(t, s.Apply(ctx, "run", now, []auditor.Finding{Then(Finding(0), prove)}))
	add(t, s, "run", now, store.Total{Series: traffic("a", ""), Value: total})

	done, err := s.Prune(ctx, now)
	require.NoError(t, err)
	require.Equal(t, int64(9), done.Findings, "days 1 to 9")
	require.Equal(t, int64(9), done.Policies)
	page, err := s.FindingPage(ctx, store.FindingQuery{Limit: 100})
	require.NoError(t, err)
	require.Len(t, page.Findings, 11)
	require.Len(t, record(t, s, Finding(0).ID).History, 2)
	_, err = s.Finding(ctx, Finding(5).ID)
	require.ErrorIs(t, err, store.ErrNotFound)

	q := store.SumQuery{Filter: store.Filter{Kind: store.Traffic}, From: Noon(), To: now}
	require.Equal(t, 5.0, sums(t, s, q)[0].Total, "hours are kept for five days")
	q.Step = 10 * time.Minute
	require.Equal(t, 2.0, sums(t, s, q)[0].Total, "minutes for two")
	current, err := s.CurrentPolicy(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(20), current.Version)
	oldest, newest, err := s.ChangeRange(ctx)
	require.NoError(t, err)
	require.Greater(t, oldest, int64(9), "who resumes before it must be told of a gap")
	require.Less(t, oldest, newest)

	again, err := s.Prune(ctx, now)
	require.NoError(t, err)
	require.Zero(t, again.Findings+again.Rollups+again.Policies)
	apply(t, s, "run", Finding(5))
	add(t, s, "run", now, store.Total{Series: traffic("a", ""), Value: total + 1})
	require.Equal(t, 3.0, sums(t, s, store.SumQuery{Filter: q.Filter, From: q.From, To: now.Add(time.Minute), Step: 10 * time.Minute})[0].Total, "the totals of a live run stay")
}

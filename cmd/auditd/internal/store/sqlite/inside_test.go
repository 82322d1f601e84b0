package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

func scanText(to *string) func(*sql.Rows) error {
	return func(rows *sql.Rows) error { return rows.Scan(to) }
}

func TestChunks(t *testing.T) {
	for _, values := range [][]float64{
		make([]float64, 60),
		{1, 0, 300, maxWhole, 0},
		{0.1, 0, 1e300, maxWhole * 4, math.SmallestNonzeroFloat64},
		append(make([]float64, 63), 7),
	} {
		got := make([]float64, len(values))
		got[0] = 99
		data := encodeChunk(values)
		require.NoError(t, decodeChunk(data, got))
		require.Equal(t, values, got)
		for n := range data {
			cut := data[:n]
			if err := decodeChunk(cut, got); err != nil {
				require.ErrorIs(t, err, store.ErrCorrupt)
			}
		}
	}
	require.ErrorIs(t, decodeChunk(encodeChunk([]float64{0, 0, 1}), make([]float64, 2)), store.ErrCorrupt)
	require.ErrorIs(t, decodeChunk([]byte{9, 1, 0, 0, 0, 0, 0, 0, 0, 1}, make([]float64, 2)), store.ErrCorrupt)
}

func FuzzChunk(f *testing.F) {
	f.Add(encodeChunk([]float64{1, 2, 3}))
	f.Add(encodeChunk([]float64{0.5}))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, again := make([]float64, 60), make([]float64, 60)
		if decodeChunk(data, values) != nil {
			return
		}
		require.NoError(t, decodeChunk(encodeChunk(values), again))
		for i := range values {
			require.True(t, values[i] == again[i] || math.IsNaN(values[i]) && math.IsNaN(again[i]))
		}
	})
}

// Writers that wait share a transaction, and one that fails does not harm the others.
func TestGroupCommit(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	gate, began := make(chan struct{}), make(chan struct{})
	commits := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.submit(context.Background(), func(*tx) error { close(began); <-gate; return nil }, true)
	})
	<-began
	errBad := errors.New("bad")
	results := make(chan error, 40)
	var seen sync.Map
	for i := range 40 {
		wg.Go(func() {
			results <- s.submit(context.Background(), func(t *tx) error {
				if _, again := seen.LoadOrStore(t, true); !again {
					commits++
				}
				if i == 7 {
					return errBad
				}
				_, err := t.insert(`INSERT INTO policy (version, source, at, by) VALUES (?, '', 0, '')`, i)
				return err
			}, false)
		})
	}
	require.Eventually(t, func() bool { return len(s.queue) == 40 }, time.Minute, time.Millisecond)
	close(gate)
	wg.Wait()
	close(results)
	bad := 0
	for err := range results {
		if err != nil {
			require.ErrorIs(t, err, errBad)
			bad++
		}
	}
	require.Equal(t, 1, bad)
	require.Equal(t, 41, commits, "one for all, and after it failed one for each")
	list, err := s.PolicyHistory(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, list, 39)
}

// Past the limit of series nothing is lost but the names.
func TestSeriesOverflow(t *testing.T) {
	s := open(t, t.TempDir(), Options{MaxSeries: 10})
	for round := 1; round <= 2; round++ {
		var totals []store.Total
		for i := range 100 {
			totals = append(totals, store.Total{Series: store.Series{Kind: store.Hops, Service: fmt.Sprint(i)}, Value: float64(round)})
		}
		require.NoError(t, s.AddRollup(t.Context(), "run", storetest.Noon(), totals))
	}
	stats, err := s.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(11), stats.Series)
	require.Equal(t, int64(180), stats.Overflow)
	sums, err := s.Sums(t.Context(), store.SumQuery{Filter: store.Filter{Kind: store.Hops}, From: storetest.Noon(), To: storetest.Noon().Add(time.Hour)})
	require.NoError(t, err)
	all := 0.0
	for _, v := range sums {
		all += v.Total
	}
	require.Equal(t, 200.0, all)
}

// The overflow of the store and that of who counted are one series.
func TestOverflowOfBoth(t *testing.T) {
	s := open(t, t.TempDir(), Options{MaxSeries: 1})
	for round := 1.0; round <= 3; round++ {
		require.NoError(t, s.AddRollup(t.Context(), "run", storetest.Noon(), []store.Total{
			{Series: store.Series{Kind: store.Hops, Service: "a"}, Value: round},
			{Series: store.Series{Kind: store.Hops, Overflow: true}, Value: 10 * round},
			{Series: store.Series{Kind: store.Hops, Service: "b"}, Value: 100 * round},
		}))
	}
	sums, err := s.Sums(t.Context(), store.SumQuery{Filter: store.Filter{Kind: store.Hops}, From: storetest.Noon(), To: storetest.Noon().Add(time.Hour)})
	require.NoError(t, err)
	require.Equal(t, []store.Sum{
		{Series: store.Series{Kind: store.Hops, Overflow: true}, Total: 330},
		{Series: store.Series{Kind: store.Hops, Service: "a"}, Total: 3},
	}, sums)
}

// A query that takes too long ends with the context's error.
func TestInterrupted(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := s.each(ctx, func(*sql.Rows) error { return nil }, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, store.ErrUnavailable)
	require.Zero(t, count(t, s), "the connection is fit for the next one")
}

// Series and facets that nothing refers to are forgotten, so that names that come
// and go do not add up.
func TestForgotten(t *testing.T) {
	s := open(t, t.TempDir(), Options{Retention: store.Retention{Findings: time.Hour, Minutes: time.Hour, Hours: 48 * time.Hour, Runs: time.Hour}})
	for i := range 50 {
		at := storetest.Noon().Add(time.Duration(i) * 24 * time.Hour)
		f := storetest.Finding(i)
		f.Service = fmt.Sprint("svc", i)
		require.NoError(t, s.Apply(t.Context(), "run", at, []auditor.Finding{f}))
		totals := []store.Total{{Series: store.Series{Kind: store.Hops, Service: f.Service}, Value: 1}}
		require.NoError(t, s.AddRollup(t.Context(), fmt.Sprint("run", i), at, totals))
	}
	_, err := s.Prune(t.Context(), storetest.Noon().Add(50*24*time.Hour))
	require.NoError(t, err)
	s.mu.RLock()
	defer s.mu.RUnlock()
	require.Empty(t, s.known.facets)
	require.LessOrEqual(t, len(s.known.series), 4)
}

// A page of a rare combination is found without a scan.
func TestPagesUseIndexes(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	const span = `time >= 1 AND (time, id) < (2, 'x') ORDER BY time DESC, id DESC LIMIT 5`
	for index, where := range map[string]string{"finding_time": "", "finding_facet": "facet = 1 AND ", "finding_trace": "trace_id = 'x' AND "} {
		plan := ""
		require.NoError(t, s.each(t.Context(), func(rows *sql.Rows) error {
			var n int
			var text string
			err := rows.Scan(&n, &n, &n, &text)
			plan += text + "\n"
			return err
		}, `EXPLAIN QUERY PLAN SELECT facet, time, id, n FROM finding INDEXED BY `+index+` WHERE `+where+span))
		require.Contains(t, plan, "SEARCH", index)
		require.NotContains(t, plan, "TEMP B-TREE", index)
	}
}

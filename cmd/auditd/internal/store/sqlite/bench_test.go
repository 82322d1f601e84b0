package sqlite

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

// The benchmark of docs/benchmarks/store.md:
//
//	go test ./cmd/auditd/internal/store/sqlite -run Measure -measure -v [-minutes 43200 -findings 200000 -store DIR]
//
// With -store the filled folder is kept and used again.
var (
	measure  = flag.Bool("measure", false, "run TestMeasure")
	minutes  = flag.Int("minutes", 30*24*60, "minutes of roll-ups to fill")
	findings = flag.Int("findings", 200_000, "findings to fill")
	folder   = flag.String("store", "", "where the filled store is kept")
)

const services = 20 // 4 series of traffic and 2 edges each: 120 series

// benchTotals are the totals of all series after n minutes, every one of which
// grows each minute.
func benchTotals(n int) []store.Total {
	var out []store.Total
	for i := range services {
		name := fmt.Sprintf("service-%02d", i)
		for j, env := range []string{"", "gray"} {
			home := []string{"base", "gray"}[j]
			v := float64(n * (600 + i - 500*j))
			out = append(out,
				store.Total{Series: store.Series{Kind: store.Traffic, Service: name, Home: home, Env: env, Basis: auditor.BasisAdjusted}, Value: v},
				store.Total{Series: store.Series{Kind: store.Traffic, Service: name, Home: home, Env: env, Destination: fmt.Sprint("TOPIC", i), Basis: auditor.BasisAdjusted}, Value: v + 0.5},
				store.Total{Series: store.Series{
					Kind: store.Edges, PeerService: "gateway", PeerHome: home, Service: name, Home: home, Env: env, Shown: env,
					HopKind: auditor.HopRPC, Outcome: "ok", Basis: auditor.BasisAdjusted,
				}, Value: v})
		}
	}
	return out
}

func benchFinding(i int) auditor.Finding {
	f := storetest.Finding(i)
	f.Service = fmt.Sprintf("service-%02d", i%services)
	f.Blame.Service = f.Service
	f.Verdict = []auditor.Verdict{auditor.VerdictLeak, auditor.VerdictEscape, auditor.VerdictPollution}[i/7%3]
	f.Destination = fmt.Sprint("TOPIC", i%50)
	if i%50_000 == 17 {
		f.Code = "M9"
	}
	return f
}

// fillStore fills by the ordinary way in: one AddRollup a minute, batches of findings.
func fillStore(t *testing.T, s *Store) {
	ctx := t.Context()
	stats, err := s.Stats(ctx)
	require.NoError(t, err)
	if stats.Findings >= int64(*findings) {
		return
	}
	begin := time.Now()
	for n := range *minutes {
		require.NoError(t, s.AddRollup(ctx, "run", storetest.Noon().Add(time.Duration(n)*time.Minute), benchTotals(n+1)))
	}
	cells := *minutes * services * 6
	t.Logf("filled %d minute sums of %d series in %s: %.0f a second, a commit each minute", cells, services*6, time.Since(begin).Round(time.Second), float64(cells)/time.Since(begin).Seconds())
	begin = time.Now()
	const batch = 500
	for n := 0; n < *findings; n += batch {
		list := make([]auditor.Finding, batch)
		for i := range list {
			list[i] = benchFinding(n + i)
		}
		require.NoError(t, s.Apply(ctx, "run", storetest.Noon(), list))
	}
	t.Logf("filled %d findings in %s: %.0f a second, a commit for each %d", *findings, time.Since(begin).Round(time.Second), float64(*findings)/time.Since(begin).Seconds(), batch)
}

// measured runs do n times and tells the quantiles.
func measured(t *testing.T, name string, n int, do func(i int) int) {
	t.Helper()
	took := make([]time.Duration, n)
	size := 0
	for i := range n {
		begin := time.Now()
		size = do(i)
		took[i] = time.Since(begin)
	}
	slices.Sort(took)
	q := func(p float64) float64 { return took[int(p*float64(n-1))].Seconds() * 1e3 }
	t.Logf("| %s | %d | %.1f | %.1f | %.1f |", name, size, q(0.5), q(0.99), q(1))
}

func TestMeasure(t *testing.T) {
	if !*measure {
		t.Log("give -measure to measure")
		return
	}
	dir := *folder
	if dir == "" {
		dir = t.TempDir()
	}
	s := open(t, dir, Options{Retention: store.Retention{Bytes: -1}})
	fillStore(t, s)
	info, err := os.Stat(filepath.Join(dir, fileName))
	require.NoError(t, err)
	t.Logf("file: %.1f MB", float64(info.Size())/1e6)
	t.Log("| query | rows out | p50 ms | p99 ms | max ms |")
	measureQueries(t, s)
	t.Log("while findings and totals are written:")
	stop := writeAlong(s)
	measureQueries(t, s)
	stop()
	measured(t, "Apply of 1 finding", 500, func(i int) int {
		require.NoError(t, s.Apply(t.Context(), "single", storetest.Noon(), []auditor.Finding{storetest.Finding(1<<40 + int(time.Now().UnixNano()))}))
		return 1
	})
	measureConcurrent(t, s)
}

func measureQueries(t *testing.T, s *Store) {
	ctx := t.Context()
	to := storetest.Noon().Add(time.Duration(*minutes) * time.Minute)
	month := store.SumQuery{From: to.Add(-30 * 24 * time.Hour), To: to}
	minute := month
	minute.Step = time.Minute
	share := func(q store.ShareQuery) func(int) int {
		return func(i int) int {
			if q.Name != "" {
				q.Name = fmt.Sprintf("service-%02d", i%services)
			}
			out, err := store.Shares(ctx, s, q)
			require.NoError(t, err)
			return len(out) * max(1, len(out[0].Counts))
		}
	}
	measured(t, "share per minute, one service, 30 days", 200, share(store.ShareQuery{By: store.ByService, Name: "x", SumQuery: minute}))
	measured(t, "share per minute, one edge, 30 days", 100, func(i int) int {
		out, err := store.Shares(ctx, s, store.ShareQuery{By: store.ByEdge, Name: fmt.Sprintf("gateway->service-%02d", i%services), SumQuery: minute})
		require.NoError(t, err)
		return len(out[0].Counts)
	})
	measured(t, "share of every service, one total, 30 days", 200, share(store.ShareQuery{By: store.ByService, SumQuery: month}))
	hour := minute
	hour.Step = time.Hour
	measured(t, "share per hour of every service, 30 days", 100, share(store.ShareQuery{By: store.ByService, SumQuery: hour}))
	page := func(q store.FindingQuery) func(int) int {
		q.Limit = 100
		return func(i int) int {
			if len(q.Services) > 0 {
				q.Services = []string{fmt.Sprintf("service-%02d", i%services)}
			}
			out, err := s.FindingPage(ctx, q)
			require.NoError(t, err)
			return len(out.Findings)
		}
	}
	measured(t, "first page of 100 findings", 200, page(store.FindingQuery{}))
	f := benchFinding(*findings / 2)
	measured(t, "page from the middle", 200, page(store.FindingQuery{After: store.CursorOf(&f)}))
	measured(t, "page of one service", 200, page(store.FindingQuery{Services: []string{"x"}}))
	measured(t, "page of a rare code", 200, page(store.FindingQuery{Codes: []auditor.Code{"M9"}}))
	measured(t, "page of nothing", 200, page(store.FindingQuery{Codes: []auditor.Code{"R1"}}))
}

// writeAlong writes as a busy auditd does: 20 times a second a few findings, and
// totals every second.
func writeAlong(s *Store) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			f := benchFinding(int(time.Now().UnixNano()))
			_ = s.Apply(context.Background(), "along", storetest.Noon(), []auditor.Finding{f}) // only the load matters
			if n%20 == 0 {
				_ = s.AddRollup(context.Background(), "along", storetest.Noon().Add(time.Duration(*minutes)*time.Minute), benchTotals(n))
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// measureConcurrent shows what group commit gains.
func measureConcurrent(t *testing.T, s *Store) {
	const writers, each = 16, 100
	begin := time.Now()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				f := storetest.Finding(2<<40 + w*each + i + int(begin.UnixNano()))
				_ = s.Apply(context.Background(), "many", storetest.Noon(), []auditor.Finding{f}) // only the time matters
			}
		})
	}
	wg.Wait()
	t.Logf("Apply of 1 finding by %d writers: %.0f a second", writers, float64(writers*each)/time.Since(begin).Seconds())
}

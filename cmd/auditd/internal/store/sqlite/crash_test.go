package sqlite

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

const crashWriters = 4

// crashChild applies findings and totals until it is killed, and says what was
// acknowledged.
func crashChild(t *testing.T, dir string) {
	s := open(t, dir, Options{})
	var out sync.Mutex
	say := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		_, _ = fmt.Printf(format, args...)
	}
	base := rand.IntN(1 << 40)
	var wg sync.WaitGroup
	for w := range crashWriters {
		wg.Go(func() {
			run := fmt.Sprintf("run-%d-%d", base, w)
			for i := 0; ; i++ {
				f := storetest.Finding(base + w<<32 + i)
				proven := storetest.Then(f, func(f *auditor.Finding) { f.Certainty = auditor.Proven })
				if s.Apply(t.Context(), run, storetest.Noon(), []auditor.Finding{f, proven}) != nil {
					return
				}
				say("id %s\n", f.ID)
				total := store.Total{Series: store.Series{Kind: store.Hops, Service: run}, Value: float64(i + 1)}
				// Each writer has its hour; the others pack it for him.
				at := storetest.Noon().Add(time.Duration(i) * time.Minute)
				if s.AddRollup(t.Context(), run, at, []store.Total{total}) != nil {
					return
				}
				say("total %s %d\n", run, i+1)
			}
		})
	}
	wg.Wait()
}

// TestKilled: a process that is killed at any moment has stored all that it
// acknowledged, once.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("STORE_CHILD"); dir != "" {
		crashChild(t, dir)
		return
	}
	kills := 50
	if testing.Short() {
		kills = 5
	}
	dir := t.TempDir()
	acknowledged, totals := map[string]bool{}, map[string]float64{}
	for range kills {
		killOnce(t, dir, acknowledged, totals)
	}
	require.GreaterOrEqual(t, len(acknowledged), kills)
	s := open(t, dir, Options{})
	for id := range acknowledged {
		r, err := s.Finding(t.Context(), id)
		require.NoError(t, err)
		require.Len(t, r.History, 2)
		require.Equal(t, auditor.Proven, r.Finding.Certainty)
	}
	sums, err := s.Sums(t.Context(), store.SumQuery{Filter: store.Filter{Kind: store.Hops}, From: storetest.Noon(), To: storetest.Noon().Add(1000 * time.Hour)})
	require.NoError(t, err)
	got := map[string]float64{}
	for _, v := range sums {
		got[v.Series.Service] = v.Total
	}
	for run, total := range totals {
		// The last one may have been stored without its acknowledgement.
		require.GreaterOrEqual(t, got[run], total)
		require.LessOrEqual(t, got[run], total+1)
	}
	var seen string
	require.NoError(t, s.each(t.Context(), scanText(&seen), `PRAGMA integrity_check`))
	require.Equal(t, "ok", seen)
}

// killOnce kills a child at a random moment after its first acknowledgement,
// however slow the disk is.
func killOnce(t *testing.T, dir string, acknowledged map[string]bool, totals map[string]float64) {
	t.Helper()
	cmd := child(t, os.Args[0], t.Name(), dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	began := false
	for lines.Scan() {
		text := lines.Text()
		switch {
		case strings.HasPrefix(text, "id "):
			acknowledged[text[3:]] = true
			if !began {
				began = true
				time.AfterFunc(time.Duration(rand.IntN(120_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
			}
		case strings.HasPrefix(text, "total "):
			var run string
			var n float64
			if _, err := fmt.Sscanf(text, "total %s %g", &run, &n); err == nil {
				totals[run] = max(totals[run], n)
			}
		}
	}
	require.Error(t, cmd.Wait(), "it was killed")
	require.True(t, began)
}

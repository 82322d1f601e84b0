package storetest

import (
	"testing"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Without names what an engine cannot do, each with its reason.
type Without struct {
	Prune string // deletes by itself, as ClickHouse does with TTL
}

// Open makes an empty store with a retention; the test closes it.
type Open func(t *testing.T, r store.Retention) store.Store

// Run runs the suite, each test with a store of its own.
func Run(t *testing.T, open Open, without Without) {
	keep := store.Retention{Findings: -1, Minutes: -1, Hours: -1, Policies: -1, Runs: -1, Bytes: -1}
	for name, test := range map[string]func(*testing.T, store.Store){
		"findings are stored once":  findingsOnce,
		"upgrade and withdrawal":    upgradeAndWithdrawal,
		"another run":               anotherRun,
		"a batch is all or nothing": allOrNothing,
		"findings at once":          findingsAtOnce,
		"every filter":              everyFilter,
		"pages":                     pages,
		"pages while others write":  pagesWhileWriting,
		"changes":                   changes,
		"awkward findings":          awkwardFindings,
		"totals count once":         totalsOnce,
		"sums by step":              sumsByStep,
		"sums against a model":      sumsAgainstModel,
		"sums filter":               sumsFilter,
		"bad questions":             badQuestions,
		"shares":                    shares,
		"coverage":                  coverage,
		"topology":                  topology,
		"policies":                  policies,
		"policies at once":          policiesAtOnce,
		"stats and ping":            statsAndPing,
		"cancelled":                 cancelled,
		"closed":                    closed,
	} {
		t.Run(name, func(t *testing.T) { test(t, opened(t, open, keep)) })
	}
	t.Run("retention by age", func(t *testing.T) {
		if without.Prune != "" {
			t.Skip(without.Prune)
		}
		retentionByAge(t, opened(t, open, store.Retention{
			Findings: 10 * day, Minutes: 2 * day, Hours: 5 * day, Policies: 10 * day, Runs: day, Bytes: -1,
		}))
	})
}

const day = 24 * time.Hour

func opened(t *testing.T, open Open, r store.Retention) store.Store {
	t.Helper()
	s := open(t, r)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, r store.Retention) store.Store {
		return open(t, t.TempDir(), Options{Retention: r})
	}, storetest.Without{})
}

// With one facet and few series everything goes the way of what is over the limits.
func TestConformancePastTheLimitOfFacets(t *testing.T) {
	storetest.Run(t, func(t *testing.T, r store.Retention) store.Store {
		return open(t, t.TempDir(), Options{Retention: r, MaxFacets: 1, Readers: 1})
	}, storetest.Without{})
}

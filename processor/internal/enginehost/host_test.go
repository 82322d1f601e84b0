package enginehost

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

// A changed policy file comes into force; a bad one is refused, told and counted,
// once, and the one before stays.
func TestThePolicyFileIsWatched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("version: 1\norigins: [a]\n")
	synctest.Test(t, func(t *testing.T) {
		j := newJoiner(t)
		m := j.join(t, Processor, func(c *Config) { c.PolicyFile = file })
		state := func() ([]string, PolicyUpdates) {
			pass(3 * defaultReload)
			_, updates := m.Stats()
			m.host.mu.Lock()
			defer m.host.mu.Unlock()
			return m.host.life.policy.Origins, updates
		}
		expect := func(origin string, want PolicyUpdates) {
			t.Helper()
			origins, updates := state()
			require.Equal(t, []string{origin}, origins)
			require.Equal(t, want, updates)
		}
		expect("a", PolicyUpdates{})
		write("version: 1\norigins: [b]\n")
		expect("b", PolicyUpdates{Applied: 1})
		write("version: 1\nkeyz: {}\n")
		expect("b", PolicyUpdates{Applied: 1, Refused: 1})
		require.Len(t, j.logs.FilterMessageSnippet("policy file is bad").All(), 1)
		require.NoError(t, os.Remove(file))
		expect("b", PolicyUpdates{Applied: 1, Refused: 2})
		write("version: 1\norigins: [c]\n")
		expect("c", PolicyUpdates{Applied: 2, Refused: 2})
		require.Len(t, j.logs.FilterMessage("A new policy is in force.").All(), 2)
		write("version: 1\norigins: [d]\nvalid_from: 2100-01-01T00:00:00Z\n")
		expect("d", PolicyUpdates{Applied: 3, Refused: 2})
		require.Len(t, j.logs.FilterMessageSnippet("until valid_from").All(), 1)
		require.Len(t, j.logs.FilterMessage("A new policy is in force.").All(), 2)
		m.Leave()
	})
}

// Windows end while no spans come.
func TestTimePassesWithoutSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newJoiner(t).join(t, LogsConnector, nil)
		_, batches := scene(t, leak)
		m.Feed(batches[0])
		stats, _ := m.Stats()
		require.NotZero(t, stats.Facts)
		pass(time.Hour)
		stats, _ = m.Stats()
		require.Zero(t, stats.Facts)
		m.Leave()
	})
}

// At the outbox's limit nothing more is judged, and time stands still.
func TestTheOutboxBoundsWhatIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newJoiner(t).join(t, LogsConnector, func(c *Config) {
			c.Policy = map[string]any{"version": 1, "origins": []any{"gateway"}, "reporting": []any{"*"}, "alive": []any{map[string]any{"service": "svc-a", "home": "gray"}}}
		})
		m.outbox.limit = 1
		_, batches := scene(t, leak)
		for _, td := range batches {
			_, _, ok := m.Feed(td)
			require.True(t, ok)
		}
		require.Equal(t, 1, m.Outbox().Pending())
		require.True(t, m.Outbox().Full())
		facts, _ := m.Stats()
		_, _, ok := m.Feed(batches[0])
		require.False(t, ok)
		pass(time.Hour)
		later, _ := m.Stats()
		require.Equal(t, facts, later)

		m.Outbox().Pop(1)
		require.EqualValues(t, 1, m.Outbox().Delivered())
		pass(time.Hour)
		later, _ = m.Stats()
		require.Zero(t, later.Facts)
		m.Leave()
	})
}

// Without a connector for logs no finding waits for anybody.
func TestNobodyTakesFindings(t *testing.T) {
	m := newJoiner(t).join(t, Processor, nil)
	p, batches := scene(t, leak)
	m.host.mu.Lock() // ticks come already
	err := m.host.begin(p, false)
	m.host.mu.Unlock()
	require.NoError(t, err)
	var found []Found
	for _, td := range batches {
		f, last, ok := m.Feed(td)
		require.True(t, ok)
		require.Zero(t, last)
		found = append(found, f...)
	}
	require.Len(t, found, 1)
	require.Zero(t, found[0].At)
	require.Equal(t, auditor.VerdictLeak, found[0].Finding.Verdict)
	m.RunOut()
	m.RunOut()
	_, _, ok := m.Feed(batches[0])
	require.True(t, ok, "later spans are ignored")
}

func TestMembersWorkConcurrently(t *testing.T) {
	j := newJoiner(t)
	logs := j.join(t, LogsConnector, nil)
	p := j.join(t, Processor, nil)
	metrics := j.join(t, MetricsConnector, nil)
	_, batches := scene(t, leak)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				p.Feed(batches[0])
				logs.Outbox().Pending()
			}
		})
		all.Go(func() {
			for range 50 {
				metrics.Snapshots()
				metrics.Delivered(0)
				logs.Stats()
			}
		})
	}
	all.Wait()
	stats, _ := p.Stats()
	require.EqualValues(t, 1, stats.Spans)
	require.EqualValues(t, 799, stats.Duplicates)
}

package api

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait.
const patience = time.Minute

// now is the clock of the tests: shortly after the corpora were captured.
func now() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) }

// world is an API over a real store, served over HTTP.
type world struct {
	store    store.Store
	policies *policies.Service
	hub      *Hub
	api      *API
	url      string
}

// serve starts an API; change may be nil.
func serve(t *testing.T, change func(*Config)) *world {
	t.Helper()
	s, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	w := &world{store: s, policies: policies.New(policies.Options{Store: s, Now: now}), hub: NewHub()}
	c := Config{
		Store: s, Policies: w.policies, Hub: w.hub, Now: now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			_, _ = io.WriteString(w, "# nothing\n")
		}),
		Limits: Limits{StreamStep: time.Millisecond},
	}
	if change != nil {
		change(&c)
	}
	w.api, err = New(c)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(w.api)
	config := NewServer(w.api)
	config.ErrorLog = nil
	server.Config = config
	server.Start()
	t.Cleanup(func() {
		w.api.Drain()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	w.url = server.URL
	return w
}

// corpora are captures of the Java agent, with their policies.
func corpora(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../../../../auditor/testdata/java-agent/*/traces.jsonl.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// feed audits all corpora and stores what comes out, as a running auditd does.
func (w *world) feed(t testing.TB) {
	t.Helper()
	for _, file := range corpora(t) {
		found, totals := audit(t, file)
		run := filepath.Base(filepath.Dir(file))
		require.NoError(t, w.store.Apply(context.Background(), run, now(), found))
		require.NoError(t, w.store.AddRollup(context.Background(), run, now().Add(-30*time.Minute), totals))
	}
	w.hub.Notify()
}

func audit(t testing.TB, file string) ([]auditor.Finding, []store.Total) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "policy.yaml"))
	require.NoError(t, err)
	policy, _, err := policyfile.Parse("policy.yaml", text)
	require.NoError(t, err)
	var found []auditor.Finding
	engine, err := auditor.New(policy, auditor.Options{Mode: auditor.Offline, Sink: func(f auditor.Finding) { found = append(found, f) }})
	require.NoError(t, err)
	decoder := otlp.NewDecoder(policy.Keys, otlp.Options{Properties: policy.CapturedProperties})
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(lines.Bytes())
		require.NoError(t, err)
		otlp.Feed(engine, decoder, 0, td)
	}
	require.NoError(t, lines.Err())
	engine.Close()
	return found, totalsOf(engine)
}

// totalsOf turns the engine's counters into totals of roll-ups.
func totalsOf(e *auditor.Engine) []store.Total {
	sums := map[store.Series]float64{}
	basis := func(rated uint64) auditor.Basis {
		if rated > 0 {
			return auditor.BasisAdjusted
		}
		return auditor.BasisSpans
	}
	for _, c := range e.TrafficCounts() {
		sums[store.Series{Kind: store.Traffic, Service: c.Service, Home: c.Home, Env: c.Env, Destination: c.Destination, Basis: basis(c.Rated)}] += c.Count
	}
	for _, c := range e.HopCounts() {
		sums[store.Series{
			Kind: store.Edges, PeerService: c.From.Service, PeerHome: c.From.Home, Service: c.To.Service, Home: c.To.Home,
			Env: c.Env, Shown: c.Shown, HopKind: c.Kind, Destination: c.Destination, Outcome: string(c.Verdict), Basis: basis(c.Rated),
		}] += c.Count
	}
	s := e.Summary()
	for kind, axis := range map[store.SeriesKind]auditor.PlacementSummary{
		store.Propagation: {Seen: s.Hops, Judged: s.Judged, Undecidable: s.Undecidable}, store.Placement: s.Placement,
	} {
		sums[store.Series{Kind: kind, Outcome: store.OutcomeSeen}] = float64(axis.Seen)
		sums[store.Series{Kind: kind, Outcome: store.OutcomeJudged}] = float64(axis.Judged)
		for reason, n := range axis.Undecidable {
			sums[store.Series{Kind: kind, Outcome: string(reason)}] = float64(n)
		}
	}
	var out []store.Total
	for s, v := range sums {
		out = append(out, store.Total{Series: s, Value: v})
	}
	return out
}

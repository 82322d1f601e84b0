package api

import (
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store/sqlite"
)

// The second half of docs/benchmarks/store.md: the queries over HTTP, on the store
// that the benchmark of package sqlite has filled.
//
//	go test ./cmd/auditd/internal/api -run MeasureHTTP -store DIR -v
var folder = flag.String("store", "", "a store filled by the benchmark of package sqlite")

func TestMeasureHTTP(t *testing.T) {
	if *folder == "" {
		t.Log("give -store to measure")
		return
	}
	s, err := sqlite.Open(t.Context(), *folder, sqlite.Options{})
	require.NoError(t, err)
	defer s.Close()
	end := time.Date(2026, 12, 21, 12, 0, 0, 0, time.UTC) // where the benchmark's data end
	a, err := New(Config{
		Store: s, Policies: policies.New(policies.Options{Store: s}), Now: func() time.Time { return end },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(t, err)
	server := httptest.NewServer(a)
	defer server.Close()
	t.Log("| request | bytes | p50 ms | p99 ms | max ms |")
	for _, path := range []string{
		"/api/v1/findings?limit=100",
		"/api/v1/findings?limit=100&service=service-07",
		"/api/v1/findings?code=M9",
		"/api/v1/shares?name=service-07&from=-30d&step=1m",
		"/api/v1/shares?by=edge&name=gateway-%3Eservice-07&from=-30d&step=1m",
		"/api/v1/shares?from=-30d",
		"/api/v1/topology?from=-30d",
		"/api/v1/coverage?from=-30d&step=1h",
	} {
		for _, encoding := range []string{"identity", "gzip"} {
			measureHTTP(t, server.URL, path, encoding)
		}
	}
}

func measureHTTP(t *testing.T, url, path, encoding string) {
	t.Helper()
	const n = 200
	took := make([]time.Duration, n)
	var size int64
	for i := range n {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", encoding)
		begin := time.Now()
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		size, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		took[i] = time.Since(begin)
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
	slices.Sort(took)
	ms := func(p float64) float64 { return took[int(p*(n-1))].Seconds() * 1e3 }
	t.Logf("| `%s` %s | %d | %.1f | %.1f | %.1f |", path, encoding, size, ms(0.5), ms(0.99), ms(1))
}

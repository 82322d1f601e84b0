package dyetraceconnector

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

// load reads one entry of testdata/config.yaml as the collector does.
func load(t *testing.T, id string) (*Config, error) {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := all.Sub(id)
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	if err := sub.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestConfig(t *testing.T) {
	got, err := load(t, "dyetrace")
	require.NoError(t, err)
	require.Equal(t, createDefaultConfig(), got)

	got, err = load(t, "dyetrace/full")
	require.NoError(t, err)
	want := createDefaultConfig().(*Config)
	want.Shared.Engine, want.Shared.PolicyFile = "orders", "policy.yaml"
	want.Metrics = MetricsConfig{Interval: time.Minute, MaxSeries: 100, Edges: true}
	want.Findings.MaxPending, want.RunOutOnShutdown = 500, true
	require.Equal(t, want, got)
}

func TestBadConfigNamesTheField(t *testing.T) {
	_, err := load(t, "dyetrace/unknown")
	require.ErrorContains(t, err, "intervall")
	_, err = load(t, "dyetrace/bad")
	for _, field := range []string{"engine: ", "metrics::interval: ", "metrics::max_series: ", "findings::max_pending: "} {
		require.ErrorContains(t, err, field)
	}
}

package dyetraceprocessor

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
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
	extension := component.MustNewIDWithName("auditd", "main")
	for id, want := range map[string]func(*enginehost.Config){
		"dyetrace":           func(*enginehost.Config) {},
		"dyetrace/file":      func(c *enginehost.Config) { c.PolicyFile = "policy.yaml" },
		"dyetrace/extension": func(c *enginehost.Config) { c.PolicyExtension = &extension },
		"dyetrace/full": func(c *enginehost.Config) {
			*c = enginehost.Config{
				Engine: "orders", Policy: map[string]any{"version": 1, "origins": []any{"gateway"}}, ReloadInterval: time.Minute, TickInterval: 500 * time.Millisecond,
				Restarted: true, Limits: enginehost.Limits{Spans: 1_000_000, Messages: 100_000, Tags: 64, Names: 1000, Resources: 500, Findings: 1000, Edges: 2000},
			}
		},
	} {
		t.Run(id, func(t *testing.T) {
			got, err := load(t, id)
			require.NoError(t, err)
			expected := enginehost.DefaultConfig()
			want(&expected)
			require.Equal(t, expected, got.Shared)
		})
	}
}

func TestBadConfigNamesTheField(t *testing.T) {
	for id, message := range map[string]string{
		"dyetrace/unknown":           "polcy_file",
		"dyetrace/unknown_in_policy": "policy::origin: ",
		"dyetrace/two_policies":      "give only one of them",
	} {
		_, err := load(t, id)
		require.ErrorContains(t, err, message, id)
	}
}

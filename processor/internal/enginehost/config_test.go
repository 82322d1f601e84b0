package enginehost

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
)

func TestValidate(t *testing.T) {
	id := component.MustNewID("auditd")
	valid := DefaultConfig()
	require.NoError(t, valid.Validate())
	for name, tc := range map[string]struct {
		change  func(*Config)
		message string
	}{
		"no engine":      {func(c *Config) { c.Engine = "" }, "engine: must not be empty"},
		"two policies":   {func(c *Config) { c.PolicyFile, c.PolicyExtension = "p.yaml", &id }, "give only one"},
		"unknown field":  {func(c *Config) { c.Policy = map[string]any{"version": 1, "windows": map[string]any{"pear": "30s"}} }, "policy::windows.pear: "},
		"bad value":      {func(c *Config) { c.Policy = map[string]any{"version": 1, "windows": map[string]any{"pair": "soon"}} }, "policy::windows.pair: "},
		"reload":         {func(c *Config) { c.ReloadInterval = 0 }, "reload_interval: "},
		"tick":           {func(c *Config) { c.TickInterval = time.Hour }, "tick_interval: "},
		"negative limit": {func(c *Config) { c.Limits.Tags = -1 }, "limits::tags: "},
	} {
		t.Run(name, func(t *testing.T) {
			c := DefaultConfig()
			tc.change(&c)
			require.ErrorContains(t, c.Validate(), tc.message)
		})
	}
}

func TestMergeTakesWhatOneLeavesOut(t *testing.T) {
	a, b := DefaultConfig(), DefaultConfig()
	a.PolicyFile, b.TickInterval, b.Limits.Spans, b.Restarted = "p.yaml", time.Minute, 7, true
	sum, differ := merge(a, b)
	require.Empty(t, differ)
	want := a
	want.TickInterval, want.Limits, want.Restarted = b.TickInterval, b.Limits, true
	require.Equal(t, want, sum)
	turned, differ := merge(b, a)
	require.Empty(t, differ)
	require.Equal(t, want, turned)
}

// JSON keeps what YAML would read as something else.
func TestInlineTextKeepsTypes(t *testing.T) {
	p, notes, err := parseInline(map[string]any{"version": 1, "baseline": []any{"no", "1", "", "<base>"}, "valid_from": "2026-11-21T12:00:00Z"})
	require.NoError(t, err)
	require.Empty(t, notes)
	require.Equal(t, []string{"no", "1", "", "<base>"}, p.Baseline)
	require.Equal(t, 2026, p.ValidFrom.Year())
}

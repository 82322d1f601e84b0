package enginehost

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"

	"github.com/dyetrace/dyetrace/processor/policysource"
)

func withPolicy(origin string) func(*Config) {
	return func(c *Config) { c.Policy = map[string]any{"version": 1, "origins": []any{origin}} }
}

func TestMembersShareOneEngine(t *testing.T) {
	j := newJoiner(t)
	logs := j.join(t, LogsConnector, nil)
	metrics := j.join(t, MetricsConnector, nil)
	require.Same(t, logs.host, metrics.host)
	require.True(t, logs.First())
	require.False(t, metrics.First())
	require.True(t, logs.Feeds())
	require.False(t, metrics.Feeds(), "the other half of the connector gets the same spans")

	p := j.join(t, Processor, withPolicy("edge"))
	require.Same(t, logs.host, p.host)
	require.True(t, p.Feeds())
	require.False(t, logs.Feeds())
	require.Equal(t, []string{"edge"}, p.host.life.policy.Origins, "the policy of whoever has one")

	p.Leave()
	p.Leave()
	require.False(t, logs.Feeds(), "what is on its way was judged already")
}

func TestOtherNamesAndCollectorsShareNothing(t *testing.T) {
	j := newJoiner(t)
	m := j.join(t, LogsConnector, nil)
	other := j.join(t, LogsConnector, func(c *Config) { c.Engine = "other" })
	require.NotSame(t, m.host, other.host)
	k := newJoiner(t)
	k.telemetry.Resource.Attributes().PutStr("service.instance.id", "another")
	require.NotSame(t, m.host, k.join(t, LogsConnector, nil).host)
}

func TestTheLastMemberEndsTheEngine(t *testing.T) {
	j := newJoiner(t)
	m := j.join(t, Processor, nil)
	before := m.host
	m.Leave()
	require.NotContains(t, hosts.hosts, before.key)
	again := j.join(t, Processor, nil)
	require.NotSame(t, before, again.host)
}

func TestContradictionsAreToldAtTheStart(t *testing.T) {
	for name, tc := range map[string]struct {
		role    Role
		a, b    func(*Config)
		message string
	}{
		"policies": {
			Processor, withPolicy("a"), withPolicy("b"),
			`connector dyetrace/c and processor dyetrace/p share the engine "default" but differ in policy ({"origins":["a"],"version":1}; {"origins":["b"],"version":1})`,
		},
		"limits": {
			Processor, func(c *Config) { c.Limits.Spans = 1 }, func(c *Config) { c.Limits.Spans = 2 }, "differ in limits",
		},
		"ticks":       {Processor, func(c *Config) { c.TickInterval *= 2 }, func(c *Config) { c.TickInterval *= 3 }, "differ in tick_interval (2s; 3s)"},
		"two outlets": {LogsConnector, nil, nil, "both deliver the findings"},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJoiner(t)
			j.join(t, LogsConnector, tc.a)
			cfg := DefaultConfig()
			if tc.b != nil {
				tc.b(&cfg)
			}
			_, err := Join(j.settings(tc.role, cfg))
			require.ErrorContains(t, err, tc.message)
		})
	}
}

func TestBadPoliciesStopTheStart(t *testing.T) {
	j := newJoiner(t)
	file := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(file, []byte("version: 1\nkeyz: {}\n"), 0o600))
	id := component.MustNewID("policies")
	for name, tc := range map[string]struct {
		host    component.Host
		change  func(*Config)
		message string
	}{
		"file":                 {nil, func(c *Config) { c.PolicyFile = file }, "policy.yaml:2:1: keyz"},
		"no file":              {nil, func(c *Config) { c.PolicyFile = file + "x" }, "no such file"},
		"no extension":         {nil, func(c *Config) { c.PolicyExtension = &id }, "policies is not among service::extensions"},
		"another extension":    {hostWith{id, struct{ component.Component }{}}, func(c *Config) { c.PolicyExtension = &id }, "hands out no policies"},
		"an extension refuses": {hostWith{id, &source{}}, func(c *Config) { c.PolicyExtension = &id }, "policy_extension: policies"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			tc.change(&cfg)
			s := j.settings(Processor, cfg)
			if tc.host != nil {
				s.Host = tc.host
			}
			_, err := Join(s)
			require.ErrorContains(t, err, tc.message)
			require.NotContains(t, hosts.hosts, key{t.Name(), DefaultEngine})
		})
	}
}

func TestAnExtensionHandsOutPolicies(t *testing.T) {
	j := newJoiner(t)
	p, batches := scene(t, leak)
	id := component.MustNewID("policies")
	ext := &source{first: policysource.Update{Policy: p}}
	j.host = hostWith{id, ext}
	m := j.join(t, LogsConnector, func(c *Config) { c.PolicyExtension = &id })
	j.join(t, Processor, func(c *Config) { c.PolicyExtension = &id })
	for _, td := range batches {
		m.Feed(td)
	}
	require.Equal(t, 1, m.Outbox().Pending())

	p.Origins = []string{"edge"}
	require.NoError(t, ext.use(policysource.Update{Policy: p, Version: "2"}))
	_, updates := m.Stats()
	require.Equal(t, PolicyUpdates{Applied: 1}, updates)

	p.Windows.Pair = -1
	require.Error(t, ext.use(policysource.Update{Policy: p}))
	_, updates = m.Stats()
	require.Equal(t, PolicyUpdates{Applied: 1, Refused: 1}, updates)
	require.Equal(t, []string{"edge"}, m.host.life.policy.Origins)
	require.Zero(t, ext.ended)
	for _, each := range append([]*Member(nil), m.host.members...) {
		each.Leave()
	}
	require.Equal(t, 1, ext.ended)
}

// A policy that changes how spans are read begins another life; the counts of the
// one before are given out once more.
func TestAPolicyMayNeedANewEngine(t *testing.T) {
	j := newJoiner(t)
	p, batches := scene(t, leak)
	id := component.MustNewID("policies")
	ext := &source{first: policysource.Update{Policy: p}}
	j.host = hostWith{id, ext}
	m := j.join(t, LogsConnector, func(c *Config) { c.PolicyExtension = &id })
	m.Feed(batches[0])
	before := m.Snapshots()
	require.Len(t, before, 1)

	p.Keys.Env = []string{"env"}
	require.NoError(t, ext.use(policysource.Update{Policy: p}))
	all := m.Snapshots()
	require.Len(t, all, 2)
	require.Equal(t, before[0].Run, all[0].Run)
	require.EqualValues(t, 1, all[0].Stats.Spans)
	require.NotEqual(t, all[0].Run, all[1].Run)
	require.Zero(t, all[1].Stats.Spans)
	require.False(t, all[1].Started.Before(all[0].Started))
	m.Delivered(1)
	require.Len(t, m.Snapshots(), 1)
	require.NotEmpty(t, j.logs.FilterMessageSnippet("starts anew").All())
}

func TestASubscriptionThatFails(t *testing.T) {
	j := newJoiner(t)
	id := component.MustNewID("policies")
	j.host = hostWith{id, failing{}}
	cfg := DefaultConfig()
	cfg.PolicyExtension = &id
	_, err := Join(j.settings(Processor, cfg))
	require.ErrorContains(t, err, "not ready")
}

type failing struct{ component.Component }

func (failing) Subscribe(func(policysource.Update) error) (func(), error) {
	return nil, errors.New("not ready")
}

package enginehost

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/audittest"
	"github.com/dyetrace/dyetrace/auditor/audittest/pdatagen"
	"github.com/dyetrace/dyetrace/processor/policysource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	processorID = component.MustNewIDWithName("dyetrace", "p")
	connectorID = component.MustNewIDWithName("dyetrace", "c")
)

// joiner joins components of one collector.
type joiner struct {
	telemetry component.TelemetrySettings
	logs      *observer.ObservedLogs
	host      component.Host
}

func newJoiner(t *testing.T) *joiner {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	set := componenttest.NewNopTelemetrySettings()
	set.Logger = zap.New(core)
	set.Resource.Attributes().PutStr("service.instance.id", t.Name())
	return &joiner{telemetry: set, logs: logs, host: componenttest.NewNopHost()}
}

func (j *joiner) settings(role Role, cfg Config) Settings {
	s := Settings{Role: role, ID: connectorID, Telemetry: j.telemetry, Host: j.host, Config: cfg, Outbox: 100}
	if role == Processor {
		s.ID = processorID
	}
	return s
}

func (j *joiner) join(t *testing.T, role Role, change func(*Config)) *Member {
	t.Helper()
	cfg := DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	m, err := Join(j.settings(role, cfg))
	require.NoError(t, err)
	t.Cleanup(m.Leave)
	return m
}

// source is an extension that hands out policies.
type source struct {
	component.Component
	first policysource.Update
	use   func(policysource.Update) error
	ended int
}

func (s *source) Subscribe(use func(policysource.Update) error) (func(), error) {
	s.use = use
	return func() { s.ended++ }, use(s.first)
}

// hostWith is a collector's host with one extension.
type hostWith struct {
	id  component.ID
	ext component.Component
}

func (h hostWith) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{h.id: h.ext}
}

// leak is a gray call that reaches baseline while the twin is alive.
const leak = `
policy
  origins: [gateway]
  alive: [{service: svc-a, home: gray}]
end
reporting: *
case "leak"
  trace t
    gateway/base SERVER "GET /api" env=gray #in
      svc-a/base SERVER "GET /a" env=gray => leak proven
`

// scene returns the policy of a one-case script and its spans, each as a batch.
func scene(t *testing.T, text string) (auditor.Policy, []ptrace.Traces) {
	t.Helper()
	script, err := audittest.Parse("scene.audit", []byte(text))
	require.NoError(t, err)
	p, err := script.Cases[0].Policy()
	require.NoError(t, err)
	var out []ptrace.Traces
	for _, a := range script.Cases[0].Timed() {
		out = append(out, pdatagen.Traces([]audittest.Arrival{a}, pdatagen.Options{Keys: p.Keys}))
	}
	return p, out
}

// pass lets time pass inside a synctest bubble, and all work that it causes.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's clock, not the real one
	synctest.Wait()
}

package dyetraceconnector

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.uber.org/zap"

	"github.com/dyetrace/dyetrace/processor/dyetraceconnector/internal/metadata"
	"github.com/dyetrace/dyetrace/processor/internal/enginehost"
)

// base is what both halves of the connector have in common.
type base struct {
	set       connector.Settings
	cfg       *Config
	telemetry *metadata.TelemetryBuilder
	member    *enginehost.Member // nil before the start

	stop     context.CancelFunc // ends the goroutine
	finished sync.WaitGroup
}

func newBase(set connector.Settings, cfg *Config) (*base, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &base{set: set, cfg: cfg, telemetry: telemetry, stop: func() {}}, nil
}

// Capabilities of both: spans are read only.
func (*base) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// join starts a member and its one goroutine.
func (b *base) join(role enginehost.Role, host component.Host, run func(context.Context)) error {
	member, err := enginehost.Join(enginehost.Settings{
		Role: role, ID: b.set.ID, Telemetry: b.set.TelemetrySettings, Host: host,
		Config: b.cfg.Shared, Outbox: b.cfg.Findings.MaxPending,
	})
	if err != nil {
		return err
	}
	b.member = member
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.finished.Go(func() { run(ctx) })
	return b.observe()
}

// end stops the goroutine, decides what is open where that is asked for, delivers
// for the last time and leaves the engine.
func (b *base) end(ctx context.Context, deliver func(context.Context) error) error {
	b.stop()
	b.finished.Wait()
	if b.member == nil {
		b.telemetry.Shutdown()
		return nil
	}
	if b.cfg.RunOutOnShutdown {
		b.member.RunOut()
	}
	err := deliver(ctx)
	b.telemetry.Shutdown()
	b.member.Leave()
	return err
}

// failed takes note of a delivery that the next pipeline refused. It returns an
// error that asks the sender to come again, whatever the next pipeline thought of
// that: the spans are good, and what waits is delivered with the next of them.
func (b *base) failed(ctx context.Context, what string, err error) error {
	b.telemetry.ConnectorDyetraceDeliveryFailures.Add(ctx, 1)
	b.set.Logger.Warn("The next pipeline refuses "+what+"; they are kept and delivered later.", zap.Error(err))
	return errors.New("dyetrace: the next pipeline refuses " + what + ", send the spans again: " + err.Error())
}

var errPending = errors.New("dyetrace: too many findings wait for delivery (findings::max_pending), send the spans again later")

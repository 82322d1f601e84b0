package collectortest

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/dyetrace/dyetrace/processor/dyetraceconnector"
	"github.com/dyetrace/dyetrace/processor/dyetraceprocessor"
)

// Collector is a running collector that takes OTLP over a Unix socket.
type Collector struct {
	Sinks *Sinks
	// Own reads the collector's own metrics.
	Own *sdkmetric.ManualReader

	t      testing.TB
	col    *otelcol.Collector
	conn   *grpc.ClientConn
	client ptraceotlp.GRPCClient
	done   chan error
}

// patience bounds every wait of a test.
const patience = 30 * time.Second

// Start runs a collector with the configuration, in which ${socket} is the
// endpoint of the OTLP receiver. It is shut down at the end of the test, if not
// before.
func Start(t testing.TB, config string, extensions ...extension.Factory) *Collector {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "otlp")
	c := &Collector{Sinks: newSinks(), Own: sdkmetric.NewManualReader(), t: t, done: make(chan error, 1)}
	var err error
	c.col, err = otelcol.NewCollector(c.settings(strings.ReplaceAll(config, "${socket}", socket), extensions))
	require.NoError(t, err)
	go func() { c.done <- c.col.Run(context.Background()) }()
	c.await()
	c.conn, err = grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(64<<20)))
	require.NoError(t, err)
	c.client = ptraceotlp.NewGRPCClient(c.conn)
	t.Cleanup(c.Shutdown)
	return c
}

// Fails runs a collector that is not to start and returns why.
func Fails(t testing.TB, config string) error {
	t.Helper()
	c := &Collector{Sinks: newSinks(), Own: sdkmetric.NewManualReader(), t: t}
	col, err := otelcol.NewCollector(c.settings(strings.ReplaceAll(config, "${socket}", filepath.Join(t.TempDir(), "otlp")), nil))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = col.Run(ctx)
	require.Error(t, err, "the collector started")
	return err
}

func (c *Collector) await() {
	running := time.NewTicker(time.Millisecond)
	defer running.Stop()
	for late := time.After(patience); c.col.GetState() != otelcol.StateRunning; {
		select {
		case err := <-c.done:
			require.NoError(c.t, err, "the collector ended")
		case <-late:
			require.Fail(c.t, "the collector does not start")
		case <-running.C:
		}
	}
}

// Shutdown ends the collector and returns when it has. Doing it again does
// nothing.
func (c *Collector) Shutdown() {
	if c.done == nil {
		return
	}
	c.col.Shutdown()
	require.NoError(c.t, <-c.done)
	require.NoError(c.t, c.conn.Close())
	c.done = nil
}

// Send exports a batch over OTLP/gRPC, once.
func (c *Collector) Send(td ptrace.Traces) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := c.client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
	return err
}

func (c *Collector) settings(config string, extensions []extension.Factory) otelcol.CollectorSettings {
	return otelcol.CollectorSettings{
		BuildInfo:               component.BuildInfo{Command: "test", Version: "test"},
		DisableGracefulShutdown: true,
		SkipSettingGRPCLogger:   true,
		LoggingOptions:          []zap.Option{zap.WrapCore(func(zapcore.Core) zapcore.Core { return zapcore.NewNopCore() })},
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs: []string{"yaml:" + config}, ProviderFactories: []confmap.ProviderFactory{yamlprovider.NewFactory()},
		}},
		Factories: func() (otelcol.Factories, error) { return c.factories(extensions) },
	}
}

func (c *Collector) factories(extensions []extension.Factory) (f otelcol.Factories, err error) {
	f.Telemetry = c.telemetry()
	if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory()); err != nil {
		return f, err
	}
	if f.Processors, err = otelcol.MakeFactoryMap[processor.Factory](dyetraceprocessor.NewFactory()); err != nil {
		return f, err
	}
	if f.Connectors, err = otelcol.MakeFactoryMap[connector.Factory](dyetraceconnector.NewFactory()); err != nil {
		return f, err
	}
	if f.Extensions, err = otelcol.MakeFactoryMap[extension.Factory](extensions...); err != nil {
		return f, err
	}
	f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](c.Sinks.factory())
	return f, err
}

// telemetry gives each collector its own instance id, as a real one has, and lets
// the test read the metrics.
func (c *Collector) telemetry() telemetry.Factory {
	return telemetry.NewFactory(func() component.Config { return &struct{}{} },
		telemetry.WithCreateResource(func(context.Context, telemetry.Settings, component.Config) (pcommon.Resource, error) {
			r := pcommon.NewResource()
			r.Attributes().PutStr("service.instance.id", rand.Text())
			return r, nil
		}),
		telemetry.WithCreateMeterProvider(func(context.Context, telemetry.MeterSettings, component.Config) (telemetry.MeterProvider, error) {
			return sdkmetric.NewMeterProvider(sdkmetric.WithReader(c.Own)), nil
		}))
}

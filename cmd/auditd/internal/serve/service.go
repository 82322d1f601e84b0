package serve

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/service"
	"go.uber.org/zap"
)

// errComponent: a component has told a fatal error while it ran.
var errComponent = errors.New("a component cannot go on")

// runService runs the collector's service until ctx ends. It is otelcol.Collector
// without two of its habits: that one takes SIGHUP for a restart of everything,
// which would lose the facts in memory, and ends without an error where a component
// has failed.
func runService(ctx context.Context, set otelcol.CollectorSettings) (err error) {
	factories, err := set.Factories()
	if err != nil {
		return err
	}
	provider, err := otelcol.NewConfigProvider(set.ConfigProviderSettings)
	if err != nil {
		return wrong{err}
	}
	defer func() { err = errors.Join(err, provider.Shutdown(context.WithoutCancel(ctx))) }()
	cfg, err := provider.Get(ctx, factories)
	if err != nil {
		return wrong{err}
	}
	fatal := make(chan error)
	settings, err := settingsOf(set, &factories, cfg, fatal)
	if err != nil {
		return err
	}
	s, err := service.New(ctx, settings, cfg.Service)
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return errors.Join(err, s.Shutdown(context.WithoutCancel(ctx)))
	}
	var failure error
	select {
	case <-ctx.Done():
		s.Logger().Info("Ending: no more spans are taken, and what was taken is stored.")
	case err := <-fatal:
		failure = fmt.Errorf("%w: %w", errComponent, err)
		s.Logger().Error("A component cannot go on.", zap.Error(err))
	}
	return errors.Join(failure, s.Shutdown(context.WithoutCancel(ctx)))
}

func settingsOf(set otelcol.CollectorSettings, f *otelcol.Factories, cfg *otelcol.Config, fatal chan error) (service.Settings, error) {
	conf := confmap.New()
	if err := conf.Marshal(cfg); err != nil {
		return service.Settings{}, fmt.Errorf("the configuration cannot be shown: %w", err)
	}
	return service.Settings{
		BuildInfo:           set.BuildInfo,
		CollectorConf:       conf,
		ConfigSnapshot:      extensioncapabilities.NewConfigSnapshot(conf, conf),
		ReceiversConfigs:    cfg.Receivers,
		ReceiversFactories:  f.Receivers,
		ProcessorsConfigs:   cfg.Processors,
		ProcessorsFactories: f.Processors,
		ExportersConfigs:    cfg.Exporters,
		ExportersFactories:  f.Exporters,
		ConnectorsConfigs:   cfg.Connectors,
		ConnectorsFactories: f.Connectors,
		ExtensionsConfigs:   cfg.Extensions,
		ExtensionsFactories: f.Extensions,
		ModuleInfos: service.ModuleInfos{
			Receiver: moduleInfo(f.ReceiverModules), Processor: moduleInfo(f.ProcessorModules), Exporter: moduleInfo(f.ExporterModules),
			Extension: moduleInfo(f.ExtensionModules), Connector: moduleInfo(f.ConnectorModules),
		},
		AsyncErrorChannel: fatal,
		BuildZapLogger: func(c zap.Config, o ...zap.Option) (*zap.Logger, error) {
			return c.Build(append(o, set.LoggingOptions...)...)
		},
		TelemetryFactory: f.Telemetry,
	}, nil
}

func moduleInfo(modules map[component.Type]string) map[component.Type]service.ModuleInfo {
	out := make(map[component.Type]service.ModuleInfo, len(modules))
	for t, m := range modules {
		out[t] = service.ModuleInfo{BuilderRef: m}
	}
	return out
}

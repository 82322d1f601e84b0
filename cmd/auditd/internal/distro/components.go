package distro

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/forwardconnector"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/nopexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdexporter"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdextension"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/nesting"
	"github.com/dyetrace/dyetrace/processor/dyetraceconnector"
	"github.com/dyetrace/dyetrace/processor/dyetraceprocessor"
)

// The modules of the components, as `auditd components` shows them. They are of
// one release of the collector; a test holds them against go.mod.
const (
	coreVersion   = "v0.159.0"
	stableVersion = "v1.65.0"
	core          = "go.opentelemetry.io/collector/"
	contrib       = "github.com/open-telemetry/opentelemetry-collector-contrib/"
	own           = "github.com/dyetrace/dyetrace"
)

// Factories returns the components. The extension auditd gets the hooks, and the
// collector's own metrics go to its /metrics where a configuration says nothing
// else.
func Factories(h auditdextension.Hooks) (f otelcol.Factories, err error) {
	metrics := newOwnMetrics()
	if h.Own == nil {
		h.Own = metrics
	}
	f.Telemetry = telemetryFactory(metrics)
	if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory()); err != nil {
		return f, err
	}
	if f.Processors, err = otelcol.MakeFactoryMap[processor.Factory](
		batchprocessor.NewFactory(), dyetraceprocessor.NewFactory(), memorylimiterprocessor.NewFactory()); err != nil {
		return f, err
	}
	if f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](
		auditdexporter.NewFactory(), debugexporter.NewFactory(), nopexporter.NewFactory(), otlpexporter.NewFactory(), otlphttpexporter.NewFactory()); err != nil {
		return f, err
	}
	if f.Connectors, err = otelcol.MakeFactoryMap[connector.Factory](dyetraceconnector.NewFactory(), forwardconnector.NewFactory()); err != nil {
		return f, err
	}
	f.Extensions, err = otelcol.MakeFactoryMap[extension.Factory](auditdextension.NewFactory(h), bearertokenauthextension.NewFactory(), nesting.NewFactory())
	modules(&f)
	return f, err
}

// modules names where the components come from.
func modules(f *otelcol.Factories) {
	of := func(module string) string { return module + " " + coreVersion }
	f.ReceiverModules = map[component.Type]string{component.MustNewType("otlp"): of(core + "receiver/otlpreceiver")}
	f.ProcessorModules = map[component.Type]string{
		component.MustNewType("batch"):          of(core + "processor/batchprocessor"),
		component.MustNewType("memory_limiter"): of(core + "processor/memorylimiterprocessor"),
		component.MustNewType("dyetrace"):       own,
	}
	f.ExporterModules = map[component.Type]string{
		component.MustNewType("auditd"):    own,
		component.MustNewType("debug"):     of(core + "exporter/debugexporter"),
		component.MustNewType("nop"):       of(core + "exporter/nopexporter"),
		component.MustNewType("otlp_grpc"): of(core + "exporter/otlpexporter"),
		component.MustNewType("otlp_http"): of(core + "exporter/otlphttpexporter"),
	}
	f.ConnectorModules = map[component.Type]string{
		component.MustNewType("dyetrace"): own,
		component.MustNewType("forward"):  of(core + "connector/forwardconnector"),
	}
	f.ExtensionModules = map[component.Type]string{
		component.MustNewType("auditd"):          own,
		component.MustNewType("nesting_limit"):   own,
		component.MustNewType("bearertokenauth"): of(contrib + "extension/bearertokenauthextension"),
	}
}

// Providers returns what --config takes, by scheme: file (the default), env and
// yaml. There is none for HTTP: what configures an auditor is not to come from the
// network.
func Providers() []confmap.ProviderFactory {
	return []confmap.ProviderFactory{envprovider.NewFactory(), fileprovider.NewFactory(), yamlprovider.NewFactory()}
}

// ProviderModules names where the providers come from, by scheme.
func ProviderModules() map[string]string {
	of := func(name string) string { return core + "confmap/provider/" + name + " " + stableVersion }
	return map[string]string{"env": of("envprovider"), "file": of("fileprovider"), "yaml": of("yamlprovider")}
}

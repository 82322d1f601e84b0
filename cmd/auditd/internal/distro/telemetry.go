package distro

import (
	"context"
	"reflect"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configtelemetry"
	"go.opentelemetry.io/collector/service/telemetry"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
	otelconf "go.opentelemetry.io/contrib/otelconf/v0.3.0"
	"go.opentelemetry.io/otel/attribute"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// onAPI stands in a configuration for "the collector's own metrics are on /metrics
// of the extension auditd". It is the default reader; another reader in
// service::telemetry::metrics::readers takes its place.
const onAPI = "/metrics of extension auditd"

// ownMetrics are the collector's metrics about itself. A service that is set up
// again begins them anew.
type ownMetrics struct {
	mu       sync.Mutex
	registry *prometheus.Registry
}

func newOwnMetrics() *ownMetrics { return &ownMetrics{registry: prometheus.NewRegistry()} }

// Gather implements prometheus.Gatherer.
func (o *ownMetrics) Gather() ([]*dto.MetricFamily, error) {
	o.mu.Lock()
	r := o.registry
	o.mu.Unlock()
	return r.Gather()
}

func (o *ownMetrics) fresh() *prometheus.Registry {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.registry = prometheus.NewRegistry()
	return o.registry
}

func defaultReaders() []otelconf.MetricReader {
	host := onAPI
	return []otelconf.MetricReader{{Pull: &otelconf.PullMetricReader{Exporter: otelconf.PullMetricExporter{Prometheus: &otelconf.Prometheus{Host: &host}}}}}
}

// telemetryFactory is the collector's, but for where its metrics go by default: to
// one page with the counts, instead of a port of their own.
func telemetryFactory(own *ownMetrics) telemetry.Factory {
	base := otelconftelemetry.NewFactory()
	return telemetry.NewFactory(func() component.Config {
		cfg := base.CreateDefaultConfig().(*otelconftelemetry.Config) //nolint:forcetypeassert // its own type
		cfg.Metrics.Readers = defaultReaders()
		return cfg
	},
		telemetry.WithCreateResource(base.CreateResource),
		telemetry.WithCreateLogger(base.CreateLogger),
		telemetry.WithCreateTracerProvider(base.CreateTracerProvider),
		telemetry.WithCreateMeterProvider(func(ctx context.Context, set telemetry.MeterSettings, c component.Config) (telemetry.MeterProvider, error) {
			cfg := c.(*otelconftelemetry.Config) //nolint:forcetypeassert // its own type
			if cfg.Metrics.Level == configtelemetry.LevelNone || !reflect.DeepEqual(cfg.Metrics.Readers, defaultReaders()) {
				return base.CreateMeterProvider(ctx, set, c)
			}
			return own.provider(set, cfg.Metrics.Level)
		}))
}

// provider gives the collector's metrics to the registry, with the names of the
// Prometheus translation.
func (o *ownMetrics) provider(set telemetry.MeterSettings, level configtelemetry.Level) (telemetry.MeterProvider, error) {
	reader, err := otelprom.New(otelprom.WithRegisterer(o.fresh()), otelprom.WithoutScopeInfo(),
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, err
	}
	var attributes []attribute.KeyValue
	for k, v := range set.Resource.Attributes().All() {
		attributes = append(attributes, attribute.String(k, v.AsString()))
	}
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(resource.NewSchemaless(attributes...)),
		sdkmetric.WithView(levelView(level))), nil
}

// levelView leaves out what the collector shows at the level detailed only: the
// metrics of its HTTP and gRPC libraries, which have many series. Kept are the
// requests that servers answered, by status: nothing else counts what is refused
// before it is decoded.
func levelView(level configtelemetry.Level) sdkmetric.View {
	return func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
		if level >= configtelemetry.LevelDetailed || !strings.HasPrefix(i.Scope.Name, "go.opentelemetry.io/contrib/instrumentation/") {
			return sdkmetric.Stream{}, false
		}
		out := sdkmetric.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit, Aggregation: sdkmetric.AggregationDrop{}}
		switch i.Name {
		case "http.server.request.duration", "rpc.server.call.duration", "rpc.server.duration":
			out.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{.01, .1, 1, 10}}
			out.AttributeFilter = attribute.NewAllowKeysFilter(
				"http.request.method", "http.response.status_code", "rpc.method", "rpc.grpc.status_code", "rpc.response.status_code")
		}
		return out, true
	}
}

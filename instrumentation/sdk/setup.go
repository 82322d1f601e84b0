package sdk

import (
	"context"
	"errors"
	"fmt"
	"math"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/dyetrace/dyetrace/instrumentation/propagation"
)

// Setup makes a tracer provider ([NewTracerProvider]) and installs it and the
// propagator as OpenTelemetry's globals. Without options it keeps all traffic
// and exports nothing, but tags travel.
//
// shutdown flushes and stops the provider; the globals stay, and give spans
// that record nothing. It must be called once, and is never nil. On an error
// nothing was installed.
func Setup(ctx context.Context, options ...Option) (shutdown func(context.Context) error, err error) {
	provider, err := NewTracerProvider(ctx, options...)
	if err != nil {
		return func(context.Context) error { return nil }, err
	}
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.New())
	return provider.Shutdown, nil
}

// NewTracerProvider returns a tracer provider with the sampler, the span
// processor and the workload's home on its resource. The caller shuts it down.
//
// The resource also has what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
// say; a home given by [WithHome], GRAY_HOME or the pod's labels goes before
// one in OTEL_RESOURCE_ATTRIBUTES. OTEL_TRACES_SAMPLER is not read: another
// sampler would write no witness.
func NewTracerProvider(ctx context.Context, options ...Option) (*sdktrace.TracerProvider, error) {
	c := config{ratio: 1}
	for _, o := range options {
		if o != nil {
			o.apply(&c)
		}
	}
	if c.ratio < 0 || c.ratio > 1 || math.IsNaN(c.ratio) {
		return nil, fmt.Errorf("baseline ratio %v is impossible; use 0 to 1", c.ratio)
	}
	res, err := c.resource(ctx)
	if err != nil {
		return nil, err
	}
	return sdktrace.NewTracerProvider(c.providerOptions(res)...), nil
}

// resource merges what the environment, the options and the detector say.
func (c *config) resource(ctx context.Context) (*resource.Resource, error) {
	options := []resource.Option{resource.WithTelemetrySDK(), resource.WithFromEnv()}
	if c.service != "" {
		options = append(options, resource.WithAttributes(attribute.String("service.name", c.service)))
	}
	options = append(options, resource.WithAttributes(c.attributes...), resource.WithDetectors(NewDetector(c.home)))
	res, err := resource.New(ctx, options...)
	// Two schema URLs only mean that the result has none.
	if err != nil && !errors.Is(err, resource.ErrSchemaURLConflict) {
		return nil, fmt.Errorf("resource of this workload: %w", err)
	}
	return res, nil
}

// providerOptions puts the tag's processor before those that export.
func (c *config) providerOptions(res *resource.Resource) []sdktrace.TracerProviderOption {
	options := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(res),
		sdktrace.WithSampler(NewSampler(c.ratio)),
		sdktrace.WithSpanProcessor(NewSpanProcessor()),
	}
	for _, newProcessor := range c.processors {
		options = append(options, sdktrace.WithSpanProcessor(newProcessor()))
	}
	return options
}

package sdk

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Option of [Setup] and [NewTracerProvider].
type Option interface{ apply(*config) }

// config is what the options make of the defaults.
type config struct {
	service    string
	home       string
	ratio      float64
	attributes []attribute.KeyValue
	// processors are made late: a batcher starts a goroutine.
	processors []func() sdktrace.SpanProcessor
}

type option func(*config)

func (o option) apply(c *config) { o(c) }

// WithService names the service: service.name, in place of OTEL_SERVICE_NAME.
func WithService(name string) Option {
	return option(func(c *config) { c.service = name })
}

// WithHome says which environment this workload is deployed in, "base" for the
// baseline. Without it see [NewDetector].
func WithHome(home string) Option {
	return option(func(c *config) { c.home = home })
}

// WithBaselineRatio sets the part of the baseline traffic that is kept, 0 to
// 1; the default is 1. Tagged traffic is always kept.
func WithBaselineRatio(ratio float64) Option {
	return option(func(c *config) { c.ratio = ratio })
}

// WithExporter exports spans in batches. The provider owns the exporter and
// shuts it down. Several exporters all get every span.
func WithExporter(exporter sdktrace.SpanExporter, options ...sdktrace.BatchSpanProcessorOption) Option {
	return option(func(c *config) {
		if exporter != nil {
			c.processors = append(c.processors, func() sdktrace.SpanProcessor {
				return sdktrace.NewBatchSpanProcessor(exporter, options...)
			})
		}
	})
}

// WithSpanProcessor adds a processor after the one that copies the tag. The
// provider owns it and shuts it down.
func WithSpanProcessor(processor sdktrace.SpanProcessor) Option {
	return option(func(c *config) {
		if processor != nil {
			c.processors = append(c.processors, func() sdktrace.SpanProcessor { return processor })
		}
	})
}

// WithAttributes adds attributes to the resource.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	return option(func(c *config) { c.attributes = append(c.attributes, attributes...) })
}

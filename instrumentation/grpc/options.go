package graygrpc

import (
	"fmt"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
)

// Option of [DialOptions].
type Option interface{ apply(*config) }

type config struct {
	fallback routing.Policy
	otel     []otelgrpc.Option
}

type option func(*config)

func (o option) apply(c *config) { o(c) }

// WithFallback says what becomes of a tagged call where no endpoint has its
// home. The default is routing.Allow.
func WithFallback(policy routing.Policy) Option {
	return option(func(c *config) { c.fallback = policy })
}

// WithClientOptions hands options on to otelgrpc's client handler, after our
// own.
func WithClientOptions(options ...otelgrpc.Option) Option {
	return option(func(c *config) { c.otel = append(c.otel, options...) })
}

// DialOptions returns what a client connection needs: spans and propagation,
// and the balancer as default service config, which one from the resolver
// replaces. Call [Register] before: without it grpc.NewClient says that the
// default service config is invalid.
func DialOptions(options ...Option) []grpc.DialOption {
	var c config
	for _, o := range options {
		if o != nil {
			o.apply(&c)
		}
	}
	return []grpc.DialOption{
		grpc.WithStatsHandler(NewClientHandler(c.otel...)),
		grpc.WithDefaultServiceConfig(ServiceConfig(c.fallback)),
	}
}

// ServiceConfig returns the gRPC service config, as JSON, that selects the
// balancer with a fallback policy: for those who merge it with their own.
func ServiceConfig(fallback routing.Policy) string {
	return fmt.Sprintf(`{"loadBalancingConfig":[{%q:{"fallback":%q}}]}`, BalancerName, fallback)
}

// NewClientHandler returns otelgrpc's client handler with our propagator: for
// those who want no routing.
func NewClientHandler(options ...otelgrpc.Option) stats.Handler {
	return otelgrpc.NewClientHandler(append([]otelgrpc.Option{otelgrpc.WithPropagators(propagation.New())}, options...)...)
}

// ServerOption returns what a server needs: spans, and the tag in the context
// of each call. The options are handed on to otelgrpc's server handler, after
// our own.
func ServerOption(options ...otelgrpc.Option) grpc.ServerOption {
	return grpc.StatsHandler(NewServerHandler(options...))
}

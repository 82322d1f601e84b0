package graygrpc

import (
	"context"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"

	"github.com/dyetrace/dyetrace/instrumentation/propagation"
)

// NewServerHandler returns otelgrpc's server handler with our propagator.
func NewServerHandler(options ...otelgrpc.Option) stats.Handler {
	return serverHandler{otelgrpc.NewServerHandler(append([]otelgrpc.Option{otelgrpc.WithPropagators(propagation.New())}, options...)...)}
}

// serverHandler joins baggage that came in several lines: otelgrpc reads the
// first one only, and the tag may be in another.
type serverHandler struct{ stats.Handler }

// TagRPC implements [stats.Handler].
func (h serverHandler) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	return h.Handler.TagRPC(joined(ctx), info)
}

// joined returns ctx with one line of baggage.
func joined(ctx context.Context) context.Context {
	lines := metadata.ValueFromIncomingContext(ctx, "baggage")
	if len(lines) < 2 {
		return ctx
	}
	md, _ := metadata.FromIncomingContext(ctx) // a copy
	md.Set("baggage", strings.Join(lines, ","))
	return metadata.NewIncomingContext(ctx, md)
}

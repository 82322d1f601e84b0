package graygrpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

// WithHomes: the resolver knows addresses, somebody else their homes.
func TestWithHomes(t *testing.T) {
	instances := newTelemetry()
	base := listen(t, "127.0.0.1:0")
	gray := listen(t, "127.0.0.1:0")
	addresses := []resolver.Address{{Addr: base.Addr().String()}, {Addr: gray.Addr().String()}}
	instances.serve(t, base, "base", "")
	instances.serve(t, gray, "gray", "")
	homes := func(a resolver.Address) string {
		if a.Addr == gray.Addr().String() {
			return "gray"
		}
		return "base"
	}
	for _, state := range []resolver.State{
		{Addresses: addresses},
		{Endpoints: []resolver.Endpoint{{Addresses: addresses[:1]}, {Addresses: addresses[1:]}}},
	} {
		r := manual.NewBuilderWithScheme("graytest")
		r.InitialState(state)
		conn, err := grpc.NewClient("graytest:///svc", append(graygrpc.DialOptions(),
			grpc.WithResolvers(graygrpc.WithHomes(r, homes)), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
		require.NoError(t, err)
		for tag, want := range map[string]string{"gray": "gray sees gray", "": "base sees "} {
			got, err := call(tagged(t, tag), testgrpc.NewTestServiceClient(conn))
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.NoError(t, conn.Close())
	}
}

// Baggage may come in several lines; the tag may be in any.
func TestServerReadsEveryLine(t *testing.T) {
	instances := newTelemetry()
	base := instances.serve(t, listen(t, "127.0.0.1:0"), "base", "base")
	conn, err := grpc.NewClient("passthrough:///"+base.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(t.Context(),
		"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"baggage", "user=7", "baggage", "gray.env=gray", "tracestate", "dye=gray")
	got, err := call(ctx, testgrpc.NewTestServiceClient(conn))
	require.NoError(t, err)
	require.Equal(t, "base sees gray", got)
	span := instances.kind(t, trace.SpanKindServer, 1)[0]
	require.Equal(t, "gray", witness.Of(span.Parent().TraceState()))
}

func TestServiceConfigErrors(t *testing.T) {
	for config, want := range map[string]string{
		`{"loadBalancingConfig":[{"dyetrace_gray":{"fallback":"maybe"}}]}`: "use allow or forbid",
		`{"loadBalancingConfig":[{"dyetrace_gray":{"fallback":7}}]}`:       "config of balancer dyetrace_gray",
	} {
		_, err := grpc.NewClient("passthrough:///x", grpc.WithDefaultServiceConfig(config), grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.ErrorContains(t, err, want)
	}
}

// The decision belongs on the client span, never on the caller's own.
func TestNoDecisionWithoutClientSpan(t *testing.T) {
	base := newTelemetry().serve(t, listen(t, "127.0.0.1:0"), "base", "base")
	tel := newTelemetry()
	conn, err := grpc.NewClient("passthrough:///"+base.Addr,
		grpc.WithDefaultServiceConfig(graygrpc.ServiceConfig(routing.Allow)), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	ctx, span := tel.Tracer("test").Start(tagged(t, "gray"), "mine", trace.WithSpanKind(trace.SpanKindServer))
	_, err = call(ctx, testgrpc.NewTestServiceClient(conn))
	span.End()
	require.NoError(t, err)
	require.Empty(t, attr(tel.kind(t, trace.SpanKindServer, 1)[0], envtag.DecisionKey))
}

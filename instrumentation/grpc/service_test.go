package graygrpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
	"github.com/dyetrace/dyetrace/instrumentation/internal/leaktest"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

// What has to happen happens within eventually; a span may end just after the
// answer has arrived.
const eventually, tick = time.Minute, time.Millisecond

func TestMain(m *testing.M) {
	graygrpc.Register()
	os.Exit(leaktest.Run(m.Run))
}

// telemetry is one service's own provider; spans are kept in memory.
type telemetry struct {
	*sdktrace.TracerProvider
	spans *tracetest.SpanRecorder
}

func newTelemetry() telemetry {
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdk.NewSampler(1)),
		sdktrace.WithSpanProcessor(sdk.NewSpanProcessor()), sdktrace.WithSpanProcessor(spans))
	return telemetry{provider, spans}
}

// kind returns the ended spans of a kind once there are n.
func (tel telemetry) kind(t *testing.T, kind trace.SpanKind, n int) []sdktrace.ReadOnlySpan {
	t.Helper()
	var found []sdktrace.ReadOnlySpan
	require.Eventually(t, func() bool {
		found = nil
		for _, s := range tel.spans.Ended() {
			if s.SpanKind() == kind {
				found = append(found, s)
			}
		}
		return len(found) >= n
	}, eventually, tick)
	require.Len(t, found, n)
	return found
}

// attr returns an attribute of a span as text, "" where there is none.
func attr(s sdktrace.ReadOnlySpan, key string) string {
	for _, a := range s.Attributes() {
		if a.Key == attribute.Key(key) {
			return a.Value.String()
		}
	}
	return ""
}

// server is an instance that tells its name and the tag that it sees. A call
// with a payload that asks for an error fails.
type server struct {
	testgrpc.UnimplementedTestServiceServer
	name string
}

func (s server) answer(ctx context.Context) string {
	return s.name + " sees " + envtag.FromContext(ctx)
}

func (s server) UnaryCall(ctx context.Context, _ *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	return &testgrpc.SimpleResponse{Username: s.answer(ctx)}, nil
}

func (s server) FullDuplexCall(stream testgrpc.TestService_FullDuplexCallServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		payload := &testgrpc.Payload{Body: []byte(s.answer(stream.Context()))}
		if err := stream.Send(&testgrpc.StreamingOutputCallResponse{Payload: payload}); err != nil {
			return err
		}
	}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	return l
}

// serve starts an instance on l and returns its resolver address.
func (tel telemetry) serve(t *testing.T, l net.Listener, name, home string) resolver.Address {
	t.Helper()
	s := grpc.NewServer(graygrpc.ServerOption(otelgrpc.WithTracerProvider(tel)))
	testgrpc.RegisterTestServiceServer(s, server{name: name})
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		require.NoError(t, <-done)
	})
	return graygrpc.WithHome(resolver.Address{Addr: l.Addr().String()}, home)
}

// dial connects to the instances that r resolves.
func (tel telemetry) dial(t *testing.T, r *manual.Resolver, options ...graygrpc.Option) testgrpc.TestServiceClient {
	t.Helper()
	options = append(options, graygrpc.WithClientOptions(otelgrpc.WithTracerProvider(tel)), nil)
	conn, err := grpc.NewClient(r.Scheme()+":///svc-b", append(graygrpc.DialOptions(options...),
		grpc.WithResolvers(r), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return testgrpc.NewTestServiceClient(conn)
}

func resolve(addresses ...resolver.Address) *manual.Resolver {
	r := manual.NewBuilderWithScheme("graytest")
	r.InitialState(resolver.State{Addresses: addresses})
	return r
}

func tagged(t *testing.T, tag string) context.Context {
	t.Helper()
	ctx, err := envtag.ContextWith(t.Context(), tag)
	require.NoError(t, err)
	return ctx
}

func call(ctx context.Context, client testgrpc.TestServiceClient, options ...grpc.CallOption) (string, error) {
	answer, err := client.UnaryCall(ctx, &testgrpc.SimpleRequest{}, options...)
	return answer.GetUsername(), err
}

package e2e_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/dyetrace/dyetrace/instrumentation/edge"
	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
	"github.com/dyetrace/dyetrace/instrumentation/internal/otlpjson"
	"github.com/dyetrace/dyetrace/instrumentation/nethttp"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

// policy is what the tests declare to the auditor.
const policy = "version: 1\norigins: [gateway]\n"

// fleet is gateway -HTTP-> svc-a -gRPC-> svc-b -HTTP-> svc-c, each of the three
// deployed at baseline and at gray, each with a tracer provider of its own.
type fleet struct {
	t         *testing.T
	gateway   string
	directory nethttp.Directory
	svcB      *manual.Resolver
	spans     lines
	breaks    atomic.Pointer[breaks]
	stop      []func()
}

// breaks are the deliberate faults of the moment.
type breaks struct {
	// beforeC changes the context in which svc-b calls svc-c.
	beforeC func(context.Context) context.Context
	// bypass makes svc-a call svc-b past the balancer.
	bypass bool
}

// workload is one instance.
type workload struct {
	service, home string
	provider      *sdktrace.TracerProvider
	client        *http.Client
}

func newFleet(t *testing.T, gateway ...nethttp.HandlerOption) *fleet {
	t.Helper()
	f := &fleet{t: t, svcB: manual.NewBuilderWithScheme("fleet")}
	f.breaks.Store(&breaks{})
	var c, a []nethttp.Instance
	var b []resolver.Address
	for _, home := range []string{"base", "gray"} {
		w := f.workload("svc-c", home)
		c = append(c, f.serveHTTP(w, func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, home) }))
	}
	require.NoError(t, f.directory.Set("svc-c", c...))
	for _, home := range []string{"base", "gray"} {
		b = append(b, f.serveB(f.workload("svc-b", home)))
	}
	f.svcB.InitialState(resolver.State{Addresses: b})
	for _, home := range []string{"base", "gray"} {
		a = append(a, f.serveA(f.workload("svc-a", home), b[0].Addr))
	}
	require.NoError(t, f.directory.Set("svc-a", a...))
	w := f.workload("gateway", "base")
	f.gateway = f.serveHTTP(w, func(rw http.ResponseWriter, r *http.Request) {
		body, err := get(r.Context(), w.client, "http://svc-a/order")
		answer(rw, body, err)
	}, gateway...).Address
	t.Cleanup(f.close)
	return f
}

// workload makes the telemetry of one instance; its spans go to the fleet's
// file as they end.
func (f *fleet) workload(service, home string) *workload {
	f.t.Helper()
	provider, err := sdk.NewTracerProvider(f.t.Context(), sdk.WithService(service), sdk.WithHome(home),
		sdk.WithSpanProcessor(sdktrace.NewSimpleSpanProcessor(otlpjson.NewExporter(&f.spans))))
	require.NoError(f.t, err)
	base := &http.Transport{}
	f.stop = append(f.stop, base.CloseIdleConnections)
	return &workload{service, home, provider, &http.Client{Transport: nethttp.NewTransport(base,
		nethttp.WithResolver(&f.directory), nethttp.WithClientOptions(otelhttp.WithTracerProvider(provider)))}}
}

func (f *fleet) serveHTTP(w *workload, next http.HandlerFunc, options ...nethttp.HandlerOption) nethttp.Instance {
	server := httptest.NewServer(nethttp.NewHandler(next, w.service,
		append(options, nethttp.WithServerOptions(otelhttp.WithTracerProvider(w.provider)))...))
	f.stop = append(f.stop, server.Close)
	return nethttp.Instance{Address: strings.TrimPrefix(server.URL, "http://"), Home: w.home}
}

// serveA calls svc-b by gRPC: through the balancer or, on a bypass, straight to
// the baseline.
func (f *fleet) serveA(w *workload, baseline string) nethttp.Instance {
	dial := func(target string, options ...grpc.DialOption) testgrpc.TestServiceClient {
		conn, err := grpc.NewClient(target, append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
		require.NoError(f.t, err)
		f.stop = append(f.stop, func() { _ = conn.Close() })
		return testgrpc.NewTestServiceClient(conn)
	}
	traced := otelgrpc.WithTracerProvider(w.provider)
	routed := dial("fleet:///svc-b", append(graygrpc.DialOptions(graygrpc.WithClientOptions(traced)), grpc.WithResolvers(f.svcB))...)
	direct := dial("passthrough:///"+baseline, grpc.WithStatsHandler(graygrpc.NewClientHandler(traced)))
	return f.serveHTTP(w, func(rw http.ResponseWriter, r *http.Request) {
		client := routed
		if f.breaks.Load().bypass {
			client = direct
		}
		response, err := client.UnaryCall(r.Context(), &testgrpc.SimpleRequest{})
		answer(rw, w.home+response.GetUsername(), err)
	})
}

// svcB calls svc-c by HTTP, from a goroutine of its own.
type svcB struct {
	testgrpc.UnimplementedTestServiceServer
	w *workload
	f *fleet
}

func (s svcB) UnaryCall(ctx context.Context, _ *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	if change := s.f.breaks.Load().beforeC; change != nil {
		ctx = change(ctx)
	}
	type result struct {
		body string
		err  error
	}
	done := make(chan result)
	go func() {
		body, err := get(ctx, s.w.client, "http://svc-c/stock")
		done <- result{body, err}
	}()
	r := <-done
	return &testgrpc.SimpleResponse{Username: " " + s.w.home + " " + r.body}, r.err
}

func (f *fleet) serveB(w *workload) resolver.Address {
	var config net.ListenConfig
	l, err := config.Listen(f.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(f.t, err)
	server := grpc.NewServer(graygrpc.ServerOption(otelgrpc.WithTracerProvider(w.provider)))
	testgrpc.RegisterTestServiceServer(server, svcB{w: w, f: f})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	f.stop = append(f.stop, func() { server.GracefulStop(); <-done })
	return graygrpc.WithHome(resolver.Address{Addr: l.Addr().String()}, w.home)
}

// send requests the gateway n times, as a caller that knows nothing of tracing,
// and wants the homes of the three services as its answer.
func (f *fleet) send(n int, headers map[string]string, want string) {
	f.t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for range n {
		r, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, "http://"+f.gateway, nil)
		require.NoError(f.t, err)
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		response, err := transport.RoundTrip(r)
		require.NoError(f.t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(f.t, err)
		require.NoError(f.t, response.Body.Close())
		require.Equal(f.t, want, string(body))
	}
}

// close stops everything, callers before callees, so that all spans have ended.
func (f *fleet) close() {
	for _, stop := range slices.Backward(f.stop) {
		stop()
	}
	f.stop = nil
}

// audit closes the fleet and audits what it left.
func (f *fleet) audit() report {
	f.t.Helper()
	f.close()
	return auditd.check(f.t, policy, f.spans.bytes())
}

func beta(t *testing.T) nethttp.HandlerOption {
	t.Helper()
	guard, err := edge.New(edge.Config{Rules: []edge.Rule{{Tag: "gray", When: edge.HeaderIs("X-Beta", "on")}}})
	require.NoError(t, err)
	return nethttp.WithEdge(guard)
}

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func answer(w http.ResponseWriter, body string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_, _ = io.WriteString(w, body)
}

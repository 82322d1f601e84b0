package graygrpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

func TestRouting(t *testing.T) {
	instances := newTelemetry()
	serve := func(name, home string) resolver.Address {
		return instances.serve(t, listen(t, "127.0.0.1:0"), name, home)
	}
	base, gray := serve("base", "base"), serve("gray", "gray")
	both := []resolver.Address{base, gray}
	for _, c := range []struct {
		name      string
		addresses []resolver.Address
		tag       string
		policy    routing.Policy
		want      string
		decision  string
		refused   string
	}{
		{name: "gray", addresses: both, tag: "gray", want: "gray sees gray", decision: "own"},
		{name: "gray, forbid", addresses: both, tag: "gray", policy: routing.Forbid, want: "gray sees gray", decision: "own"},
		{name: "baseline", addresses: both, want: "base sees "},
		{name: "no twin", addresses: both[:1], tag: "gray", want: "base sees gray", decision: "fallback"},
		{name: "no twin, forbid", addresses: both[:1], tag: "gray", policy: routing.Forbid, decision: "refused", refused: "svc-b has no instance of that home and fallback is forbidden"},
		{name: "another tag", addresses: both, tag: "blue", want: "base sees blue", decision: "fallback"},
		{name: "baseline never goes to gray", addresses: both[1:], decision: "refused", refused: "gray instances never serve baseline"},
		{name: "nobody", addresses: both[1:], tag: "blue", decision: "refused", refused: "neither an instance of that home nor a baseline instance"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tel := newTelemetry()
			client := tel.dial(t, resolve(c.addresses...), graygrpc.WithFallback(c.policy))
			for range 3 {
				got, err := call(tagged(t, c.tag), client)
				if c.refused == "" {
					require.NoError(t, err)
					require.Equal(t, c.want, got)
					continue
				}
				require.Equal(t, codes.PermissionDenied, status.Code(err))
				require.ErrorContains(t, err, c.refused)
				var refused *routing.RefusedError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, "svc-b", refused.Service)
			}
			for _, span := range tel.kind(t, trace.SpanKindClient, 3) {
				require.Equal(t, c.decision, attr(span, envtag.DecisionKey))
				require.Equal(t, c.tag, attr(span, envtag.Key))
				require.Equal(t, c.tag, witness.Of(span.SpanContext().TraceState()))
			}
		})
	}
}

func TestRoundRobinWithinTheHome(t *testing.T) {
	instances := newTelemetry()
	var addresses []resolver.Address
	for _, name := range []string{"g1", "g2", "b1", "b2"} {
		home := map[byte]string{'g': "gray", 'b': "base"}[name[0]]
		addresses = append(addresses, instances.serve(t, listen(t, "127.0.0.1:0"), name, home))
	}
	client := newTelemetry().dial(t, resolve(addresses...))
	seen := map[string]int{}
	// All endpoints have to be connected before the turns are even.
	require.Eventually(t, func() bool {
		for _, tag := range []string{"gray", ""} {
			got, err := call(tagged(t, tag), client)
			require.NoError(t, err)
			seen[got]++
		}
		return len(seen) == 4
	}, eventually, tick)
	clear(seen)
	for range 10 {
		for _, tag := range []string{"gray", ""} {
			got, err := call(tagged(t, tag), client)
			require.NoError(t, err)
			seen[got]++
		}
	}
	require.Equal(t, map[string]int{"g1 sees gray": 5, "g2 sees gray": 5, "b1 sees ": 5, "b2 sees ": 5}, seen)
}

func TestStreamsKeepTheTag(t *testing.T) {
	instances := newTelemetry()
	addresses := []resolver.Address{
		instances.serve(t, listen(t, "127.0.0.1:0"), "base", "base"),
		instances.serve(t, listen(t, "127.0.0.1:0"), "gray", "gray"),
	}
	tel := newTelemetry()
	stream, err := tel.dial(t, resolve(addresses...)).FullDuplexCall(tagged(t, "gray"))
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, stream.Send(&testgrpc.StreamingOutputCallRequest{}))
		answer, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, "gray sees gray", string(answer.GetPayload().GetBody()))
	}
	require.NoError(t, stream.CloseSend())
	_, err = stream.Recv()
	require.Error(t, err)
	require.Equal(t, "own", attr(tel.kind(t, trace.SpanKindClient, 1)[0], envtag.DecisionKey))
	require.Equal(t, "gray", attr(instances.kind(t, trace.SpanKindServer, 1)[0], envtag.Key))
}

// The gray endpoint is known but accepts no connection yet: a tagged call waits
// for it, though the baseline is ready.
func TestConnectingTwinIsNoReasonToFallBack(t *testing.T) {
	instances := newTelemetry()
	base := instances.serve(t, listen(t, "127.0.0.1:0"), "base", "base")
	slow := listen(t, "127.0.0.1:0") // accepts in the kernel; no HTTP/2 settings follow until it is served
	gray := graygrpc.WithHome(resolver.Address{Addr: slow.Addr().String()}, "gray")
	client := newTelemetry().dial(t, resolve(base, gray))
	got, err := call(t.Context(), client)
	require.NoError(t, err)
	require.Equal(t, "base sees ", got)

	ctx, answer := tagged(t, "gray"), make(chan string, 1)
	go func() {
		got, err := call(ctx, client)
		if err != nil {
			got = err.Error()
		}
		answer <- got
	}()
	// Baseline calls are answered meanwhile; the tagged one is not.
	for range 20 {
		_, err := call(t.Context(), client)
		require.NoError(t, err)
	}
	require.Empty(t, answer)
	instances.serve(t, slow, "gray", "gray")
	require.Equal(t, "gray sees gray", <-answer)
}

// A twin that refuses connections counts as none where the policy allows it,
// and is what the error speaks of where it does not.
func TestTwinThatIsDown(t *testing.T) {
	instances := newTelemetry()
	base := instances.serve(t, listen(t, "127.0.0.1:0"), "base", "base")
	closed := listen(t, "127.0.0.1:0")
	down := graygrpc.WithHome(resolver.Address{Addr: closed.Addr().String()}, "gray")
	require.NoError(t, closed.Close())

	got, err := call(tagged(t, "gray"), newTelemetry().dial(t, resolve(base, down)))
	require.NoError(t, err)
	require.Equal(t, "base sees gray", got)

	_, err = call(tagged(t, "gray"), newTelemetry().dial(t, resolve(base, down), graygrpc.WithFallback(routing.Forbid)))
	require.Equal(t, codes.Unavailable, status.Code(err), "a retry may find it up")

	_, err = call(tagged(t, "gray"), newTelemetry().dial(t, resolve(down)))
	require.Equal(t, codes.Unavailable, status.Code(err))
}

// What the resolver says counts from the next call on.
func TestTwinComesAndGoes(t *testing.T) {
	instances := newTelemetry()
	base := instances.serve(t, listen(t, "127.0.0.1:0"), "base", "base")
	gray := instances.serve(t, listen(t, "127.0.0.1:0"), "gray", "gray")
	r := resolve(base)
	client := newTelemetry().dial(t, r)
	for i, step := range []struct {
		addresses []resolver.Address
		want      string
	}{
		{[]resolver.Address{base}, "base sees gray"},
		{[]resolver.Address{base, gray}, "gray sees gray"},
		{[]resolver.Address{base}, "base sees gray"},
		// The same endpoint changes its home.
		{[]resolver.Address{graygrpc.WithHome(base, "gray")}, "base sees gray"},
	} {
		if i > 0 {
			r.UpdateState(resolver.State{Addresses: step.addresses})
		}
		got, err := call(tagged(t, "gray"), client)
		require.NoError(t, err)
		require.Equal(t, step.want, got)
	}
}

func TestWaitForReadyIsRefusedToo(t *testing.T) {
	base := newTelemetry().serve(t, listen(t, "127.0.0.1:0"), "base", "base")
	client := newTelemetry().dial(t, resolve(base), graygrpc.WithFallback(routing.Forbid))
	_, err := call(tagged(t, "gray"), client, grpc.WaitForReady(true))
	require.Equal(t, codes.PermissionDenied, status.Code(err))
}

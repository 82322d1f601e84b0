package main

import (
	"context"
	"net"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
)

func grpcProtocol() protocol {
	return protocol{name: "otelgrpc", rows: newRows("otelgrpc, round_robin", openBareGRPC, openGrayGRPC)}
}

// greeter is the service.
type greeter struct {
	testgrpc.UnimplementedTestServiceServer
}

func (greeter) EmptyCall(context.Context, *testgrpc.Empty) (*testgrpc.Empty, error) {
	return &testgrpc.Empty{}, nil
}

func openBareGRPC(ctx context.Context, w *wiring) (call, error) {
	options := []otelgrpc.Option{otelgrpc.WithTracerProvider(w.provider), otelgrpc.WithPropagators(w.propagator)}
	address, err := serveGRPC(ctx, w, grpc.StatsHandler(otelgrpc.NewServerHandler(options...)))
	if err != nil {
		return nil, err
	}
	return dial(ctx, w, []resolver.Address{{Addr: address}},
		grpc.WithStatsHandler(otelgrpc.NewClientHandler(options...)),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
}

func openGrayGRPC(ctx context.Context, w *wiring) (call, error) {
	option := otelgrpc.WithTracerProvider(w.provider)
	var addresses []resolver.Address
	for _, home := range []string{"base", "gray"} {
		address, err := serveGRPC(ctx, w, graygrpc.ServerOption(option))
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, graygrpc.WithHome(resolver.Address{Addr: address}, home))
	}
	return dial(ctx, w, addresses, graygrpc.DialOptions(graygrpc.WithClientOptions(option))...)
}

func serveGRPC(ctx context.Context, w *wiring, option grpc.ServerOption) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := grpc.NewServer(option)
	testgrpc.RegisterTestServiceServer(server, greeter{})
	go func() { _ = server.Serve(l) }() // ends with Stop
	w.onClose(server.Stop)
	return l.Addr().String(), nil
}

func dial(ctx context.Context, w *wiring, addresses []resolver.Address, options ...grpc.DialOption) (call, error) {
	r := manual.NewBuilderWithScheme("bench")
	r.InitialState(resolver.State{Addresses: addresses})
	conn, err := grpc.NewClient("bench:///hello", append(options,
		grpc.WithResolvers(r), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		return nil, err
	}
	w.onClose(func() { _ = conn.Close() })
	client := testgrpc.NewTestServiceClient(conn)
	return func() error {
		_, err := client.EmptyCall(ctx, &testgrpc.Empty{})
		return err
	}, nil
}

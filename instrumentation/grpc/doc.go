// Package graygrpc carries the env tag through gRPC, over otelgrpc, and sends
// tagged calls, streams too, to endpoints of their own environment.
//
//	graygrpc.Register() // once, first thing in main: the balancer
//	conn, err := grpc.NewClient("dns:///svc-b:9000", append(graygrpc.DialOptions(), ...)...)
//	server := grpc.NewServer(graygrpc.ServerOption())
//
// The homes of endpoints come from the resolver: [WithHome], [WithHomes].
package graygrpc

package graygrpc

import (
	"slices"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// homeKey is the resolver attribute that tells an endpoint's home.
type homeKey struct{}

// WithHome returns address with its home, the environment that it is deployed
// in: what a resolver does with what its registry knows.
func WithHome(address resolver.Address, home string) resolver.Address {
	address.Attributes = address.Attributes.WithValue(homeKey{}, home)
	return address
}

// WithEndpointHome is [WithHome] for resolvers that give endpoints.
func WithEndpointHome(endpoint resolver.Endpoint, home string) resolver.Endpoint {
	endpoint.Attributes = endpoint.Attributes.WithValue(homeKey{}, home)
	return endpoint
}

// homeOf returns an endpoint's home: its own, else that of its first address
// with one, else baseline.
func homeOf(endpoint resolver.Endpoint) string {
	if home, ok := homeIn(endpoint.Attributes); ok {
		return home
	}
	for _, address := range endpoint.Addresses {
		if home, ok := homeIn(address.Attributes); ok {
			return home
		}
	}
	return ""
}

func homeIn(a *attributes.Attributes) (string, bool) {
	home, ok := a.Value(homeKey{}).(string)
	return home, ok
}

// WithHomes returns builder with homes for what it resolves: for resolvers
// that know nothing of this package. home is asked for each address and must be
// safe for concurrent use; give the result to grpc.WithResolvers.
func WithHomes(builder resolver.Builder, home func(resolver.Address) string) resolver.Builder {
	return homeBuilder{builder, home}
}

type homeBuilder struct {
	resolver.Builder
	home func(resolver.Address) string
}

// Build implements [resolver.Builder].
func (b homeBuilder) Build(target resolver.Target, cc resolver.ClientConn, opts resolver.BuildOptions) (resolver.Resolver, error) {
	return b.Builder.Build(target, homeConn{cc, b.home}, opts)
}

// homeConn adds homes to the states that pass it.
type homeConn struct {
	resolver.ClientConn
	home func(resolver.Address) string
}

// UpdateState implements [resolver.ClientConn].
func (c homeConn) UpdateState(state resolver.State) error {
	addresses := slices.Clone(state.Addresses)
	for i, a := range addresses {
		addresses[i] = WithHome(a, c.home(a))
	}
	// No endpoints must stay none: gRPC then makes them of the addresses.
	endpoints := slices.Clone(state.Endpoints)
	for i, e := range endpoints {
		if len(e.Addresses) > 0 {
			endpoints[i] = WithEndpointHome(e, c.home(e.Addresses[0]))
		}
	}
	state.Addresses, state.Endpoints = addresses, endpoints
	return c.ClientConn.UpdateState(state)
}

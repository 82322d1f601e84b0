package graygrpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/endpointsharding"
	"google.golang.org/grpc/balancer/pickfirst"
	"google.golang.org/grpc/serviceconfig"

	"github.com/dyetrace/dyetrace/instrumentation/routing"
)

// BalancerName is the balancer's name in service configs.
const BalancerName = "dyetrace_gray"

// Register makes the balancer known to gRPC. Call it at the start of main,
// before connections are made: gRPC keeps balancers in a global map without a
// lock. That is why nothing here registers behind your back, neither an import
// nor a dial in some goroutine.
func Register() { balancer.Register(builder{}) }

// builder implements [balancer.Builder] and [balancer.ConfigParser].
type builder struct{}

// lbConfig is the balancer's part of a service config.
type lbConfig struct {
	serviceconfig.LoadBalancingConfig
	fallback routing.Policy
}

// Name implements [balancer.Builder].
func (builder) Name() string { return BalancerName }

// ParseConfig implements [balancer.ConfigParser].
func (builder) ParseConfig(text json.RawMessage) (serviceconfig.LoadBalancingConfig, error) {
	var c struct {
		Fallback string `json:"fallback"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("config of balancer %s: %w", BalancerName, err)
	}
	policy, err := routing.ParsePolicy(c.Fallback)
	if err != nil {
		return nil, fmt.Errorf("config of balancer %s: %w", BalancerName, err)
	}
	return lbConfig{fallback: policy}, nil
}

// Build implements [balancer.Builder]. Like gRPC's own round_robin it keeps one
// pick_first child for each endpoint; unlike it, it must know the endpoints
// that are not ready as well: a gray endpoint that is just connecting is no
// reason to send gray traffic to the baseline.
func (builder) Build(cc balancer.ClientConn, opts balancer.BuildOptions) balancer.Balancer {
	conn := &pickerConn{ClientConn: cc, service: opts.Target.Endpoint(), recorder: routing.NewRecorder()}
	return &grayBalancer{
		Balancer: endpointsharding.NewBalancer(conn, opts, balancer.Get(pickfirst.Name).Build, endpointsharding.Options{}),
		conn:     conn,
	}
}

// grayBalancer hands everything on to its children but the configuration.
type grayBalancer struct {
	balancer.Balancer
	conn *pickerConn
}

// UpdateClientConnState implements [balancer.Balancer].
func (b *grayBalancer) UpdateClientConnState(state balancer.ClientConnState) error {
	config, ok := state.BalancerConfig.(lbConfig)
	if !ok && state.BalancerConfig != nil {
		return errors.New("balancer " + BalancerName + " got the config of another balancer")
	}
	b.conn.fallback.Store(int32(config.fallback))
	return b.Balancer.UpdateClientConnState(balancer.ClientConnState{
		ResolverState: pickfirst.EnableHealthListener(state.ResolverState),
	})
}

// pickerConn replaces the round-robin picker of the children by ours.
type pickerConn struct {
	balancer.ClientConn
	service  string
	recorder *routing.Recorder
	fallback atomic.Int32 // a routing.Policy
}

// UpdateState implements [balancer.ClientConn].
func (c *pickerConn) UpdateState(state balancer.State) {
	children := endpointsharding.ChildStatesFromPicker(state.Picker)
	if len(children) > 0 {
		p := &picker{
			homes: make(map[string]*endpoints), policy: routing.Policy(c.fallback.Load()),
			service: c.service, recorder: c.recorder,
		}
		p.add(children)
		state.Picker = p
	}
	c.ClientConn.UpdateState(state)
}

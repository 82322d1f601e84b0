package graygrpc

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/endpointsharding"
	"google.golang.org/grpc/connectivity"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
)

// picker chooses for each call among the endpoints of one moment.
type picker struct {
	homes   map[string]*endpoints // by home; "" is baseline
	policy  routing.Policy
	service string
	// recorder outlives the picker.
	recorder *routing.Recorder
}

// endpoints are those of one home. The first of ready, pending and failed that
// is not empty answers for them.
type endpoints struct {
	ready  []balancer.Picker
	failed []balancer.Picker // in transient failure: they know why
	// pending: some are connecting, or idle and about to.
	pending bool
	turn    atomic.Uint32
}

// add puts the children into their homes.
func (p *picker) add(children []endpointsharding.ChildState) {
	for _, child := range children {
		home := canonical(homeOf(child.Endpoint))
		e := p.homes[home]
		if e == nil {
			e = &endpoints{}
			// Not all clients begin with the same endpoint.
			e.turn.Store(rand.Uint32())
			p.homes[home] = e
		}
		switch child.State.ConnectivityState {
		case connectivity.Ready:
			e.ready = append(e.ready, child.State.Picker)
		case connectivity.TransientFailure:
			e.failed = append(e.failed, child.State.Picker)
		default:
			e.pending = true
		}
	}
}

// Pick implements [balancer.Picker].
func (p *picker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	tag := envtag.FromContext(info.Ctx)
	home := canonical(tag)
	own := p.homes[home]
	if own.usable() || own != nil && (home == "" || p.policy == routing.Forbid) {
		// Also where all of them are down and nobody else may help: their
		// error is Unavailable, and a retry may find them up.
		return p.pick(info, own, routing.Own, tag)
	}
	if base := p.homes[""]; home != "" && p.policy == routing.Allow && base != nil {
		return p.pick(info, base, routing.Fallback, tag)
	}
	if own != nil {
		return p.pick(info, own, routing.Own, tag)
	}
	return balancer.PickResult{}, p.refuse(info.Ctx, tag)
}

func (p *picker) refuse(ctx context.Context, tag string) error {
	p.recorder.Record(ctx, routing.Refused, tag)
	return &refusedError{&routing.RefusedError{Service: p.service, Tag: tag, Policy: p.policy}}
}

// usable says whether a call may be sent there, now or in a moment.
func (e *endpoints) usable() bool {
	return e != nil && (len(e.ready) > 0 || e.pending)
}

// pick takes the next endpoint in turn. While some are connecting the call
// waits for the next picker.
func (p *picker) pick(info balancer.PickInfo, e *endpoints, decision routing.Decision, tag string) (balancer.PickResult, error) {
	from := e.ready
	if len(from) == 0 {
		if e.pending {
			return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
		}
		from = e.failed
	}
	turn := e.turn.Add(1) - 1
	result, err := from[int(turn%uint32(len(from)))].Pick(info)
	if err == nil {
		p.recorder.Record(info.Ctx, decision, tag)
	}
	return result, err
}

func canonical(env string) string {
	if envtag.IsBaseline(env) {
		return ""
	}
	return env
}

// Package routing decides which instances of a service may take a call: those
// of the call's own environment, else baseline where the policy allows it. It
// is pure choice, shared by the clients of every protocol.
package routing

import (
	"fmt"
	"sync/atomic"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

// Policy says what becomes of a tagged call to a service that has no instance
// of that environment: the auditor's `fallback`.
type Policy int

const (
	// Allow sends it to a baseline instance.
	Allow Policy = iota
	// Forbid refuses it.
	Forbid
)

// String returns the policy's name in configuration files: allow or forbid.
func (p Policy) String() string {
	if p == Forbid {
		return "forbid"
	}
	return "allow"
}

// ParsePolicy reads the name of a policy; the empty one is allow.
func ParsePolicy(name string) (Policy, error) {
	switch name {
	case "", "allow":
		return Allow, nil
	case "forbid":
		return Forbid, nil
	}
	return Allow, fmt.Errorf("fallback policy %q is unknown; use allow or forbid", name)
}

// Decision is the outcome of routing one call, the span attribute
// `gray.decision`.
type Decision string

const (
	// Own: an instance of the call's own environment takes it.
	Own Decision = "own"
	// Fallback: a baseline instance takes a tagged call.
	Fallback Decision = "fallback"
	// Refused: nobody may take it.
	Refused Decision = "refused"
)

// Table holds the instances of one service by home. It does not change; make a
// new one when the instances do. It is safe for concurrent use.
type Table[T any] struct {
	groups map[string]*group[T]
}

// group is the instances of one home.
type group[T any] struct {
	members []T
	turn    atomic.Uint32
}

// NewTable returns a table of instances, with home telling the environment of
// each. The baseline names, and no home at all, are one home.
func NewTable[T any](instances []T, home func(T) string) *Table[T] {
	t := &Table[T]{groups: make(map[string]*group[T])}
	for _, instance := range instances {
		key := canonical(home(instance))
		g := t.groups[key]
		if g == nil {
			g = &group[T]{}
			t.groups[key] = g
		}
		g.members = append(g.members, instance)
	}
	return t
}

// Choose returns the instances that may take a call with this tag, and why.
// Baseline calls are for baseline instances only: a gray instance never takes
// them, whatever the policy. The result is the table's own; do not change it.
// It is empty where the decision is [Refused].
func (t *Table[T]) Choose(tag string, policy Policy) ([]T, Decision) {
	g, decision := t.choose(tag, policy)
	if g == nil {
		return nil, Refused
	}
	return g.members, decision
}

// Next is Choose and then round robin. The error of a refused call is a
// [*RefusedError] without a service name.
func (t *Table[T]) Next(tag string, policy Policy) (T, Decision, error) {
	g, decision := t.choose(tag, policy)
	if g == nil {
		var none T
		return none, Refused, &RefusedError{Tag: tag, Policy: policy}
	}
	turn := g.turn.Add(1) - 1
	return g.members[int(turn%uint32(len(g.members)))], decision, nil
}

func (t *Table[T]) choose(tag string, policy Policy) (*group[T], Decision) {
	key := canonical(tag)
	if g := t.groups[key]; g != nil {
		return g, Own
	}
	if key == "" || policy == Forbid {
		return nil, Refused
	}
	return t.groups[""], Fallback
}

func canonical(env string) string {
	if envtag.IsBaseline(env) {
		return ""
	}
	return env
}

// RefusedError says that no instance may take a call.
type RefusedError struct {
	Service string // the logical name that was called; may be empty
	Tag     string // the call's tag; empty or a baseline name for baseline
	Policy  Policy // the policy in force
}

// Error implements error.
func (e *RefusedError) Error() string {
	service := e.Service
	if service == "" {
		service = "the service"
	}
	switch {
	case envtag.IsBaseline(e.Tag):
		return fmt.Sprintf("baseline call refused: %s has no baseline instance, and gray instances never serve baseline; start a baseline instance", service)
	case e.Policy == Forbid:
		return fmt.Sprintf("call of env %q refused: %s has no instance of that home and fallback is forbidden; start one with gray.home=%s or set fallback to allow", e.Tag, service, e.Tag)
	}
	return fmt.Sprintf("call of env %q refused: %s has neither an instance of that home nor a baseline instance; start one of them", e.Tag, service)
}

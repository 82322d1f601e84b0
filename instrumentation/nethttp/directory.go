package nethttp

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/routing"
)

// Instance is one address that serves a logical host.
type Instance struct {
	Address string // host:port
	Home    string // the environment it is deployed in; empty: baseline
}

// Resolver knows the instances of logical hosts. Implementations are safe for
// concurrent use and answer from memory: they are asked on every call.
type Resolver interface {
	// Resolve returns the instances of host, as it stands in the request's URL,
	// port included if there is one. A nil table leaves the request alone; an
	// error fails it.
	Resolve(ctx context.Context, host string) (*routing.Table[Instance], error)
}

// NewTable returns a table of instances, for implementations of [Resolver].
// Make it when the instances change, not on every call.
func NewTable(instances ...Instance) (*routing.Table[Instance], error) {
	for _, i := range instances {
		if _, _, err := net.SplitHostPort(i.Address); err != nil {
			return nil, fmt.Errorf("instance %q: %w; write it as host:port", i.Address, err)
		}
		if i.Home != "" {
			if err := envtag.Validate(i.Home); err != nil {
				return nil, fmt.Errorf("home of instance %s: %w", i.Address, err)
			}
		}
	}
	return routing.NewTable(slices.Clone(instances), func(i Instance) string { return i.Home }), nil
}

// Directory is a [Resolver] that is told its instances. The zero value knows
// none. It is safe for concurrent use.
type Directory struct {
	mu    sync.RWMutex
	hosts map[string]*routing.Table[Instance]
}

// Set replaces the instances of a host. Without any, calls to it are refused;
// see [Directory.Remove]. On an error nothing changes.
func (d *Directory) Set(host string, instances ...Instance) error {
	table, err := NewTable(instances...)
	if err != nil {
		return fmt.Errorf("host %s: %w", host, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hosts == nil {
		d.hosts = make(map[string]*routing.Table[Instance])
	}
	d.hosts[host] = table
	return nil
}

// Remove forgets a host: calls to it go where their URL says.
func (d *Directory) Remove(host string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.hosts, host)
}

// Resolve implements [Resolver].
func (d *Directory) Resolve(_ context.Context, host string) (*routing.Table[Instance], error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.hosts[host], nil
}

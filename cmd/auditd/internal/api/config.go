package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api/policies"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// PolicyService is what the API needs of the policy; *policies.Service is one.
type PolicyService interface {
	Current(ctx context.Context) (policies.Version, error)
	Get(ctx context.Context, version int64) (policies.Version, error)
	History(ctx context.Context, before int64, limit int) ([]store.PolicyVersion, error)
	Check(source []byte) (policies.Version, error)
	Put(ctx context.Context, expect int64, source []byte, by string) (policies.Version, error)
	Changed() <-chan struct{}
}

// Config of an API. Store and Policies are required.
type Config struct {
	Store    store.Store
	Policies PolicyService
	// Hub tells the streams that findings were stored; nil: streams look every
	// Heartbeat.
	Hub *Hub
	// Ready says why auditd is not ready, besides the store; nil: always.
	Ready func(context.Context) error
	// Metrics answers /metrics; nil: there is none.
	Metrics http.Handler
	// Credentials of readers and writers; nil: whoever reaches the API may do all,
	// under a loopback name only.
	Credentials *Credentials
	// AnyHost lets requests without Credentials come under any host name. Without
	// it a web page could reach an open API by a name of its own (DNS rebinding).
	AnyHost bool
	// AllowedOrigins are the web origins whose pages may read the API (CORS); none.
	AllowedOrigins []string
	Logger         *slog.Logger     // [slog.Default]
	Now            func() time.Time // [time.Now]
	Limits         Limits
}

// Limits of an API; zero means the default in brackets.
type Limits struct {
	Request    time.Duration // until a query is given up [30 s]
	Heartbeat  time.Duration // between signs of life of a stream [15 s]
	StreamStep time.Duration // least time between two looks of a stream [100 ms]
	SlowClient time.Duration // until a stream is ended whose client does not read [10 s]
	StreamLife time.Duration // until any stream is ended, so that its token is looked at again [1 h]
	Streams    int           // streams at once [64]
	Polls      int           // requests that wait for a policy at once [256]
}

func (l Limits) withDefaults() Limits {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&l.Request, 30*time.Second)
	def(&l.Heartbeat, 15*time.Second)
	def(&l.StreamStep, 100*time.Millisecond)
	def(&l.SlowClient, 10*time.Second)
	def(&l.StreamLife, time.Hour)
	if l.Streams == 0 {
		l.Streams = 64
	}
	if l.Polls == 0 {
		l.Polls = 256
	}
	return l
}

// API is an http.Handler. It may be used by many goroutines.
type API struct {
	config  Config
	handler http.Handler
	spec    spec

	draining chan struct{}
	drain    sync.Once
	streams  slots
	polls    slots
	counters counters
}

type counters struct {
	requests, refused, failed, dropped, connections atomic.Uint64
}

// Stats is what the API counted since it was made, for metrics.
type Stats struct {
	Requests       uint64 // all
	Refused        uint64 // without or with a wrong token
	Failed         uint64 // answered with a status of 500 or more
	Streams        int    // open now
	StreamsDropped uint64 // ended because their clients did not read
	Polls          int    // waiting for a policy now
	// ConnectionsFailed ended before a request: mostly TLS handshakes.
	ConnectionsFailed uint64
}

// New returns an API.
func New(c Config) (*API, error) {
	if c.Store == nil || c.Policies == nil {
		return nil, errors.New("api: no store or no policy service")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Hub == nil {
		c.Hub = NewHub()
	}
	c.Limits = c.Limits.withDefaults()
	spec, err := loadSpec()
	if err != nil {
		return nil, err
	}
	a := &API{config: c, spec: spec, draining: make(chan struct{}), streams: make(slots, c.Limits.Streams), polls: make(slots, c.Limits.Polls)}
	a.handler = a.chain(a.routes())
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Stats returns the counters.
func (a *API) Stats() Stats {
	return Stats{
		Requests: a.counters.requests.Load(), Refused: a.counters.refused.Load(), Failed: a.counters.failed.Load(),
		Streams: len(a.streams), StreamsDropped: a.counters.dropped.Load(), Polls: len(a.polls),
		ConnectionsFailed: a.counters.connections.Load(),
	}
}

// Drain ends streams and waiting requests, so that a server can shut down. New
// ones end at once.
func (a *API) Drain() { a.drain.Do(func() { close(a.draining) }) }

// slots bound how many run at once.
type slots chan struct{}

func (s slots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) free() { <-s }

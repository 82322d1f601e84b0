package brokertest

import (
	"context"
	"sync"
	"testing"
)

// Pool shares brokers between the tests of a package: one for each version and set
// of options, started when the first test asks. The zero Pool is ready for use.
type Pool struct {
	mu      sync.Mutex
	brokers map[string]*shared
}

type shared struct {
	once   sync.Once
	broker *Broker
	err    error
}

// Run runs the tests and ends the brokers; it returns the exit status. Call it from
// TestMain.
func (p *Pool) Run(m *testing.M) int {
	defer p.Close()
	return m.Run()
}

// Close ends all brokers of the pool.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.brokers {
		if s.broker != nil {
			s.broker.stop()
		}
	}
	p.brokers = nil
}

// Get returns the pool's broker of a version and options. Tests that kill or pause
// a broker must Start one of their own.
func (p *Pool) Get(t testing.TB, v Version, options ...Option) *Broker {
	t.Helper()
	requireTools(t, "java", "mvn")
	set := newSettings(options)
	s := p.entry(string(v) + "\n" + set.lines())
	s.once.Do(func() { s.broker, s.err = run(context.Background(), v, set) })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.broker
}

func (p *Pool) entry(key string) *shared {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.brokers == nil {
		p.brokers = map[string]*shared{}
	}
	if p.brokers[key] == nil {
		p.brokers[key] = &shared{}
	}
	return p.brokers[key]
}

// Each runs a test on every version, as parallel subtests named by version.
func (p *Pool) Each(t *testing.T, test func(*testing.T, *Broker)) {
	t.Helper()
	for _, v := range Versions() {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			test(t, p.Get(t, v))
		})
	}
}

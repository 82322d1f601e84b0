package enginehost

import (
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// Member is a component's hold on its engine. Its methods are safe for concurrent
// use until Leave.
type Member struct {
	host   *Host
	role   Role
	id     component.ID
	cfg    Config
	first  bool
	feeds  atomic.Bool
	outbox *Outbox
	left   sync.Once
}

// String names the component as people know it.
func (m *Member) String() string {
	if m.role == Processor {
		return "processor " + m.id.String()
	}
	return "connector " + m.id.String()
}

func (r Role) delivers() string {
	if r == MetricsConnector {
		return "the counts"
	}
	return "the findings"
}

// First reports whether the member began the engine; that one speaks for it in
// the collector's own metrics.
func (m *Member) First() bool { return m.first }

// Feeds reports whether the engine takes spans from this member.
func (m *Member) Feeds() bool { return m.feeds.Load() }

// Feed judges the spans of a batch; td is neither changed nor kept. It returns
// what they brought to light and the number of the newest finding. Ok is false
// where too many findings wait for delivery: then nothing was judged.
func (m *Member) Feed(td ptrace.Traces) (found []Found, last uint64, ok bool) {
	return m.host.feed(td)
}

// Outbox returns the findings to deliver; of a LogsConnector.
func (m *Member) Outbox() *Outbox { return m.outbox }

// RunOut decides all that is open as if the windows had passed; spans that come
// later are ignored.
func (m *Member) RunOut() { m.host.runOut() }

// Snapshots returns the counts to deliver, of ended engines first.
func (m *Member) Snapshots() []Snapshot { return m.host.snapshots() }

// Delivered says that the first n of Snapshots are out and need not come again.
func (m *Member) Delivered(n int) { m.host.told(n) }

// Stats returns what the engine says of itself.
func (m *Member) Stats() (auditor.Stats, PolicyUpdates) {
	m.host.mu.Lock()
	defer m.host.mu.Unlock()
	return m.host.life.engine.Stats(), m.host.updates
}

// Leave gives the engine up; with its last member it ends. Leaving again does
// nothing.
func (m *Member) Leave() { m.left.Do(m.leave) }

func (m *Member) leave() {
	hosts.mu.Lock()
	defer hosts.mu.Unlock()
	h := m.host
	h.mu.Lock()
	h.members = slices.DeleteFunc(h.members, func(other *Member) bool { return other == m })
	empty := len(h.members) == 0
	if m.outbox != nil {
		h.outbox = nil // nobody takes findings any more
	}
	h.mu.Unlock()
	if !empty {
		return
	}
	if h.cancel != nil {
		h.cancel()
	}
	close(h.stop)
	<-h.done
	delete(hosts.hosts, h.key)
}

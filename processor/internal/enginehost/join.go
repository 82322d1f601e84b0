package enginehost

import (
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/policysource"
)

// key names a Host within the process.
type key struct{ instance, engine string }

type table struct {
	mu    sync.Mutex
	hosts map[key]*Host
}

// hosts is how the components of one collector find each other: their factories
// have nothing else in common (docs/adr/0009).
var hosts = table{hosts: map[key]*Host{}} //nolint:gochecknoglobals // see above; entries live as long as their members

// Role is what a member does.
type Role uint8

// The roles.
const (
	Processor        Role = iota // feeds spans and flags them
	LogsConnector                // delivers findings
	MetricsConnector             // delivers counts
)

// Settings of a member.
type Settings struct {
	Role      Role
	ID        component.ID
	Telemetry component.TelemetrySettings
	Host      component.Host // for extensions
	Config    Config
	// Outbox is the limit of undelivered findings; of a LogsConnector.
	Outbox int
}

// Join makes a component a member of its engine, which starts with the first
// member. It fails where members contradict each other, where the policy is bad,
// and where a second connector wants what one delivers already. The caller calls
// Leave once.
func Join(s Settings) (*Member, error) {
	hosts.mu.Lock()
	defer hosts.mu.Unlock()
	k := key{instanceOf(s.Telemetry), s.Config.Engine}
	m := &Member{role: s.Role, id: s.ID, cfg: s.Config}
	h := hosts.hosts[k]
	fresh := h == nil
	if fresh {
		h = &Host{
			key: k, logger: s.Telemetry.Logger, born: time.Now(), stop: make(chan struct{}), done: make(chan struct{}),
			cfg: s.Config, feeder: feeder{at: -1},
		}
		m.first = true
	}
	m.host = h
	if err := h.admit(m, s); err != nil {
		if fresh && h.cancel != nil {
			h.cancel()
		}
		return nil, err
	}
	if fresh {
		hosts.hosts[k] = h
		go h.loop()
	}
	return m, nil
}

// instanceOf tells collectors in one process apart.
func instanceOf(t component.TelemetrySettings) string {
	if v, ok := t.Resource.Attributes().Get("service.instance.id"); ok {
		return v.AsString()
	}
	return ""
}

// admit takes a member in; nothing has changed where it fails.
func (h *Host) admit(m *Member, s Settings) error {
	cfg := s.Config
	for _, other := range h.members {
		if other.role == m.role && m.role != Processor {
			return fmt.Errorf("%s and %s both deliver %s of the engine %q: give one of them another engine", other, m, m.role.delivers(), h.key.engine)
		}
		if _, differ := merge(other.cfg, m.cfg); differ != "" {
			return conflict(h.key.engine, differ, other, m)
		}
	}
	if len(h.members) > 0 {
		cfg, _ = merge(h.cfg, m.cfg)
	}
	if err := h.start(cfg, s.Host); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.role == LogsConnector {
		h.outbox = newOutbox(s.Outbox)
		m.outbox = h.outbox
	}
	h.members = append(h.members, m)
	for _, each := range h.members {
		each.feeds.Store(h.feedsFrom(each))
	}
	return nil
}

// feedsFrom reports whether the engine takes its spans from a member: from the
// processors, else from the connectors; of the two halves of one connector, which
// get the same spans, from the one for logs. It is settled at joins only: while
// members leave, what is still on its way was judged already.
func (h *Host) feedsFrom(m *Member) bool {
	for _, other := range h.members {
		switch {
		case other.role == Processor && m.role != Processor:
			return false
		case other.role == LogsConnector && m.role == MetricsConnector && other.id == m.id:
			return false
		}
	}
	return true
}

// start begins the first life, or begins again before the first span where a
// member brings settings that the ones before it left out.
func (h *Host) start(cfg Config, host component.Host) error {
	if h.life != nil && cfg.describePolicy() == h.cfg.describePolicy() && cfg.Limits == h.cfg.Limits && cfg.Restarted == h.cfg.Restarted {
		h.mu.Lock()
		h.cfg = cfg
		h.mu.Unlock()
		return nil
	}
	before := h.cfg
	h.mu.Lock()
	h.cfg = cfg
	h.mu.Unlock()
	err := h.startPolicy(cfg, host)
	if err != nil {
		h.mu.Lock()
		h.cfg = before
		h.mu.Unlock()
	}
	return err
}

func (h *Host) startPolicy(cfg Config, host component.Host) error {
	if cfg.PolicyExtension != nil {
		return h.subscribe(*cfg.PolicyExtension, host)
	}
	p, notes, err := auditor.DefaultPolicy(), []string(nil), error(nil)
	var file *policyFile
	switch {
	case cfg.Policy != nil:
		p, notes, err = parseInline(cfg.Policy)
	case cfg.PolicyFile != "":
		file = &policyFile{name: cfg.PolicyFile}
		p, notes, _, err = file.read()
	}
	if err != nil {
		return err
	}
	h.warn(notes)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.begin(p, cfg.Restarted); err != nil {
		return fmt.Errorf("the policy cannot hold: %w", err)
	}
	h.file = file
	return nil
}

// subscribe takes the policies of an extension.
func (h *Host) subscribe(id component.ID, host component.Host) error {
	if h.cancel != nil {
		return nil // the same one, by merge
	}
	source, err := findSource(host, id)
	if err != nil {
		return err
	}
	first := true
	cancel, err := source.Subscribe(func(u policysource.Update) error {
		if !first {
			return h.use(u)
		}
		first = false
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.begin(u.Policy, h.cfg.Restarted || u.Restarted)
	})
	if err != nil {
		return fmt.Errorf("policy_extension: %s: %w", id, err)
	}
	if first {
		cancel()
		return fmt.Errorf("policy_extension: %s gave no policy", id)
	}
	h.cancel = cancel
	h.logger.Info("Policies come from an extension.", zap.Stringer("extension", id))
	return nil
}

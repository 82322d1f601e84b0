package enginehost

import (
	"errors"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/processor/policysource"
)

// maxPast bounds the last counts of engines that a policy has ended; only many
// policies within one metrics interval reach it.
const maxPast = 8

// Host is a shared engine. It is safe for concurrent use.
type Host struct {
	key    key
	logger *zap.Logger
	born   time.Time // with the monotonic reading that now is told from
	stop   chan struct{}
	done   chan struct{}

	mu       sync.Mutex
	cfg      Config
	members  []*Member
	life     *life
	past     []Snapshot
	feeder   feeder
	found    []Found // of the batch in hand
	outbox   *Outbox // nil: nobody takes findings
	file     *policyFile
	cancel   func() // of the subscription to an extension
	updates  PolicyUpdates
	finished bool
}

// PolicyUpdates counts the policies that came after the first.
type PolicyUpdates struct{ Applied, Refused uint64 }

// Found is a finding with the span of the batch that brought it to light, counted
// from 0 in the order of the batch.
type Found struct {
	Finding auditor.Finding
	At      int
}

// now is the time of arrival: it never goes back, whatever is done to the clock.
func (h *Host) now() time.Time { return h.born.Add(time.Since(h.born)) }

// sink takes what the engine tells; the lock is held.
func (h *Host) sink(f auditor.Finding) {
	h.life.counts.count(&f)
	if h.outbox != nil {
		h.outbox.put(Told{f, h.life.run})
	}
	if h.feeder.at >= 0 {
		h.found = append(h.found, Found{f, h.feeder.at})
	}
}

// feed judges a batch. It returns what its spans brought to light and the number
// of the newest finding. Ok is false where the outbox is full: then nothing was
// judged.
func (h *Host) feed(td ptrace.Traces) (found []Found, last uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.outbox != nil && h.outbox.Full() {
		return nil, 0, false
	}
	if !h.finished {
		h.life.feed(&h.feeder, h.now().UnixNano(), td)
	}
	found, h.found = h.found, nil
	if h.outbox != nil {
		last = h.outbox.Last()
	}
	return found, last, true
}

// tick ends windows. While findings cannot go out it waits: what time decides
// keeps.
func (h *Host) tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.finished || h.outbox != nil && h.outbox.Full() {
		return
	}
	h.life.engine.Tick(h.now().UnixNano())
}

// runOut decides all that is open as if the windows had passed.
func (h *Host) runOut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.finished {
		h.finished = true
		h.life.runOut(h.now().UnixNano())
	}
}

// begin starts a new life under a policy; the lock is held.
func (h *Host) begin(p auditor.Policy, restarted bool) error {
	l, err := newLife(p, auditor.Options{Limits: h.cfg.Limits.engine(), Restarted: restarted}, h.now(), h.sink)
	if err != nil {
		return err
	}
	if h.life != nil && h.life.engine.Stats().Spans > 0 {
		h.past = append(h.past, h.life.snapshot(h.now()))
		h.past = h.past[max(0, len(h.past)-maxPast):]
	}
	h.life = l
	return nil
}

// use puts a later policy into force; on an error the one before stays.
func (h *Host) use(u policysource.Update) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.life.engine.SetPolicy(h.now().UnixNano(), u.Policy)
	switch {
	case err == nil:
		h.life.use(u.Policy)
	case errors.Is(err, auditor.ErrNewEngine):
		if err = h.begin(u.Policy, true); err == nil {
			h.logger.Warn("The policy changes how spans are read: the engine starts anew, and what waited for its other half is not judged.", zap.String("engine", h.key.engine))
		}
	}
	if err != nil {
		h.updates.Refused++
		h.logger.Error("The new policy cannot be put into force; the one before stays.", zap.String("engine", h.key.engine), zap.String("version", u.Version), zap.Error(err))
		return err
	}
	h.updates.Applied++
	fields := []zap.Field{zap.String("engine", h.key.engine), zap.String("version", u.Version)}
	if from := u.Policy.ValidFrom; from.After(h.now()) {
		h.logger.Info("A new policy is taken; the one before stays in force until valid_from.", append(fields, zap.Time("valid_from", from))...)
		return nil
	}
	h.logger.Info("A new policy is in force.", fields...)
	return nil
}

// reload looks at the policy file; only the loop does.
func (h *Host) reload(file *policyFile) {
	p, notes, changed, err := file.read()
	if !changed {
		return
	}
	if err != nil {
		h.mu.Lock()
		h.updates.Refused++
		h.mu.Unlock()
		h.logger.Error("The policy file is bad; the policy before stays in force.", zap.String("engine", h.key.engine), zap.Error(err))
		return
	}
	h.warn(notes)
	_ = h.use(policysource.Update{Policy: p, Version: file.name}) // told there
}

func (h *Host) warn(notes []string) {
	for _, n := range notes {
		h.logger.Warn("The policy is odd: "+n, zap.String("engine", h.key.engine))
	}
}

// snapshots returns the last counts of ended engines that were not given out
// before, and those of the engine at work.
func (h *Host) snapshots() []Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(slices.Clone(h.past), h.life.snapshot(h.now()))
}

// told forgets the last counts of ended engines, which are delivered.
func (h *Host) told(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.past = h.past[min(n, len(h.past)):]
}

// loop is the one goroutine of a Host.
func (h *Host) loop() {
	defer close(h.done)
	looked := h.now()
	for {
		h.mu.Lock()
		wait, reload, file := h.cfg.TickInterval, h.cfg.ReloadInterval, h.file
		h.mu.Unlock()
		timer := time.NewTimer(min(wait, reload))
		select {
		case <-h.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		h.tick()
		if now := h.now(); file != nil && now.Sub(looked) >= reload {
			looked = now
			h.reload(file)
		}
	}
}

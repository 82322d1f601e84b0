package auditor

import (
	"errors"
	"slices"
)

// ErrNewEngine says that a policy changes how facts are read or kept, so that
// those held cannot be judged by it. The caller goes on with a new Engine, with
// Options.Restarted.
var ErrNewEngine = errors.New("the policy changes keys, baseline, twin templates, windows, home_missing, id_unique or reporting_evidence: it needs a new engine")

// SetPolicy puts a new version in force from its ValidFrom on, or from now
// (nanoseconds since the Unix epoch) where it has none. Around that moment the
// milder of both versions' verdicts wins. It fails as New does, or with
// ErrNewEngine; then the versions in force stay. What was said before stays said.
func (e *Engine) SetPolicy(now int64, p Policy) error {
	if err := p.check(); err != nil {
		return err
	}
	if !e.rules.policy.readsAlike(&p) {
		return ErrNewEngine
	}
	e.Tick(now)
	from := now
	if !p.ValidFrom.IsZero() {
		from = p.ValidFrom.UnixNano()
	}
	e.versions = e.versions.add(p, from)
	e.retire()
	return nil
}

// retire forgets the policies that no fact held can have been under.
func (e *Engine) retire() {
	if len(e.versions) > 1 {
		e.versions = e.versions.retire(e.now - 4*max(e.window.pair, e.window.stranded)) // lived through, and arrived late
	}
	if newest := e.versions[len(e.versions)-1]; newest != e.rules {
		e.rules = newest
		clear(e.routes[:])
	}
}

// readsAlike reports whether facts kept under one policy serve the other.
func (p *Policy) readsAlike(q *Policy) bool {
	return slices.Equal(p.Keys.Env, q.Keys.Env) && slices.Equal(p.Keys.Home, q.Keys.Home) &&
		slices.Equal(p.Baseline, q.Baseline) && slices.Equal(p.IDUnique, q.IDUnique) &&
		p.TwinGroup == q.TwinGroup && p.TwinTopic == q.TwinTopic && p.TwinService == q.TwinService &&
		p.Windows == q.Windows && p.HomeMissing == q.HomeMissing && p.ReportingEvidence == q.ReportingEvidence
}

// lost reports whether the upstream of what arrived then may have come before a
// restart: for messages that wait longer.
func (e *Engine) lost(message bool, arrived int64) bool {
	if message {
		return arrived < e.began+max(e.window.stranded, e.window.pair)
	}
	return arrived < e.began+e.window.pair
}

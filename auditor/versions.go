package auditor

import (
	"cmp"
	"math"
	"slices"
)

// versions are the policies in force over time, oldest first.
type versions []*rules

// newVersions starts with p. Before its valid-from nothing is known to have been
// declared: there a bare policy with p's keys and windows stands.
func newVersions(p Policy) versions {
	if p.ValidFrom.IsZero() {
		return versions{{policy: p, from: math.MinInt64}}
	}
	bare := DefaultPolicy()
	bare.Keys, bare.Baseline, bare.Origins, bare.Ignore = p.Keys, p.Baseline, p.Origins, p.Ignore
	bare.Windows, bare.HomeMissing, bare.IDUnique = p.Windows, p.HomeMissing, p.IDUnique
	bare.TwinGroup, bare.TwinTopic, bare.TwinService = p.TwinGroup, p.TwinTopic, p.TwinService
	bare.DetachedOK, bare.Reporting, bare.ReportingEvidence = p.DetachedOK, p.Reporting, p.ReportingEvidence
	return versions{{policy: bare, from: math.MinInt64}, {policy: p, from: p.ValidFrom.UnixNano()}}
}

// add puts a new version in its place; one of the same moment gives way.
func (v versions) add(p Policy, from int64) versions {
	out := slices.DeleteFunc(slices.Clone(v), func(r *rules) bool { return r.from == from })
	out = append(out, &rules{policy: p, from: from})
	slices.SortStableFunc(out, func(a, b *rules) int { return cmp.Compare(a.from, b.from) })
	return out
}

// retire drops the versions that were over before the moment, grace included,
// and the oldest above the limit: then the next one counts as having held before.
func (v versions) retire(moment int64) versions {
	drop := 0
	for drop+1 < len(v) {
		next := v[drop+1]
		if len(v)-drop <= maxVersions && next.from+int64(next.policy.Windows.Grace) >= moment {
			break
		}
		drop++
	}
	return v[drop:]
}

// maxVersions bounds how many policies are in force or in memory at once: each
// hop under several is judged by all of them.
const maxVersions = 16

// at returns the version in force at a time and, inside the grace period around
// its beginning or the next one's, the other version; nil outside.
func (v versions) at(t int64) (now, other *rules) {
	if len(v) == 1 {
		return v[0], nil
	}
	i := len(v) - 1
	for i > 0 && v[i].from > t {
		i--
	}
	now = v[i]
	grace := int64(now.policy.Windows.Grace)
	switch {
	case i > 0 && t-now.from < grace:
		return now, v[i-1]
	case i+1 < len(v) && v[i+1].from-t <= int64(v[i+1].policy.Windows.Grace):
		return now, v[i+1]
	}
	return now, nil
}

// milder returns the ruling that accuses less; inside the grace period it wins.
func milder(a, b ruling) ruling {
	if b.weight() < a.weight() {
		return b
	}
	return a
}

// weight orders rulings from mild to hard.
func (r *ruling) weight() int {
	w := int(max(r.prop, r.place))
	if r.found != vNone {
		w += int(verdictCount)
		if r.proven {
			w += int(verdictCount)
		}
	}
	return w
}

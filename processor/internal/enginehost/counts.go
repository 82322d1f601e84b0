package enginehost

import (
	"encoding/hex"

	"github.com/dyetrace/dyetrace/auditor"
)

// FindingKey is a series of found violations. The zero key stands for those past
// the limit of series.
type FindingKey struct {
	Verdict            auditor.Verdict
	Certainty          auditor.Certainty
	Service, Home, Env string
	Code               auditor.Code
	BlameService       string
}

// StrandedKey is a series of stranded messages. The zero key stands for those past
// the limit of series.
type StrandedKey struct{ Destination, Env string }

const (
	maxFindingSeries = 1 << 14
	maxToldIDs       = 1 << 16
)

// findingCounts counts each finding once for each verdict and certainty that it
// takes. It remembers the newest 64 Ki to 128 Ki findings, which is more than a
// window has in all but a disaster; one that is forgotten counts anew when it
// changes.
type findingCounts struct {
	series       map[FindingKey]uint64
	stranded     map[StrandedKey]uint64
	withdrawn    map[auditor.Verdict]uint64
	told, before map[[16]byte]uint32 // verdicts and certainties told, by id
	bits         map[auditor.Verdict]uint32
}

func newFindingCounts() findingCounts {
	c := findingCounts{
		series: map[FindingKey]uint64{}, stranded: map[StrandedKey]uint64{}, withdrawn: map[auditor.Verdict]uint64{},
		told: map[[16]byte]uint32{}, bits: map[auditor.Verdict]uint32{},
	}
	for i, e := range auditor.Catalogue() {
		c.bits[e.Verdict] = 1 << (2 * i)
	}
	return c
}

// count takes note of what the engine told.
func (c *findingCounts) count(f *auditor.Finding) {
	if f.State == auditor.StateWithdrawn {
		c.withdrawn[f.Verdict]++
		return
	}
	bit := c.bits[f.Verdict]
	either := bit | bit<<1
	if f.Certainty == auditor.Proven {
		bit <<= 1
	}
	var id [16]byte
	if _, err := hex.Decode(id[:], []byte(f.ID[:min(len(f.ID), 32)])); err != nil {
		return // no id of a finding; the engine makes none
	}
	known := c.told[id] | c.before[id]
	if known&bit != 0 {
		return
	}
	c.remember(id, bit)
	raise(c.series, FindingKey{f.Verdict, f.Certainty, f.Service, f.Home, f.Env, f.Code, f.Blame.Service})
	if f.Verdict == auditor.VerdictStranded && known&either == 0 {
		raise(c.stranded, StrandedKey{f.Destination, f.Env})
	}
}

// raise adds one to a series, or to the one for all past the limit.
func raise[K comparable](series map[K]uint64, k K) {
	if _, there := series[k]; !there && len(series) >= maxFindingSeries {
		var rest K
		k = rest
	}
	series[k]++
}

func (c *findingCounts) remember(id [16]byte, bit uint32) {
	if len(c.told) >= maxToldIDs {
		c.told, c.before = map[[16]byte]uint32{}, c.told
	}
	c.told[id] |= bit | c.before[id]
}

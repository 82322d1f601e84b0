package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	tagGray tagID = 1
	tagBlue tagID = 2
)

// row is one hop with what its rule, and then judge, must say of it. Its name is
// a sentence of design.md.
type row struct {
	name    string
	hop     hop
	applies bool // the rule of this file decides
	want    said
}

// said is what is compared of a ruling; code and where have their own tests.
type said struct {
	prop, place       verdictID
	propWhy, placeWhy reasonID
	found, effect     verdictID
	proven            bool
	env               tagID
}

func saying(r *ruling) said {
	return said{r.prop, r.place, r.propWhy, r.placeWhy, r.found, r.effect, r.proven && r.found != vNone, r.env}
}

// testRows runs a rule alone and then all rules together.
func testRows(t *testing.T, rule func(h *hop) bool, rows []row) {
	t.Helper()
	for _, c := range rows {
		t.Run(c.name, func(t *testing.T) {
			h := c.hop
			require.Equal(t, c.applies, rule(&h), "does the rule apply?")
			require.Equal(t, c.hop, h, "a rule must not change the hop")
			r := judge(&h)
			require.Equal(t, c.want, saying(&r))
			require.Equal(t, r, judge(&h), "judge is pure")
		})
	}
}

func alone(rule func(*hop, *ruling) bool) func(*hop) bool {
	return func(h *hop) bool { return rule(h, &ruling{}) }
}

// placedAlone runs a placement rule as judge does: after propagation, and only
// where placement can be judged.
func placedAlone(rule func(*hop, *place, *ruling) bool) func(*hop) bool {
	return func(h *hop) bool {
		var r ruling
		propagation(h, &r)
		p := placed(h, &r)
		return !ruleNotJudged(h, &p, &ruling{}) && rule(h, &p, &r)
	}
}

func tagged1(env tagID) colour     { return colour{class: colTag, env: env} }
func lost1(env tagID) colour       { return colour{class: colLost, env: env} }
func baseline1() colour            { return colour{class: colBaseline} }
func unknown1() colour             { return colour{class: colUnknown} }
func (c colour) with(w how) colour { c.how |= w; return c }

// call is an RPC server span of a reporting workload whose upstream was seen.
func call(up colour, tag, home tagID) hop {
	return hop{
		kind: HopRPC, op: OpRPC, span: KindServer, state: upSeen, up: up,
		tag: tag, home: home, homeKnown: true, report: reportSame, entry: true,
	}
}

// delivery is a process span of a reporting consumer whose producer was seen.
func delivery(up colour, tag, home tagID) hop {
	h := call(up, tag, home)
	h.kind, h.op, h.span, h.links, h.allLinks = HopMessage, OpProcess, KindConsumer, 1, true
	return h
}

// step is work inside a workload: placement is not judged.
func step(up colour, tag tagID) hop {
	h := call(up, tag, envBase)
	h.kind, h.op, h.span, h.local, h.entry = HopLocal, OpOther, KindInternal, true, false
	return h
}

// but changes a hop.
func (h hop) but(change func(*hop)) hop {
	change(&h)
	return h
}

package auditor

import "testing"

func TestRuleDetached(t *testing.T) {
	root := func(k Kind, op Op) hop {
		return step(unknown1(), envBase).but(func(h *hop) {
			h.state, h.root, h.span, h.op, h.home, h.local = upNone, true, k, op, tagGray, false
		})
	}
	client := root(KindClient, OpRPC)
	found := said{prop: vEscape, found: vEscape, env: tagGray}
	testRows(t, alone(ruleDetached), []row{
		{"a PRODUCER span without parent, untagged, from a gray home: suspected", root(KindProducer, OpSend), true, found},
		{"a CLIENT span of an RPC likewise", client, true, found},
		{"database, cache and broker-poll clients are never detached work: store", root(KindClient, OpStore), false, said{}},
		{"database, cache and broker-poll clients are never detached work: poll", root(KindClient, OpReceive), false, said{}},
		{"nor is a SERVER root", root(KindServer, OpRPC), false, said{}},
		{"nor an INTERNAL root", root(KindInternal, OpOther), false, said{}},
		{"policy can list such roots as legal", client.but(func(h *hop) { h.detachOK = true }), false, said{}},
		{"a tag makes it a root like any other", client.but(func(h *hop) { h.tag = tagGray }), false, said{}},
		{"an explicit baseline value says that it is baseline work", client.but(func(h *hop) { h.explicit = true }), false, said{}},
		{"a baseline home starts baseline work", client.but(func(h *hop) { h.home = envBase }), false, said{}},
		{"without a home nothing is known", client.but(func(h *hop) { h.homeKnown = false }), false, said{}},
		{"a silent workload shows no tag anyway", client.but(func(h *hop) { h.report = reportNone }), false, said{}},
		{"an origin starts work", client.but(func(h *hop) { h.origin = true }), false, said{}},
	})
}

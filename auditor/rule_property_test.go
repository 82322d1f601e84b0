package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRuleProperty(t *testing.T) {
	sent := func(change func(*hop)) hop {
		return hop{op: OpSend, span: KindProducer, tag: tagGray, captured: true}.but(change)
	}
	for _, c := range []struct {
		name  string
		hop   hop
		found verdictID
	}{
		{"baggage gray and property missing: broker filters are blind", sent(func(h *hop) {}), vEscape},
		{"absence where capture is not known proves nothing", sent(func(h *hop) { h.captured = false }), vNone},
		{"a baseline value was captured: it was looked at", sent(func(h *hop) { h.captured, h.propSeen = false, true }), vEscape},
		{"the property says the same", sent(func(h *hop) { h.propSeen, h.prop = true, tagGray }), vNone},
		{"the property says another tag", sent(func(h *hop) { h.propSeen, h.prop = true, tagBlue }), vMutation},
		{"untagged traffic needs no property", sent(func(h *hop) { h.tag = envBase }), vNone},
		{"with several messages at once nothing is known of each", sent(func(h *hop) { h.sentMany = true }), vNone},
		{"the span that creates a message does not send it", sent(func(h *hop) { h.op = OpCreate }), vNone},
		{"a consumer's span is no producer's", sent(func(h *hop) { h.op, h.span = OpProcess, KindConsumer }), vNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ruleProperty(&c.hop)
			require.Equal(t, slotProperty, r.slot, "a finding of its own")
			require.Equal(t, c.found, r.found)
			if c.found != vNone {
				require.True(t, r.proven)
				require.Equal(t, tagGray, r.env)
				require.Equal(t, WhereSender, r.where)
			}
		})
	}
}

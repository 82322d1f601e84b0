package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCodePrecedence: many codes look alike on one hop; a published table says
// which evidence gives which code, without it the code is empty.
func TestCodePrecedence(t *testing.T) {
	all := evidence{again: true, dead: true, delayed: true, broadcast: true, oneGroup: true}
	escape := step(tagged1(tagGray), envBase)
	message := delivery(tagged1(tagGray), envBase, envBase)
	given := func(e evidence) func(*hop) { return func(h *hop) { h.evidence = e } }
	for _, c := range []struct {
		name  string
		found verdictID
		hop   hop
		want  Code
	}{
		{"escape: detached work", vEscape, escape.but(func(h *hop) { h.root = true }), "R3"},
		{"escape: blind before the place in the workload", vEscape, escape.but(func(h *hop) { h.up.how, h.span = howBlind, KindClient }), "R5"},
		{"escape: a trust boundary", vEscape, call(tagged1(tagGray), envBase, envBase).but(func(h *hop) { h.linked = true }), "R7"},
		{"escape: second hop", vEscape, escape.but(func(h *hop) { h.span = KindClient }), "R2"},
		{"escape: second hop to a producer", vEscape, escape.but(func(h *hop) { h.span = KindProducer }), "R2"},
		{"escape: inside the workload", vEscape, escape, "R3"},
		{"escape: between two services nothing tells", vEscape, call(tagged1(tagGray), envBase, envBase), ""},
		{"escape: a batch first", vEscape, message.but(func(h *hop) { h.links, h.sentMany, h.evidence = 2, true, all }), "M9"},
		{"escape: then a batch send", vEscape, message.but(func(h *hop) { h.sentMany, h.evidence = true, all }), "M8"},
		{"escape: then the dead-letter", vEscape, message.but(given(all)), "M11"},
		{"escape: then a retry", vEscape, message.but(given(evidence{again: true})), "M10"},
		{"escape: a delay tells nothing of a loss", vEscape, message.but(given(evidence{delayed: true})), ""},
		{"injection", vInjection, step(baseline1(), tagGray), "R4"},
		{"leak of a call", vLeak, call(tagged1(tagGray), tagGray, envBase), "R1"},
		{"leak: broadcast first", vLeak, message.but(given(all)), "M15"},
		{"leak: then the dead-letter", vLeak, message.but(given(evidence{again: true, dead: true, delayed: true, oneGroup: true})), "M11"},
		{"leak: then a retry", vLeak, message.but(given(evidence{again: true, delayed: true, oneGroup: true})), "M10"},
		{"leak: then the delay", vLeak, message.but(given(evidence{delayed: true, oneGroup: true})), "M12"},
		{"leak: then one group", vLeak, message.but(given(evidence{oneGroup: true})), "M6"},
		{"leak: any other", vLeak, message, "M1"},
		{"pollution by a call", vPollution, call(baseline1(), envBase, tagGray), "R9"},
		{"pollution by a message needs evidence", vPollution, message, ""},
		{"pollution by a message of one group", vPollution, message.but(given(evidence{oneGroup: true})), "M6"},
		{"cross_env of a call has no code", vCrossEnv, call(tagged1(tagGray), tagGray, tagBlue), ""},
		{"cross_env of a retry", vCrossEnv, message.but(given(evidence{again: true})), "M10"},
		{"mutation has no code", vMutation, step(tagged1(tagGray), tagBlue), ""},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, codeOf(&c.hop, &ruling{found: c.found})) })
	}
}

// TestCodesInCatalogue: every code that a rule can give is published.
func TestCodesInCatalogue(t *testing.T) {
	known := map[Code]bool{}
	for _, c := range Codes() {
		require.False(t, known[c.Code], "twice: %s", c.Code)
		known[c.Code] = true
		require.Equal(t, c.Verdict == "", c.Blind != "", "%s: either a verdict or the reason why not", c.Code)
	}
	for _, c := range []Code{"R1", "R2", "R3", "R4", "R5", "R7", "R9", "M1", "M4", "M5", "M6", "M8", "M9", "M10", "M11", "M12", "M15"} {
		require.True(t, known[c], c)
	}
}

// TestWhere: lost inside the process, not injected by the sender, not restored
// by the receiver.
func TestWhere(t *testing.T) {
	escape := call(tagged1(tagGray), envBase, envBase)
	for _, c := range []struct {
		name  string
		found verdictID
		hop   hop
		want  Where
	}{
		{"inside one workload", vEscape, step(tagged1(tagGray), envBase), WhereInProcess},
		{"a header carried the tag: not restored by the receiver", vEscape, escape.but(func(h *hop) { h.headers, h.header = true, tagGray }), WhereReceiver},
		{"the headers were captured without it: not injected by the sender", vEscape, escape.but(func(h *hop) { h.headers = true }), WhereSender},
		{"the headers carried another tag", vEscape, escape.but(func(h *hop) { h.headers, h.header = true, tagBlue }), WhereUnknown},
		{"the message carried the property", vEscape, delivery(tagged1(tagGray), envBase, envBase).but(func(h *hop) { h.prop = tagGray }), WhereReceiver},
		{"nothing was captured", vEscape, escape, WhereUnknown},
		{"through the blind it is an interval", vEscape, step(tagged1(tagGray).with(howBlind), envBase), WhereUnknown},
		{"the parent was never seen: an interval", vEscape, step(unknown1(), envBase).but(func(h *hop) { h.state = upMissing }), WhereUnknown},
		{"a misplaced call is the router's", vLeak, call(tagged1(tagGray), tagGray, envBase), WhereRouter},
		{"a misplaced message is the receiver's", vLeak, delivery(tagged1(tagGray), tagGray, envBase), WhereReceiver},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, whereOf(&c.hop, &ruling{found: c.found, env: tagGray}))
		})
	}
}

package htmlreport

import (
	"strconv"
	"testing"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/stretchr/testify/require"
)

// made returns n findings like f with ids and message ids of their own.
func made(n int, f auditor.Finding) []auditor.Finding {
	out := make([]auditor.Finding, n)
	for i := range out {
		out[i] = f
		out[i].ID = string(f.Verdict) + string(f.Certainty) + strconv.Itoa(i)
		if f.Kind == auditor.HopMessage {
			out[i].MessageID = out[i].ID
		}
	}
	return out
}

func TestHeadline(t *testing.T) {
	leak := auditor.Finding{Verdict: auditor.VerdictLeak, Certainty: auditor.Proven, Kind: auditor.HopMessage, Env: gray}
	rpc, lost, doubtful, pollution := leak, leak, leak, leak
	rpc.Kind = auditor.HopRPC
	lost.Verdict, lost.Effect = auditor.VerdictEscape, auditor.VerdictLeak
	doubtful.Certainty = auditor.Suspected
	pollution.Verdict, pollution.Env, pollution.Home, pollution.Kind = auditor.VerdictPollution, "", gray, auditor.HopRPC
	escape := auditor.Finding{Verdict: auditor.VerdictEscape, Certainty: auditor.Proven, Kind: auditor.HopLocal, Env: gray}
	detagged := escape
	detagged.Kind = auditor.HopMessage
	blue := rpc
	blue.Env = "blue"
	blue.Verdict = auditor.VerdictCrossEnv
	stranded := auditor.Finding{Verdict: auditor.VerdictStranded, Certainty: auditor.Suspected, Kind: auditor.HopMessage, Env: gray}
	retried := made(3, leak)
	retried[2].MessageID = retried[1].MessageID
	for _, c := range []struct {
		name     string
		findings []auditor.Finding
		sum      auditor.Summary
		level    string
		text     string
		also     []string
	}{
		{"leak", made(12, leak), auditor.Summary{}, "broken", "12 gray messages reached a baseline consumer", nil},
		{"one", made(1, leak), auditor.Summary{}, "broken", "1 gray message reached a baseline consumer", nil},
		{"attempts are one message", retried, auditor.Summary{}, "broken", "2 gray messages reached a baseline consumer", nil},
		{"rpc", made(1200, rpc), auditor.Summary{}, "broken", "1,200 gray calls reached a baseline workload", nil},
		{"cause", made(2, lost), auditor.Summary{}, "broken", "2 gray messages reached a baseline consumer because the tag got lost", nil},
		{
			"part of the cause", append(made(2, lost), made(3, leak)...),
			auditor.Summary{},
			"broken",
			"5 gray messages reached a baseline consumer, 2 of them because the tag got lost", nil,
		},
		{"escape", made(2, escape), auditor.Summary{}, "broken", "2 hops lost the tag gray", nil},
		{"messages", made(2, detagged), auditor.Summary{}, "broken", "2 gray messages lost their tags", nil},
		{
			"proven first", append(made(5, doubtful), made(1, pollution)...),
			auditor.Summary{},
			"broken", "1 baseline call reached a gray workload",
			[]string{"suspected: 5 gray messages reached a baseline consumer"},
		},
		{
			"several tags", append(made(1, blue), made(1, leak)...),
			auditor.Summary{},
			"broken", "1 gray message reached a baseline consumer",
			[]string{"1 blue call reached the workload of another env"},
		},
		{"suspected", made(4, stranded), auditor.Summary{}, "suspected", "Suspected: 4 gray messages found no consumer", []string{}},
		{"clean", nil, auditor.Summary{Hops: 1300, Coverage: 0.9925}, "clean", "Nothing broke: 99.2\u00a0% of 1,300 hops judged", nil},
		{"low coverage is no pass", nil, auditor.Summary{Hops: 1300, Coverage: 0.31}, "unsure", "Nothing found, but only 31\u00a0% of 1,300 hops could be judged", nil},
		{
			"entry spans alone", nil,
			auditor.Summary{Coverage: 1, Placement: auditor.PlacementSummary{Seen: 1200, Judged: 1100}},
			"unsure", "Nothing found, but only the placement of 1,100 entry spans was judged: no hop was seen", nil,
		},
		{"no traffic", nil, auditor.Summary{Coverage: 1}, "empty", "Nothing to judge: no hop was seen", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHeadline(c.findings, c.sum)
			require.Equal(t, c.level, h.Level)
			require.Equal(t, c.text, h.Text)
			require.ElementsMatch(t, c.also, h.Also)
		})
	}
}

func TestPercentNeverRoundsToAllOrNothing(t *testing.T) {
	for in, want := range map[float64]string{
		1: "100\u00a0%", 0.99999: "99.9\u00a0%", 0.999: "99.9\u00a0%", 0.5: "50\u00a0%", 0.29: "29\u00a0%", 0.0004: "<\u00a00.1\u00a0%", 0: "0\u00a0%",
	} {
		require.Equal(t, want, percent(in))
	}
}

func TestNumber(t *testing.T) {
	for in, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		require.Equal(t, want, number(in))
	}
	require.Equal(t, "12.5", amount(12.5))
	require.Equal(t, "1,235", amount(1234.6))
}

func TestEveryVerdictAndReasonHasWords(t *testing.T) {
	for _, v := range verdictOrder() {
		require.NotEmpty(t, verdictWords(v), v)
	}
	for _, r := range []auditor.Reason{
		auditor.ReasonUpstreamMissing, auditor.ReasonUpstreamUnknown, auditor.ReasonSilent, auditor.ReasonNoTags,
		auditor.ReasonMixedBatch, auditor.ReasonLinksDropped, auditor.ReasonHomeUnknown, auditor.ReasonOrigin, auditor.ReasonEvicted,
		auditor.ReasonRestart, auditor.ReasonRemoteLink,
	} {
		require.NotEqual(t, reasonWords("?"), reasonWords(r), r)
	}
}

func TestSharesGiveNoNumberWhereTheBasisIsMixed(t *testing.T) {
	half := 0.5
	tables := shareTables([]auditor.Share{
		{By: "topic", Name: "A", Env: gray, Count: 1, Total: 2, Share: &half, Basis: auditor.BasisSpans},
		{By: "topic", Name: "B", Env: gray, Count: 10, Total: 20, Basis: auditor.BasisMixed},
	}, newPalette(Input{}))
	rows := tables[1].Rows
	require.Len(t, rows, 2)
	require.Equal(t, "B", rows[0].Name, "the largest traffic first")
	require.Negative(t, rows[0].Bar)
	require.Empty(t, rows[0].Percent)
	require.Equal(t, "50\u00a0%", rows[1].Percent)
}

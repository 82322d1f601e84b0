package enginehost

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

func finding(id int, v auditor.Verdict, c auditor.Certainty) auditor.Finding {
	return auditor.Finding{ID: fmt.Sprintf("%032x", id), Verdict: v, Certainty: c, State: auditor.StateOpen, Service: "svc", Destination: "ORDER"}
}

func TestAFindingCountsOnceForWhatItTakes(t *testing.T) {
	c := newFindingCounts()
	leak := finding(1, auditor.VerdictLeak, auditor.Suspected)
	c.count(&leak)
	leak.Group = "changed"
	c.count(&leak)
	leak.Certainty = auditor.Proven
	c.count(&leak)
	escape := leak
	escape.Verdict = auditor.VerdictEscape
	c.count(&escape)
	c.count(&leak)
	escape.State = auditor.StateWithdrawn
	c.count(&escape)
	require.Equal(t, map[FindingKey]uint64{
		{Verdict: auditor.VerdictLeak, Certainty: auditor.Suspected, Service: "svc"}: 1,
		{Verdict: auditor.VerdictLeak, Certainty: auditor.Proven, Service: "svc"}:    1,
		{Verdict: auditor.VerdictEscape, Certainty: auditor.Proven, Service: "svc"}:  1,
	}, c.series)
	require.Equal(t, map[auditor.Verdict]uint64{auditor.VerdictEscape: 1}, c.withdrawn)
}

func TestAStrandedMessageCountsOnce(t *testing.T) {
	c := newFindingCounts()
	f := finding(1, auditor.VerdictStranded, auditor.Suspected)
	c.count(&f)
	f.Certainty = auditor.Proven
	c.count(&f)
	require.Equal(t, map[StrandedKey]uint64{{"ORDER", ""}: 1}, c.stranded)
}

func TestFindingCountsAreBounded(t *testing.T) {
	c := newFindingCounts()
	for i := range 3 * maxToldIDs {
		f := finding(i, auditor.VerdictLeak, auditor.Proven)
		f.Service = fmt.Sprint(i)
		c.count(&f)
	}
	require.LessOrEqual(t, len(c.told)+len(c.before), 2*maxToldIDs)
	require.Len(t, c.series, maxFindingSeries+1)
	require.EqualValues(t, 3*maxToldIDs-maxFindingSeries, c.series[FindingKey{}])
}

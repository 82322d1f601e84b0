package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
)

// TestTextHeadline: the first line is true of both axes.
func TestTextHeadline(t *testing.T) {
	for want, s := range map[string]auditor.Summary{
		"Nothing was judged":                               {Hops: 5, Placement: auditor.PlacementSummary{Seen: 1}},
		"Nothing found, but only placement was judged":     {Placement: auditor.PlacementSummary{Seen: 1, Judged: 1}},
		"Nothing found, but most hops could not be judged": {Hops: 5, Judged: 1, Coverage: 0.2},
		"Nothing found":                                    {Hops: 5, Judged: 4, Coverage: 0.8},
	} {
		var b bytes.Buffer
		require.NoError(t, render.Text(&b, render.Input{Report: auditor.Report{Summary: s}}, render.TextOptions{}))
		first, _, _ := strings.Cut(b.String(), "   ")
		require.Equal(t, want, first)
	}
}

package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRuleStranded(t *testing.T) {
	const order, orderGray, audit, last = 1, 2, 4, 1 << 63
	twin := func(bit uint64) uint64 {
		if bit == order {
			return orderGray
		}
		return 0
	}
	for _, c := range []struct {
		name         string
		took, should uint64
		missing      uint64
	}{
		{"no consumer group which should have it processed it", 0, order, order},
		{"the group itself took it", order, order, 0},
		{"the twin of the group took it", orderGray, order, 0},
		{"another group's consumption is none of this group's", audit, order, order},
		{"judged per group family: each group by itself", orderGray, order | audit, audit},
		{"all groups miss it", 0, order | audit | last, order | audit | last},
		{"nobody should have it", 0, 0, 0},
		{"more took it than should", order | audit | last, last, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.missing, ruleStranded(c.took, c.should, twin))
		})
	}
}

func TestStrandedCode(t *testing.T) {
	for _, c := range []struct {
		name    string
		delayed bool
		twin    presence
		want    Code
	}{
		{"a delayed message outlives its lane", true, seenAround, "M12"},
		{"delay comes before the backlog", true, seenNever, "M12"},
		{"without a twin the backlog waits for it", false, seenNever, "M4"},
		{"with a twin alive it was skipped", false, seenAround, "M5"},
		{"a twin seen on one side was alive", false, seenOneWay, "M5"},
	} {
		require.Equal(t, c.want, strandedCode(c.delayed, c.twin), c.name)
	}
}

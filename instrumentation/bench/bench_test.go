package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	graygrpc "github.com/dyetrace/dyetrace/instrumentation/grpc"
)

func TestMain(m *testing.M) {
	graygrpc.Register()
	os.Exit(m.Run())
}

// Every row makes its calls, and the report has a line for it.
func TestEveryRowIsMeasured(t *testing.T) {
	for _, p := range []protocol{httpProtocol(), grpcProtocol()} {
		require.NoError(t, p.measure(options{runs: 2, calls: 2}))
		text := markdown(options{runs: 2, calls: 2}, []protocol{p})
		for _, r := range p.rows {
			require.Len(t, r.costs, 2)
			for _, c := range r.costs {
				require.Positive(t, c.allocs)
			}
			require.Contains(t, text, "| "+r.name+" |")
		}
	}
}

// Allocations do not depend on the machine's load: the budget holds in every
// run of the tests. The margin is for what net/http and gRPC allocate now and
// then.
func TestAddedAllocationsStayInBudget(t *testing.T) {
	const budget, margin = 4, 1
	for _, p := range []protocol{httpProtocol(), grpcProtocol()} {
		require.NoError(t, p.measure(options{runs: 5, calls: 200}))
		for _, r := range p.rows {
			require.LessOrEqual(t, p.added(r, r.like), float64(budget+margin), "%s: %s", p.name, r.name)
		}
	}
}

func TestMedian(t *testing.T) {
	values := []float64{9, 1, 5}
	require.InDelta(t, 5, median(values), 0)
	require.Equal(t, []float64{9, 1, 5}, values)
	require.InDelta(t, 3, median([]float64{1, 5}), 0)
}

// The machine was twice as slow in the second run; the ratio does not see it.
func TestRatioIsTakenRunByRun(t *testing.T) {
	p := protocol{rows: []*row{{costs: []cost{{ns: 100}, {ns: 200}}}, {costs: []cost{{ns: 110}, {ns: 220}}}}}
	require.Equal(t, "1.100 (1.10-1.10)", p.ratio(p.rows[1], bare))
}

func TestParse(t *testing.T) {
	_, err := parse([]string{"-runs", "0"})
	require.ErrorContains(t, err, "must be positive")
	_, err = parse([]string{"extra"})
	require.ErrorContains(t, err, "no arguments")
	o, err := parse([]string{"-o", "x.md"})
	require.NoError(t, err)
	require.Equal(t, "x.md", o.output)
}

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0"}, {0.001, "<0.01"}, {0.25, "0.25"}, {9.876, "9.88"}, {42.42, "42.4"}, {999, "999"}, {19832, "19,832"}, {1234567, "1,234,567"},
	} {
		require.Equal(t, c.want, number(c.in))
	}
}

func TestRatioIsTakenRunByRun(t *testing.T) {
	cost := func(ns ...time.Duration) *row {
		r := &row{}
		for _, n := range ns {
			r.costs = append(r.costs, measure.Cost{CPU: n * 10, Spans: 10})
		}
		return r
	}
	// The machine was twice as slow in the second run; the ratio does not see it.
	require.Equal(t, "4.00", ratio(cost(400, 800), cost(100, 200)))
	require.Equal(t, "-", ratio(cost(400), nil))
}

func TestReportNamesEveryRow(t *testing.T) {
	c := []measure.Cost{{CPU: 1000, Spans: 10, Allocs: 20, Bytes: 30}}
	rep := report{
		table:    []*row{{name: rowTouch, costs: c}, {name: "other", costs: c}, {name: rowReceived, costs: c, received: true}},
		retained: []retained{{"kept", 48}},
		check:    &checkCosts{check: []float64{500}, unmarshal: []float64{1000}},
	}
	o, err := parse([]string{"-runs", "1"})
	require.NoError(t, err)
	text := rep.markdown(o)
	require.Contains(t, text, "| other | 100 (100-100) | 2.00 | 3.00 | 1.00 | - | - |")
	require.Contains(t, text, "| "+rowReceived+" | 100 (100-100) | 2.00 | 3.00 | 1.00 |")
	require.Contains(t, text, "| kept | 48.0 |")
	require.Contains(t, text, rowCheck+" | 500 (500-500) | 2,000,000 | 2.00 (2.00-2.00) |")
}

func TestParseRejects(t *testing.T) {
	for _, args := range [][]string{{"-runs", "0"}, {"-time", "-1s"}, {"-rows", "("}, {"stray"}} {
		_, err := parse(args)
		require.Error(t, err, args)
	}
}

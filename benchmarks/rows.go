package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// The rows that others are compared with.
const (
	rowTouch       = "touch: ids, kind, 3 attribute look-ups"
	rowCached      = "the same, 50 times over the same spans"
	rowSpanmetrics = "spanmetrics connector, 2 more dimensions"
	rowUnmarshal   = "OTLP unmarshal"
	rowReceived    = "touch, each batch unmarshalled just before"
)

// row is one line of the table.
type row struct {
	name  string
	open  func(*workload.Round) (measure.Subject, error)
	costs []measure.Cost // one of each run

	received bool // in the table of what a collector's components get
}

// rows lists what is measured, the cheapest peers first, ours last.
func rows() []*row {
	return []*row{
		{name: "ids and kind only", open: bare(idsOnly)},
		{name: rowTouch, open: bare(touch)},
		{name: rowCached, open: cached(touch)},
		{name: "one pass over the attributes, 4 keys picked", open: bare(onePass)},
		{name: "OTLP marshal", open: openMarshal},
		{name: rowUnmarshal, open: openUnmarshal},
		{name: rowSpanmetrics, open: openSpanmetrics},
		{name: "tail_sampling, one policy", open: openTailSampling},
		{name: "groupbytrace", open: openGroupByTrace},
		{name: "**dyetrace**, adapter only (pdata to facts)", open: openAdapter},
		{name: "**dyetrace**, full rules, 5,120 spans/s", open: openEngine(modestLoad)},
		{name: "**dyetrace**, full rules, 51,200 spans/s", open: openEngine(highLoad)},
		{name: rowReceived, open: receiving(bare(touch)), received: true},
		{name: "**dyetrace**, full rules, 5,120 spans/s, likewise", open: receiving(openEngine(modestLoad)), received: true},
		{name: "**dyetrace**, full rules, 51,200 spans/s, likewise", open: receiving(openEngine(highLoad)), received: true},
	}
}

// measureRows measures the rows that o wants in turns, so that all see the same
// state of the machine.
func measureRows(o options) ([]*row, error) {
	var wanted []*row
	for _, r := range rows() {
		if o.rows.MatchString(r.name) {
			wanted = append(wanted, r)
		}
	}
	spans := workload.New(1)
	for n := range o.runs {
		for _, r := range wanted {
			fmt.Fprintf(os.Stderr, "run %d of %d: %s\n", n+1, o.runs, r.name)
			c, err := r.measure(spans, o.atLeast)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			r.costs = append(r.costs, c)
		}
	}
	return wanted, nil
}

// measure opens the subject for this run alone. What others hold would change how
// often the collector of garbage runs: our tables, which it need not look into, made
// unmarshalling and spanmetrics a third cheaper than they are.
func (r *row) measure(spans *workload.Round, atLeast time.Duration) (measure.Cost, error) {
	s, err := r.open(spans)
	if err != nil {
		return measure.Cost{}, err
	}
	c, err := measure.Sample(s, atLeast)
	return c, errors.Join(err, s.Close())
}

package audittest

import (
	"time"

	"github.com/dyetrace/dyetrace/auditor"
)

// Offline runs the engine with all facts kept: what check does.
func Offline(policy auditor.Policy, feed []Arrival) (auditor.Report, error) {
	e, err := auditor.New(policy, auditor.Options{Mode: auditor.Offline})
	if err != nil {
		return auditor.Report{}, err
	}
	for i := range feed {
		add(e, &feed[i])
	}
	e.Close()
	return e.Report(), nil
}

// Streaming runs the engine with windows kept by arrival. After the last span
// the clock runs on until every window has ended.
func Streaming(policy auditor.Policy, feed []Arrival) (auditor.Report, error) {
	e, err := auditor.New(policy, auditor.Options{Mode: auditor.Streaming})
	if err != nil {
		return auditor.Report{}, err
	}
	step := int64(policy.Windows.Pair / 2)
	now := feed[0].At
	for i := range feed {
		for now += step; now < feed[i].At; now += step {
			e.Tick(now)
		}
		now = feed[i].At
		e.Tick(now)
		add(e, &feed[i])
	}
	for end := now + runOut(policy, feed); now < end; now += step {
		e.Tick(now)
	}
	e.Close()
	return e.Report(), nil
}

// runOut is how long after the last arrival nothing is open any more.
func runOut(policy auditor.Policy, feed []Arrival) int64 {
	w := policy.Windows
	longest := int64(2*(w.Pair+w.Liveness+w.Stranded+w.Grace) + time.Minute)
	for i := range feed {
		longest = max(longest, feed[i].Span.Message.Delay+2*int64(w.Pair+w.Liveness+w.Stranded))
	}
	return longest
}

func add(e *auditor.Engine, a *Arrival) {
	span := a.Span
	span.Resource = e.Resource(a.Resource)
	e.Add(a.At, &span)
}

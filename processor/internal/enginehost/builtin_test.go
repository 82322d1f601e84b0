package enginehost

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/audittest"
	"github.com/dyetrace/dyetrace/auditor/audittest/pdatagen"
	"github.com/dyetrace/dyetrace/processor/policysource"
)

// The host passes every case of the rules, each span a batch that arrives at its
// time, with the ticks of its own loop between; what it told is what is open in
// the end.
func TestBuiltinCases(t *testing.T) {
	scripts, err := audittest.Load(audittest.Builtin())
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			for i := range s.Cases {
				c := &s.Cases[i]
				p, err := c.Policy()
				require.NoError(t, err)
				for _, feed := range c.Feeds(p.Windows.Liveness) {
					var report auditor.Report
					synctest.Test(t, func(t *testing.T) { report = replay(t, p, feed.Arrivals) })
					require.Empty(t, audittest.Check(c, &report), "%s (%s)", c.Name, feed.Name)
				}
			}
		})
	}
}

// replay sends a feed at its times, which pass inside the bubble only.
func replay(t *testing.T, p auditor.Policy, feed []audittest.Arrival) auditor.Report {
	pass(time.Until(time.Unix(0, feed[0].At)))
	j := newJoiner(t)
	id := component.MustNewID("policies")
	j.host = hostWith{id, &source{first: policysource.Update{Policy: p}}}
	m := j.join(t, LogsConnector, func(c *Config) {
		c.PolicyExtension = &id
		c.TickInterval = min(p.Windows.Pair/4, time.Minute)
	})
	m.outbox.limit = 1 << 20
	delay := time.Duration(0)
	for i := range feed {
		pass(time.Until(time.Unix(0, feed[i].At)))
		m.Feed(pdatagen.Traces(feed[i:i+1], pdatagen.Options{Keys: p.Keys}))
		delay = max(delay, time.Duration(feed[i].Span.Message.Delay))
	}
	pass(delay)
	m.RunOut()
	report := m.host.life.engine.Report()
	report.Findings = stillOpen(m.outbox.queue)
	m.Leave()
	return report
}

// stillOpen is what a reader of the findings knows in the end.
func stillOpen(queue []Told) []auditor.Finding {
	last := map[string]int{}
	for i := range queue {
		last[queue[i].Finding.ID] = i
	}
	out := []auditor.Finding{}
	for i := range queue {
		if f := queue[i].Finding; last[f.ID] == i && f.State == auditor.StateOpen {
			out = append(out, f)
		}
	}
	return out
}

package e2e

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

// shopPolicy fits package traffic. No window ends within a test, even on a busy
// machine.
const shopPolicy = "version: 1\norigins: [gateway]\n" + wide + "\n"

// senders is how many clients send at once.
const senders = 4

// TestShutdownDrains: SIGTERM in the middle of the load ends auditd with status 0,
// and the findings of all that it acknowledged are stored.
func TestShutdownDrains(t *testing.T) {
	d := start(t, t.TempDir(), "--policy", file(t, "policy.yaml", shopPolicy))
	var acknowledged sync.Map // faulty trace ids
	var batches atomic.Int64
	enough := make(chan struct{})
	var load sync.WaitGroup
	for i := range senders {
		load.Go(func() {
			g := traffic.New(uint64(i))
			g.FaultShare = 1
			for {
				list := make([]traffic.Trace, 20)
				for j := range list {
					list[j] = g.Next(time.Now())
				}
				if d.send(traffic.Whole(list...)) != nil {
					return // it has ended
				}
				for _, tr := range list {
					if tr.Faulty {
						acknowledged.Store(tr.ID, true)
					}
				}
				if batches.Add(1) == 40 {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patience):
		require.Fail(t, "no load", d.log.String())
	}
	d.stop()
	load.Wait()

	again := start(t, d.data)
	stored := byTrace(t, again.findings())
	n := 0
	acknowledged.Range(func(id, _ any) bool {
		n++
		require.Contains(t, stored, id, "acknowledged, but not stored")
		return true
	})
	require.Positive(t, n)
	require.NotContains(t, d.log.String(), "not delivered")
	again.stop()
}

// byTrace wants the findings of package traffic, each once.
func byTrace(t *testing.T, list []auditor.Finding) map[any]auditor.Finding {
	out := map[any]auditor.Finding{}
	for _, f := range list {
		require.NotContains(t, out, f.TraceID, "twice: %+v and %+v", f, out[f.TraceID])
		require.Equal(t, auditor.VerdictEscape, f.Verdict, "%+v", f)
		require.Equal(t, "stock", f.Service, "%+v", f)
		out[f.TraceID] = f
	}
	return out
}

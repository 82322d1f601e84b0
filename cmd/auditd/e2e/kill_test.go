package e2e

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

// kills is how often auditd is killed.
const kills = 50

// often gives out the counts more often than by default, for tests that look at them.
const often = "--set=connectors::dyetrace::metrics::interval=200ms"

// TestNothingAcknowledgedIsLost kills auditd under load again and again. What was
// not acknowledged is sent again. In the end every finding whose spans were
// acknowledged together is stored, once; and nothing is stored that `auditd check`
// does not find in the whole of the data. Halves of traces that a kill has torn
// apart count as not judged, for the reason restart.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	policy := file(t, "policy.yaml", shopPolicy)
	data := filepath.Join(t.TempDir(), "data")
	w := &world{up: sync.NewCond(&sync.Mutex{})}
	var load sync.WaitGroup
	for i := range senders {
		load.Go(func() { w.client(uint64(i)) })
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range kills {
		d := start(t, data, "--policy", policy, often)
		w.serve(d)
		time.Sleep(time.Duration(random.IntN(int(300 * time.Millisecond)))) //nolint:forbidigo // the random moment of a crash
		w.serve(nil)
		d.kill()
	}
	torn := traffic.New(senders).Next(time.Now()) // for certain
	d := start(t, data, "--policy", policy)
	require.NoError(t, d.send(traffic.Callers(torn)))
	d.kill()
	d = start(t, data, "--policy", policy, "--set=connectors::dyetrace::run_out_on_shutdown=true")
	w.serve(d)
	require.NoError(t, d.send(traffic.Called(torn)))
	w.note(nil, []ptrace.Traces{traffic.Callers(torn), traffic.Called(torn)})
	w.finish()
	load.Wait()
	d.stop() // decides what only time would decide
	again := start(t, data)
	require.Positive(t, reasons(again)["restart"], "coverage does not tell of the restarts")
	w.judge(t, again, policy)
	again.stop()
}

func reasons(d *daemon) map[string]float64 {
	var c struct {
		Propagation struct{ Undecidable map[string]float64 }
	}
	d.answer("/api/v1/coverage", &c)
	return c.Propagation.Undecidable
}

// world is the clients of an auditd that comes and goes.
type world struct {
	up   *sync.Cond
	d    *daemon // nil: down
	done bool

	mu    sync.Mutex
	all   bytes.Buffer // OTLP JSON lines of all that was sent
	whole []string     // faulty traces that were acknowledged in one piece
	torn  int
}

func (w *world) serve(d *daemon) {
	w.up.L.Lock()
	defer w.up.L.Unlock()
	w.d = d
	w.up.Broadcast()
}

func (w *world) finish() {
	w.up.L.Lock()
	defer w.up.L.Unlock()
	w.done = true
}

// deliver sends until it is acknowledged.
func (w *world) deliver(td ptrace.Traces) {
	for {
		w.up.L.Lock()
		for w.d == nil {
			w.up.Wait()
		}
		d := w.d
		w.up.L.Unlock()
		if d.send(td) == nil {
			return
		}
	}
}

func (w *world) ended() bool {
	w.up.L.Lock()
	defer w.up.L.Unlock()
	return w.done
}

// client sends traces: some whole, others as two batches with a moment between.
func (w *world) client(seed uint64) {
	g := traffic.New(seed)
	g.FaultShare = .5
	for i := 0; !w.ended(); i++ {
		list := make([]traffic.Trace, 10)
		for j := range list {
			list[j] = g.Next(time.Now())
		}
		parts := []ptrace.Traces{traffic.Whole(list...)}
		if i%2 == 1 {
			parts = []ptrace.Traces{traffic.Callers(list...), traffic.Called(list...)}
		}
		for _, td := range parts {
			w.deliver(td)
		}
		w.note(list, parts)
	}
}

func (w *world) note(list []traffic.Trace, parts []ptrace.Traces) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, td := range parts {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		if err != nil {
			panic(err) // own data
		}
		w.all.Write(append(line, '\n'))
	}
	if len(parts) > 1 {
		w.torn++
		return
	}
	for _, tr := range list {
		if tr.Faulty {
			w.whole = append(w.whole, tr.ID)
		}
	}
}

func (w *world) judge(t *testing.T, d *daemon, policy string) {
	right := map[string]string{}
	for _, f := range audit(t, policy, file(t, "all.jsonl", w.all.String())) {
		right[f.ID] = string(f.Verdict)
	}
	stored := d.findings()
	for _, f := range stored {
		require.Equal(t, right[f.ID], string(f.Verdict), "a wrong verdict: %+v", f)
	}
	of := byTrace(t, stored)
	for _, id := range w.whole {
		require.Contains(t, of, id, "acknowledged, but not stored")
	}
	require.NotEmpty(t, w.whole)
	require.Positive(t, w.torn)
	t.Logf("%d findings of %d faulty traces in one piece, %d batches in two", len(stored), len(w.whole), w.torn)
	require.NotContains(t, d.log.String(), "panic")
}

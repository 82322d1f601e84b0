package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

// TestOverload: at its memory limit auditd refuses spans in a way that asks senders
// to come again, and nothing else breaks; below it, it goes on.
func TestOverload(t *testing.T) {
	d := start(t, t.TempDir(), often, "--set=connectors::dyetrace::limits::spans=65536",
		"--set=processors::memory_limiter={check_interval: 20ms, limit_mib: 120, spike_limit_mib: 80}")
	stop := make(chan struct{})
	var load sync.WaitGroup
	var mu sync.Mutex
	var refused, taken int
	odd := map[codes.Code]error{}
	for i := range 8 {
		load.Go(func() {
			g := traffic.New(uint64(i))
			for {
				select {
				case <-stop:
					return
				default:
				}
				list := make([]traffic.Trace, 400)
				for j := range list {
					list[j] = g.Next(time.Now())
				}
				err := d.send(traffic.Whole(list...))
				mu.Lock()
				switch code := status.Code(err); code {
				case codes.OK:
					taken++
				case codes.Unavailable, codes.ResourceExhausted:
					refused++
				default:
					odd[code] = err
				}
				mu.Unlock()
			}
		})
	}
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return refused >= 5 && taken >= 5 }, patience, 20*time.Millisecond)
	status, body := d.get("/api/v1/findings")
	require.Equal(t, http.StatusOK, status, "the API under overload: %s", body)
	counted, _ := d.metric("otelcol_processor_memory_limiter_refused_spans_total", "")
	require.Positive(t, counted)
	close(stop)
	load.Wait()
	require.Empty(t, odd)
	require.Eventually(t, func() bool { return d.send(traffic.Whole(traffic.New(99).Next(time.Now()))) == nil }, patience, 50*time.Millisecond,
		"it does not recover")
	d.stop()
}

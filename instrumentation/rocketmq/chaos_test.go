package rocketmq_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/brokertest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// TestChaos sends 2,000 mixed messages while consumers of both environments are
// started, stopped, killed and, by all that, rebalanced.
func TestChaos(t *testing.T) {
	t.Parallel()
	perScheme(t, func(t *testing.T, b *brokertest.Broker, scheme isolation.Name) {
		topic, group := b.Topic(t, "CHAOS", 8), b.Group(t, "chaos")
		b.Retries(t, group+"_gray")
		folder := t.TempDir()
		f := &fleet{t: t, folder: folder, alive: map[string][]*child{}, base: childConfig{
			NameServer: b.NameServer, Topic: topic, Group: group, Scheme: scheme,
		}}
		for _, home := range []string{"", "gray", "", "gray"} {
			f.start(home)
		}
		const total = 2000
		sent := make(chan error, 1)
		progress := make(chan int, total)
		producers := map[string]*rocketmq.Producer{}
		for _, home := range []string{"", "gray"} {
			producers[home] = newWorkload(t, "producer", home, toFile(t, folder, "producer-"+home)).producer(t, b)
		}
		contexts := map[string]context.Context{"": context.Background(), "gray": tagged(t, "gray")}
		go func() { sent <- sendMixed(contexts, producers, topic, total, progress) }()

		rng := rand.New(rand.NewPCG(1, uint64(len(scheme)))) //nolint:gosec // a test's dice
		steps := 0
		for n := range progress {
			if n < (steps+1)*total/13 {
				continue
			}
			steps++ // a dozen times on the way
			home := []string{"", "gray"}[rng.IntN(2)]
			f.end(home, []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}[rng.IntN(2)])
			f.start(home)
			if rng.IntN(3) == 0 {
				f.start(home) // a third one, for a while
			}
		}
		require.NoError(t, <-sent)

		missing := func() (n int) {
			journal := f.journal()
			for i := range total {
				if len(journal[body(i)]) == 0 {
					n++
				}
			}
			return n
		}
		require.Eventually(t, func() bool { return missing() == 0 }, 2*patience, 200*time.Millisecond)
		f.endAll()

		repeats := 0
		for what, homes := range f.journal() {
			want := "base"
			if what[:1] == "g" {
				want = "gray"
			}
			require.Contains(t, homes, want, what)
			require.Len(t, homes, 1, "%s was processed by %v", what, homes)
			repeats += homes[want] - 1
		}
		r, status := audit(t, folder, policy)
		note(t, "%d steps, %d processed again; audit: %+v", steps, repeats, r.Summary)
		require.Zero(t, status)
		require.Empty(t, r.Findings)
		require.GreaterOrEqual(t, r.Summary.Hops, total)
		require.GreaterOrEqual(t, r.Summary.Coverage, 0.99)
	})
}

// body names message i; every second one is gray.
func body(i int) string { return fmt.Sprintf("%c%d", "bg"[i%2], i) }

// sendMixed sends in every way, at a pace that lets consumers come and go
// meanwhile. It reports how many are sent, and closes progress.
func sendMixed(contexts map[string]context.Context, producers map[string]*rocketmq.Producer, topic string, total int, progress chan<- int) error {
	defer close(progress)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	results := make(chan error, total)
	waiting := 0
	for i := 0; i < total; {
		tag := []string{"", "gray"}[i%2]
		p, ctx := producers[tag], contexts[tag]
		n := 1
		var err error
		switch i % 10 {
		case 0, 1: // a batch of messages of one environment
			_, err = p.SendSync(ctx, message(topic, body(i)), message(topic, body(i+2)))
			if err == nil { // and the other's batch takes the two between
				other := []string{"gray", ""}[i%2]
				_, err = producers[other].SendSync(contexts[other], message(topic, body(i+1)), message(topic, body(i+3)))
			}
			n = 4
		case 5:
			waiting++
			err = p.SendAsync(ctx, func(_ context.Context, _ *primitive.SendResult, err error) { results <- err }, message(topic, body(i)))
		case 6:
			_, err = p.SendSync(ctx, message(topic, body(i)).WithDelayTimeLevel(1))
		default:
			_, err = p.SendSync(ctx, message(topic, body(i)))
		}
		if err != nil {
			return err
		}
		i += n
		progress <- i
		if i%4 == 0 {
			<-tick.C
		}
	}
	for range waiting {
		if err := <-results; err != nil {
			return err
		}
	}
	return nil
}

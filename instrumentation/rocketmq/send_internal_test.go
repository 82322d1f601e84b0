package rocketmq

import (
	"context"
	"testing"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	dyepropagation "github.com/dyetrace/dyetrace/instrumentation/propagation"
	"github.com/dyetrace/dyetrace/instrumentation/sdk"
)

type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }

// BenchmarkSend is what the wrapper does for a message, without the client: the
// rest of a send is the broker's.
func BenchmarkSend(b *testing.B) {
	for name, c := range map[string]struct {
		tag   string
		ratio float64
	}{"baseline unsampled": {"", 0}, "baseline": {"", 1}, "gray": {"gray", 1}} {
		b.Run(name, func(b *testing.B) {
			tp, err := sdk.NewTracerProvider(b.Context(), sdk.WithService("bench"), sdk.WithBaselineRatio(c.ratio), sdk.WithExporter(discard{}))
			require.NoError(b, err)
			place, err := (&Config{Rules: FixedRules(nil)}).placement()
			require.NoError(b, err)
			tel := newTelemetry(tp, dyepropagation.New(), "", "")
			ctx, err := envtag.ContextWith(b.Context(), c.tag)
			require.NoError(b, err)
			result := &primitive.SendResult{MessageQueue: &primitive.MessageQueue{BrokerName: "broker-a", QueueId: 3}}
			b.ReportAllocs()
			for b.Loop() {
				m := primitive.NewMessage("T", nil)
				_, s, err := tel.send(ctx, place, []*primitive.Message{m})
				if err != nil {
					b.Fatal(err)
				}
				s.end(result, nil)
			}
		})
	}
}

package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is left out because of its ids is told, and plain duplicates are not.
func TestSharedIDsAreTold(t *testing.T) {
	for _, mode := range []Mode{Offline, Streaming} {
		e, err := New(DefaultPolicy(), Options{Mode: mode})
		require.NoError(t, err)
		res := e.Resource(Resource{Service: "a"})
		s := Span{TraceID: TraceID{1}, SpanID: SpanID{2}, Kind: KindClient, Op: OpRPC, Start: second, Resource: res}
		e.Add(second, &s)
		e.Add(second, &s)
		require.Empty(t, e.Summary().Warnings)
		s.Kind = KindServer
		e.Add(second, &s)
		s.SpanID = SpanID{}
		e.Add(second, &s)
		kinds := []string{}
		for _, w := range e.Summary().Warnings {
			kinds = append(kinds, w.Kind)
		}
		require.Equal(t, []string{"shared_ids", "no_ids"}, kinds)
		require.EqualValues(t, 1, e.Stats().Spans)
	}
}

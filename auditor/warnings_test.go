package auditor

import (
	"testing"
	"time"

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

// A policy that does not hold yet says so.
func TestPolicyOfTomorrowIsTold(t *testing.T) {
	p := DefaultPolicy()
	p.ValidFrom = time.Unix(100, 0)
	e, err := New(p, Options{Mode: Offline})
	require.NoError(t, err)
	require.Empty(t, e.Summary().Warnings)
	served(e, 99*second, 1, 1, 0, "a", "base", "")
	require.Equal(t, "not_valid_yet", e.Summary().Warnings[0].Kind)
	served(e, 101*second, 2, 1, 0, "a", "base", "")
	require.Empty(t, e.Summary().Warnings)
}

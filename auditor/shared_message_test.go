package auditor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Messages of different tags under one id: which of them a consumer took is not
// known, and nothing is proven by the first.
func TestDisputedMessageIDs(t *testing.T) {
	sent := func(trace byte, tag string) Span {
		return Span{
			TraceID: TraceID{trace}, SpanID: SpanID{1}, Kind: KindProducer, Op: OpSend, Start: second,
			Tag: Reading{tag != "", tag}, Message: Message{System: "rocketmq", Destination: "ORDER", ID: "m1"},
		}
	}
	for _, order := range [][]string{{"gray", ""}, {"gray", "gray"}} {
		e, err := New(DefaultPolicy(), Options{Mode: Offline})
		require.NoError(t, err)
		res := e.Resource(Resource{Service: "a", Home: Reading{true, "gray"}, Reporting: true})
		for i, tag := range order {
			s := sent(byte(i+1), tag)
			s.Resource = res
			e.Add(0, &s)
		}
		taken := sent(9, "")
		taken.Kind, taken.Op, taken.Resource, taken.Message.Group = KindConsumer, OpProcess, res, "g_gray"
		e.Add(0, &taken)
		e.Close()
		var got []Certainty
		for _, f := range e.Report().Findings {
			if f.TraceID[:2] == "09" {
				got = append(got, f.Certainty)
			}
		}
		want := Suspected
		if order[0] == order[1] {
			want = Proven
		}
		require.Equal(t, []Certainty{want}, got, "%q", order)
	}
}

package auditor

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConsumersBeforeTheirProducer: each takes the message once it is there, also
// where another consumer has asked for it, and where the trace has other messages.
func TestConsumersBeforeTheirProducer(t *testing.T) {
	e, err := New(DefaultPolicy(), Options{Sink: func(Finding) {}})
	require.NoError(t, err)
	now := int64(1e18)
	res := e.Resource(Resource{Service: "s", Home: Reading{true, "base"}, Reporting: true})
	add := func(id, up byte, kind Kind, op Op, group string) {
		s := Span{TraceID: TraceID{1}, SpanID: SpanID{id}, Start: now, Kind: kind, Op: op, Resource: res, Name: "n"}
		if s.ParentID = (SpanID{up}); op == OpProcess {
			s.Links = []Link{{TraceID: s.TraceID, SpanID: s.ParentID}}
		}
		if op.Messaging() {
			s.Message = Message{System: "rocketmq", Destination: "T", Group: group}
		}
		e.Add(now, &s)
		now++
	}
	add(1, 0, KindServer, OpRPC, "")
	add(2, 1, KindProducer, OpSend, "")
	add(3, 2, KindConsumer, OpProcess, "one")
	add(5, 4, KindConsumer, OpProcess, "one")
	add(6, 4, KindConsumer, OpProcess, "two")
	add(4, 1, KindProducer, OpSend, "")

	took := map[byte]int{}
	e.messages.each(func(_ ref, m *message) { took[m.span[0]] = bits.OnesCount64(m.took) })
	require.Equal(t, map[byte]int{2: 1, 4: 2}, took)
	require.Zero(t, e.heated, "the trace is plain")
}

// TestGroupBits: what is remembered of two channels is not taken for that of others,
// which are many.
func TestGroupBits(t *testing.T) {
	e, err := New(DefaultPolicy(), Options{Sink: func(Finding) {}})
	require.NoError(t, err)
	const topics, groups = 64, 20
	for range 2 {
		for group := range groups {
			for topic := range topics {
				produced := e.channelID(channelKey{1, uint16(topic + 1), 0, 9})
				consumer := e.channelID(channelKey{1, uint16(topic + 1), uint16(group + 1), 0})
				require.EqualValues(t, 1<<group, e.groupBit(produced, consumer))
			}
		}
	}
	last := e.channelID(channelKey{1, 1, groups, 0})
	for service := range 1024 { // one of them has the place of the first
		require.EqualValues(t, 1, e.groupBit(e.channelID(channelKey{1, 999, 0, uint16(service)}), last))
		require.EqualValues(t, 1<<(groups-1), e.groupBit(1, last))
	}
}

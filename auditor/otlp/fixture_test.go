package otlp

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// attrs is a span's attributes in order: key, value, key, value.
type attrs []any

// newSpan returns a span of the kind with start 1 s, end 2 s.
func newSpan(kind ptrace.SpanKind, kv attrs) ptrace.Span {
	sp := ptrace.NewSpan()
	sp.SetKind(kind)
	sp.SetName("op")
	sp.SetTraceID(pcommon.TraceID{1})
	sp.SetSpanID(pcommon.SpanID{2})
	sp.SetParentSpanID(pcommon.SpanID{3})
	sp.SetStartTimestamp(1e9)
	sp.SetEndTimestamp(2e9)
	put(sp.Attributes(), kv)
	return sp
}

// put sets the attributes in their order.
func put(m pcommon.Map, kv attrs) {
	for i := 0; i < len(kv); i += 2 {
		if err := m.PutEmpty(kv[i].(string)).FromRaw(kv[i+1]); err != nil {
			panic(err)
		}
	}
}

// list is an array value, as captured headers have.
func list(v ...any) []any { return v }

func clientSpan() ptrace.Span {
	return newSpan(ptrace.SpanKindClient, attrs{
		"http.request.method", "GET", "url.full", "http://127.0.0.1:18101/a/order?rid=r1",
		"server.address", "127.0.0.1", "server.port", 18101, "gray.env", "gray", "req.id", "r1",
		"thread.id", 27, "thread.name", "http-nio-exec-3", "http.response.status_code", 200,
		"network.protocol.version", "1.1", "network.peer.address", "127.0.0.1", "network.peer.port", 18101,
	})
}

func serverSpan() ptrace.Span {
	return newSpan(ptrace.SpanKindServer, attrs{
		"url.scheme", "http", "http.request.method", "GET", "server.address", "127.0.0.1", "server.port", 18101,
		"client.address", "127.0.0.1", "user_agent.original", "okhttp/4.12.0", "url.path", "/b/order",
		"gray.env", "gray", "thread.id", 29, "thread.name", "http-nio-exec-5", "http.response.status_code", 200,
		"http.route", "/b/order",
	})
}

func processSpan() ptrace.Span {
	return newSpan(ptrace.SpanKindConsumer, attrs{
		"messaging.destination.name", "TEST_MQ", "messaging.rocketmq.message.tag", "order",
		"messaging.operation.name", "process", "messaging.consumer.group.name", "GID_A_gray",
		"messaging.rocketmq.queue_id", 1, "messaging.system", "rocketmq", "messaging.operation.type", "process",
		"gray.env", "gray", "req.id", "r1", "thread.id", 80, "thread.name", "ConsumeMessageThread_GID_A_gray_1",
		"messaging.message.id", "FD0000000000000000000000000000027309215888096BD8605500AA",
	})
}

func capturedSpan() ptrace.Span {
	return newSpan(ptrace.SpanKindConsumer, attrs{
		"messaging.destination.name", "TEST_MQ", "messaging.operation", "process", "messaging.system", "rocketmq",
		"gray.env", "gray", "thread.name", "ConsumeMessageThread_GID_A_gray_1", "messaging.message.id", "FD00AA",
		"messaging.header.TAGS", list("order"), "messaging.header.baggage", list("gray.env=gr%61y,req.id=r1"),
		"messaging.header.UNIQ_KEY", list("FD00AA"), "messaging.header.gray_env", list("gray"),
		"messaging.header.KEYS", list("r1"), "messaging.header.CLUSTER", list("DefaultCluster"),
	})
}

// newDecoder reads gray.env and gray.home.
func newDecoder() *Decoder {
	return NewDecoder(auditor.Keys{Env: []string{"gray.env"}, Home: []string{"gray.home"}}, Options{})
}

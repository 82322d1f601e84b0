package otlp

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

func TestOp(t *testing.T) {
	const (
		server, client, inner     = ptrace.SpanKindServer, ptrace.SpanKindClient, ptrace.SpanKindInternal
		producer, consumer, unset = ptrace.SpanKindProducer, ptrace.SpanKindConsumer, ptrace.SpanKindUnspecified
	)
	for _, c := range []struct {
		name string
		kind ptrace.SpanKind
		kv   attrs
		want auditor.Op
	}{
		// messaging.operation.type, conventions 1.26 and later
		{"send", producer, attrs{"messaging.operation.type", "send"}, auditor.OpSend},
		{"send of a batch is a client", client, attrs{"messaging.operation.type", "send"}, auditor.OpSend},
		{"create", producer, attrs{"messaging.operation.type", "create"}, auditor.OpCreate},
		{"receive is a client", client, attrs{"messaging.operation.type", "receive"}, auditor.OpReceive},
		{"receive of older agents", consumer, attrs{"messaging.operation.type", "receive"}, auditor.OpReceive},
		{"process", consumer, attrs{"messaging.operation.type", "process"}, auditor.OpProcess},
		{"settle", client, attrs{"messaging.operation.type", "settle"}, auditor.OpSettle},
		// messaging.operation, before
		{"publish", producer, attrs{"messaging.operation", "publish"}, auditor.OpSend},
		{"old process", consumer, attrs{"messaging.operation", "process"}, auditor.OpProcess},
		{"deliver", consumer, attrs{"messaging.operation", "deliver"}, auditor.OpProcess},
		{"multiple_sources receive", consumer, attrs{"messaging.operation", "receive", "messaging.system", "rocketmq"}, auditor.OpReceive},
		{"old settle", client, attrs{"messaging.operation", "settle"}, auditor.OpSettle},
		{"old create", producer, attrs{"messaging.operation", "create"}, auditor.OpCreate},
		// the system's own name
		{"name ack", client, attrs{"messaging.operation.name", "ack"}, auditor.OpSettle},
		{"name poll", client, attrs{"messaging.operation.name", "poll"}, auditor.OpReceive},
		// precedence and fallbacks
		{"type before name", client, attrs{"messaging.operation.name", "poll", "messaging.operation.type", "process"}, auditor.OpProcess},
		{"unknown type, known old one", client, attrs{"messaging.operation.type", "?", "messaging.operation", "publish"}, auditor.OpSend},
		{"producer by kind", producer, attrs{"messaging.system", "mqtt"}, auditor.OpSend},
		{"consumer by kind", consumer, attrs{"messaging.system", "mqtt", "messaging.operation.name", "?"}, auditor.OpProcess},
		{"kind alone is not messaging", producer, nil, auditor.OpOther},
		{"consumer alone is not messaging", consumer, nil, auditor.OpOther},
		{"broker client", client, attrs{"messaging.system", "rocketmq", "rpc.system", "grpc"}, auditor.OpOther},
		{"poll over HTTP", client, attrs{"messaging.operation.name", "poll", "http.request.method", "GET"}, auditor.OpReceive},
		{"push over HTTP", server, attrs{"messaging.system", "sns", "http.request.method", "POST"}, auditor.OpRPC},
		{"push that tells it processes", server, attrs{"messaging.operation.type", "process"}, auditor.OpProcess},
		// stores
		{"old store", client, attrs{"db.system", "mysql"}, auditor.OpStore},
		{"store over HTTP", client, attrs{"db.system.name", "elasticsearch", "http.request.method", "GET"}, auditor.OpStore},
		{"store inside", inner, attrs{"db.system", "h2"}, auditor.OpOther},
		{"server that names a store", server, attrs{"db.system", "h2"}, auditor.OpRPC},
		// RPC and HTTP
		{"old rpc", client, attrs{"rpc.system", "apache_dubbo"}, auditor.OpRPC},
		{"rpc", client, attrs{"rpc.system.name", "dubbo"}, auditor.OpRPC},
		{"http", client, attrs{"http.request.method", "GET"}, auditor.OpRPC},
		{"old http", client, attrs{"http.method", "GET"}, auditor.OpRPC},
		{"url only", client, attrs{"url.full", "http://h/p"}, auditor.OpRPC},
		{"old url only", client, attrs{"http.url", "http://h/p"}, auditor.OpRPC},
		{"no kind", unset, attrs{"http.method", "GET"}, auditor.OpRPC},
		{"bare client", client, attrs{"server.address", "h"}, auditor.OpOther},
		{"bare server", server, nil, auditor.OpRPC},
		{"HTTP attributes inside", inner, attrs{"http.method", "GET"}, auditor.OpOther},
	} {
		t.Run(c.name, func(t *testing.T) {
			sp := newSpan(c.kind, c.kv)
			inside := decode(sp).Op
			sp.SetParentSpanID(pcommon.SpanID{})
			require.Equal(t, c.want, decode(sp).Op)
			if want := c.want; c.kind == client || c.kind == unset {
				if !want.Messaging() {
					want = auditor.OpOther
				}
				require.Equal(t, want, inside, "what is called inside of a trace is not read")
			}
		})
	}
}

func TestCallsOfABrokersProxy(t *testing.T) {
	for name, kv := range map[string]attrs{
		"old": {"rpc.system", "grpc", "rpc.service", "apache.rocketmq.v2.MessagingService", "rpc.method", "ReceiveMessage"},
		"new": {"rpc.system.name", "grpc", "rpc.method", "apache.rocketmq.v2.MessagingService/ReceiveMessage"},
	} {
		sp := newSpan(ptrace.SpanKindClient, kv)
		sp.SetParentSpanID(pcommon.SpanID{})
		require.Equal(t, auditor.OpOther, decode(sp).Op, "%s: a poll", name)
	}
}

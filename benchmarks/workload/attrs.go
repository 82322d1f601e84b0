package workload

import (
	"fmt"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const messageIDKey = "messaging.message.id"

// fill writes the twelve attributes of a span. The tag comes last, as span
// processors add it after the instrumentation has set its own; a span without
// a tag has another attribute in its place.
func (g *generator) fill(m pcommon.Map, st step, gray bool, traceNo uint64) {
	m.EnsureCapacity(Attributes)
	switch st.attrs {
	case httpServer, httpClient:
		g.fillHTTP(m, st)
	case rpcServer, rpcClient:
		g.fillRPC(m, st)
	case database:
		g.fillDatabase(m, st)
	default:
		g.fillMessage(m, st, gray, traceNo)
	}
	m.PutInt("thread.id", g.rng.Int64N(200))
	if gray {
		m.PutStr("gray.env", "gray")
	} else {
		m.PutStr("thread.name", "worker-"+strconv.Itoa(g.rng.IntN(200)))
	}
}

func (g *generator) fillHTTP(m pcommon.Map, st step) {
	m.PutStr("http.request.method", "POST")
	if st.kind == ptrace.SpanKindServer {
		m.PutStr("http.route", st.target)
		m.PutStr("url.path", st.target)
		m.PutStr("url.scheme", "http")
		m.PutStr("client.address", g.address())
	} else {
		m.PutStr("url.full", "http://"+st.target+".shop.svc:8080/entries?request="+strconv.Itoa(g.rng.IntN(1e9)))
		m.PutStr("peer.service", st.target)
		m.PutInt("http.request.body.size", g.rng.Int64N(4000))
		m.PutInt("network.peer.port", 30000+g.rng.Int64N(30000))
	}
	m.PutStr("server.address", st.service+".shop.svc")
	m.PutInt("server.port", 8080)
	m.PutStr("network.peer.address", g.address())
	m.PutStr("network.protocol.version", "1.1")
	m.PutInt("http.response.status_code", 200)
}

func (g *generator) fillRPC(m pcommon.Map, st step) {
	m.PutStr("rpc.system", "grpc")
	m.PutStr("rpc.service", st.target)
	m.PutStr("rpc.method", st.name[len(st.target)+1:])
	m.PutInt("rpc.grpc.status_code", 0)
	m.PutStr("server.address", st.service+".shop.svc.cluster")
	m.PutInt("server.port", 9090)
	m.PutStr("client.address", g.address())
	m.PutStr("network.peer.address", g.address())
	m.PutInt("network.peer.port", 30000+g.rng.Int64N(30000))
	m.PutStr("network.transport", "tcp")
}

func (g *generator) fillDatabase(m pcommon.Map, st step) {
	m.PutStr("db.system.name", "mysql")
	m.PutStr("db.namespace", "shop")
	m.PutStr("db.operation.name", "INSERT")
	m.PutStr("db.collection.name", st.target)
	m.PutStr("db.query.text", "INSERT INTO "+st.target+" (id, body, at) VALUES (?, ?, ?)")
	m.PutStr("db.query.summary", st.name)
	m.PutStr("server.address", "mysql.shop.svc")
	m.PutInt("server.port", 3306)
	m.PutStr("network.peer.address", g.address())
	m.PutInt("network.peer.port", 3306)
}

func (g *generator) fillMessage(m pcommon.Map, st step, gray bool, traceNo uint64) {
	m.PutStr("messaging.system", "rocketmq")
	m.PutStr("messaging.destination.name", st.target)
	if st.kind == ptrace.SpanKindProducer {
		m.PutStr("messaging.operation.name", "send")
		m.PutStr("messaging.operation.type", "send")
		m.PutStr("messaging.client.id", "order@"+g.address())
	} else {
		m.PutStr("messaging.operation.name", "process")
		m.PutStr("messaging.operation.type", "process")
		m.PutStr("messaging.consumer.group.name", groupOf(st.group, gray))
	}
	m.PutStr(messageIDKey, messageID(traceNo))
	m.PutStr("messaging.rocketmq.message.tag", "created")
	m.PutStr("messaging.destination.partition.id", strconv.Itoa(g.rng.IntN(8)))
	m.PutInt("messaging.message.body.size", g.rng.Int64N(4000))
	m.PutStr("server.address", "broker-a.shop.svc")
}

// groupOf names the consumer group as the default policy names twins.
func groupOf(group string, gray bool) string {
	if gray {
		return group + "_gray"
	}
	return group
}

// messageID looks like RocketMQ's and has a fixed length.
func messageID(n uint64) string { return fmt.Sprintf("0A0B0C0D00012A139A2B%016X", n) }

func (g *generator) address() string {
	return fmt.Sprintf("10.%d.%d.%d", 20+g.rng.IntN(4), g.rng.IntN(250), 1+g.rng.IntN(250))
}

package otlp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/auditor"
)

// usualNames are attributes that instrumentations set and that mean nothing here:
// of the conventions, old and new, and of the Java agent.
func usualNames() []string {
	return strings.Fields(`server.address server.port client.address client.port network.peer.address network.peer.port
		network.protocol.version network.protocol.name network.transport network.type network.local.address
		network.local.port http.response.status_code http.request.body.size http.response.body.size
		http.request.resend_count url.scheme url.query user_agent.original thread.id code.function.name code.namespace
		code.filepath code.lineno code.function code.file.path code.line.number net.peer.name net.peer.port net.peer.ip
		net.host.name net.host.port net.transport net.sock.peer.addr net.sock.peer.port net.sock.host.addr http.scheme
		http.host http.flavor http.status_code http.user_agent http.client_ip http.request_content_length
		http.response_content_length http.server_name net.protocol.name net.protocol.version db.namespace
		db.operation.name db.collection.name db.query.text db.query.summary db.name db.statement db.operation
		db.sql.table db.user db.connection_string db.response.status_code db.redis.database_index rpc.grpc.status_code
		rpc.response.status_code peer.service enduser.id messaging.client.id messaging.message.body.size
		messaging.message.envelope.size messaging.message.payload_size_bytes messaging.client_id messaging.kafka.offset
		messaging.kafka.message.offset messaging.kafka.message.key messaging.rocketmq.message.type
		messaging.rocketmq.message.keys messaging.rocketmq.namespace messaging.rocketmq.broker_address
		messaging.destination.kind messaging.destination_kind messaging.message.conversation_id exception.type
		exception.message otel.status_code otel.scope.name span.kind component req.id session.id tenant.id user.id
		k8s.pod.name container.id process.pid faas.trigger gen_ai.system event.name messaging.header.UNIQ_KEY
		messaging.header.KEYS messaging.header.CLUSTER messaging.header.WAIT http.request.header.host
		http.request.header.user-agent http.response.header.content-type dubbo.version aws.region sampler.type
		sampler.param internal.span.format error error.message otel.status_description w3c.tracestate`)
}

// TestUsualNamesAreTurnedDown guards the choice of a cell's bytes, which nothing
// but the cost depends on: the filters of all shapes taken together.
func TestUsualNamesAreTurnedDown(t *testing.T) {
	d := newDecoder()
	var all filter
	for s := range d.filters {
		for row := range all.cells {
			all.cells[row] |= d.filters[s].all.cells[row]
		}
	}
	var admitted []string
	for _, k := range usualNames() {
		if all.has(cellOf(k)) {
			admitted = append(admitted, k)
		}
	}
	require.Len(t, usualNames(), 111)
	require.Equal(t, []string{"client.port", "enduser.id", "event.name", "messaging.header.KEYS"}, admitted)
}

func TestFiltersAdmitOnlyWhatTheKindReads(t *testing.T) {
	d := newDecoder()
	for _, c := range []struct {
		key   string
		kind  auditor.Kind
		first bool // without a sign of messaging
		want  bool
	}{
		{"gray.env", auditor.KindInternal, true, true},
		{"gray.env", auditor.KindUnspecified, true, true},
		{"error.type", auditor.KindServer, false, true},
		{"messaging.system", auditor.KindServer, true, true},
		{"url.path", auditor.KindServer, true, true},
		{"url.path", auditor.KindClient, true, true},
		{"url.full", auditor.KindClient, true, true},
		{"db.system.name", auditor.KindClient, true, true},
		{"db.system.name", auditor.KindServer, false, false},
		{"thread.name", auditor.KindConsumer, true, true},
		{"thread.name", auditor.KindProducer, false, false},
		{"http.request.header.Gray-Env", auditor.KindInternal, true, true},
		{"messaging.header.tags", auditor.KindConsumer, true, true},
		{"messaging.header.tags", auditor.KindServer, false, true},
		{"messaging.header.Gray-Env", auditor.KindClient, false, true},
		{"messaging.header.Gray-Env", auditor.KindProducer, true, true},
		{"messaging.header.baggage", auditor.KindServer, true, true},
		{"messaging.message.id", auditor.KindInternal, false, true},
		{"messaging.message.id", auditor.KindProducer, true, true},
		{"messaging.operation.type", auditor.KindUnspecified, true, true},
		{"http.request.header.TAGS", auditor.KindServer, false, true},
		{"", auditor.KindClient, false, false},
	} {
		f := &d.filters[c.kind]
		require.Equal(t, c.first, f.first.has(cellOf(c.key)), "%s of kind %d at first", c.key, c.kind)
		require.Equal(t, c.want, f.all.has(cellOf(c.key)), "%s of kind %d", c.key, c.kind)
	}
}

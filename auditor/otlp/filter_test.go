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

func TestFiltersAdmitOnlyWhatIsRead(t *testing.T) {
	d := newDecoder()
	for _, c := range []struct {
		key   string
		sort  sort
		first bool // without a sign of messaging
		want  bool
	}{
		{"gray.env", sort(auditor.KindInternal), true, true},
		{"gray.env", sort(auditor.KindUnspecified), true, true},
		{"error.type", sort(auditor.KindServer), false, true},
		{"messaging.system", sort(auditor.KindServer), true, true},
		{"url.path", sort(auditor.KindServer), true, true},
		{"url.path", rootCall, true, true},
		{"url.full", rootCall, true, true},
		{"url.full", sort(auditor.KindClient), false, false},
		{"db.system.name", rootCall, true, true},
		{"db.system.name", sort(auditor.KindClient), false, false},
		{"db.system.name", sort(auditor.KindInternal), false, false},
		{"db.system.name", sort(auditor.KindServer), false, false},
		{"thread.name", sort(auditor.KindConsumer), true, true},
		{"thread.name", sort(auditor.KindProducer), false, false},
		{"http.request.header.Gray-Env", sort(auditor.KindInternal), true, true},
		{"messaging.header.tags", sort(auditor.KindConsumer), true, true},
		{"messaging.header.tags", sort(auditor.KindServer), false, true},
		{"messaging.header.Gray-Env", sort(auditor.KindClient), false, true},
		{"messaging.header.Gray-Env", sort(auditor.KindProducer), true, true},
		{"messaging.header.baggage", sort(auditor.KindServer), true, true},
		{"messaging.message.id", sort(auditor.KindInternal), false, true},
		{"messaging.message.id", sort(auditor.KindProducer), true, true},
		{"messaging.operation.type", sort(auditor.KindUnspecified), true, true},
		{"http.request.header.TAGS", sort(auditor.KindServer), false, true},
		{"", sort(auditor.KindClient), false, false},
	} {
		f := &d.filters[c.sort]
		require.Equal(t, c.first, f.first.has(cellOf(c.key)), "%s of sort %d at first", c.key, c.sort)
		require.Equal(t, c.want, f.all.has(cellOf(c.key)), "%s of sort %d", c.key, c.sort)
	}
}

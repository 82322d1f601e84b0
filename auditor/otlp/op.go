package otlp

import (
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// op tells what a span does from the attributes found, its kind, and whether it has a
// parent. What a client inside of a trace calls, if it sends no message, is not read.
func (d *Decoder) op(s *auditor.Span) auditor.Op {
	if d.seen&onMessaging != 0 {
		if op := d.messagingOp(s.Kind); op != auditor.OpOther || s.Kind != auditor.KindServer {
			return op // a broker's client is never an RPC
		}
	}
	switch {
	case s.Kind == auditor.KindServer:
		return auditor.OpRPC
	case sortOf(s.Kind, s.ParentID.IsZero()) != rootCall: // frameworks put HTTP attributes on inner spans too
		return auditor.OpOther
	case d.seen&onStore != 0: // before HTTP, over which some stores are reached
		return auditor.OpStore
	case d.seen&(onRPC|onHTTP) == 0 || d.brokerCall():
		return auditor.OpOther
	}
	return auditor.OpRPC
}

// messagingOp asks the operation's type, then its older and system's own names,
// then the kind.
func (d *Decoder) messagingOp(kind auditor.Kind) auditor.Op {
	for m := d.seen & onOperation; m != 0; m &= m - 1 {
		if op := operationOf(d.firstText(m & -m)); op != auditor.OpOther {
			return op
		}
	}
	switch kind {
	case auditor.KindProducer:
		return auditor.OpSend
	case auditor.KindConsumer:
		return auditor.OpProcess
	}
	return auditor.OpOther
}

// operationOf maps messaging.operation.type and its predecessors, and the usual
// values of messaging.operation.name.
func operationOf(s string) auditor.Op {
	switch s {
	case "create":
		return auditor.OpCreate
	case "send", "publish":
		return auditor.OpSend
	case "receive", "poll", "pull", "fetch":
		return auditor.OpReceive
	case "process", "deliver", "consume":
		return auditor.OpProcess
	case "settle", "ack", "nack", "commit", "reject", "complete":
		return auditor.OpSettle
	}
	return auditor.OpOther
}

// brokerCall tells the gRPC calls with which RocketMQ 5 clients poll their proxy:
// such a client starts traces of its own and is no traffic.
func (d *Decoder) brokerCall() bool {
	const broker = "apache.rocketmq.v2.MessagingService"
	return d.str(onRPCService) == broker || strings.HasPrefix(d.str(onRPCMethod), broker+"/")
}

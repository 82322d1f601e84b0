package pdatagen

import (
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/dyetrace/dyetrace/auditor"
)

// operation writes what the span does.
func (w *writer) operation(a pcommon.Map, s *auditor.Span) {
	switch {
	case s.Op == auditor.OpRPC:
		w.call(a, s)
	case s.Op == auditor.OpStore:
		a.PutStr(w.name("db.system.name", "db.system"), "redis")
	case s.Op.Messaging():
		w.message(a, s)
	}
}

// call writes HTTP where the operation begins with a method, else RPC.
func (w *writer) call(a pcommon.Map, s *auditor.Span) {
	method, route, isHTTP := httpParts(s)
	if isHTTP {
		a.PutStr(w.name("http.request.method", "http.method"), method)
		if route != "" {
			a.PutStr("http.route", route)
			a.PutStr(w.name("url.path", "http.target"), route)
		}
	} else {
		w.rpc(a, s)
	}
	if s.Header.Present {
		key := "http.request.header.baggage"
		if !isHTTP {
			key = "rpc.request.metadata.baggage"
		}
		member := "other=1"
		if s.Header.Value != "" {
			member = w.env + "=" + s.Header.Value
		}
		a.PutEmptySlice(key).AppendEmpty().SetStr(member)
	}
}

// httpParts splits "GET /a"; "package.Service/Method" is RPC, and what has no
// "/" at all a GET without a route.
func httpParts(s *auditor.Span) (method, route string, ok bool) {
	operation := s.Name
	if s.Route != "" {
		operation = s.Route
	}
	method, route, _ = strings.Cut(operation, " ")
	if strings.Contains(method, "/") {
		return "", "", false
	}
	if method != strings.ToUpper(method) {
		return "GET", "", true
	}
	return method, route, true
}

func (w *writer) rpc(a pcommon.Map, s *auditor.Span) {
	operation := s.Name
	if s.Route != "" {
		operation = s.Route
	}
	a.PutStr(w.name("rpc.system.name", "rpc.system"), "grpc")
	if !w.old {
		a.PutStr("rpc.method", operation)
		return
	}
	service, method, _ := strings.Cut(operation, "/")
	a.PutStr("rpc.service", service)
	a.PutStr("rpc.method", method)
}

func (w *writer) message(a pcommon.Map, s *auditor.Span) {
	m := &s.Message
	operation := operationType(s.Op, w.old)
	a.PutStr("messaging.system", m.System)
	a.PutStr(w.name("messaging.operation.type", "messaging.operation"), operation)
	if !w.old {
		a.PutStr("messaging.operation.name", operation)
	}
	put := func(key, value string) {
		if value != "" {
			a.PutStr(key, value)
		}
	}
	put("messaging.destination.name", m.Destination)
	put("messaging.message.id", m.ID)
	put("messaging.rocketmq.message.tag", m.Filter)
	if w.old && m.Group != "" {
		a.PutStr("thread.name", "ConsumeMessageThread_"+m.Group+"_1")
	} else {
		put("messaging.consumer.group.name", m.Group)
	}
	if m.Batch > 0 {
		a.PutInt("messaging.batch.message_count", int64(m.Batch))
	}
	w.delivery(a, s)
}

// delivery writes what is known of how the message came. Dead letters are told
// by their destination.
func (w *writer) delivery(a pcommon.Map, s *auditor.Span) {
	m := &s.Message
	header := func(name, value string) { a.PutEmptySlice("messaging.header." + name).AppendEmpty().SetStr(value) }
	if m.Delay > 0 {
		a.PutInt("messaging.rocketmq.message.delivery_timestamp", (s.Start+m.Delay)/int64(time.Millisecond))
	}
	if m.Broadcast {
		a.PutStr("messaging.rocketmq.consumption_model", "broadcasting")
	}
	if m.Redelivered {
		header("REAL_TOPIC", "%RETRY%"+m.Group)
	}
	if m.Skipped {
		a.PutStr("gray.decision", "skipped")
	}
	if m.Property.Present {
		header("gray_env", m.Property.Value)
	}
}

// operationType is the word of messaging.operation.type; the old name of send
// was publish.
func operationType(o auditor.Op, old bool) string {
	switch o {
	case auditor.OpCreate:
		return "create"
	case auditor.OpSend:
		if old {
			return "publish"
		}
		return "send"
	case auditor.OpReceive:
		return "receive"
	case auditor.OpProcess:
		return "process"
	}
	return "settle"
}

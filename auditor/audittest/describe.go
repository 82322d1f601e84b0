package audittest

import (
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

// describe reads the words of a span line:
// service/home KIND ["name"] {attribute} [=> expectations].
func (p *parser) describe(b *building, parent *building) *Error {
	l := b.raw
	if err := p.workload(b, l); err != nil {
		return err
	}
	at := 2
	if at < len(l.tokens) && strings.HasPrefix(l.tokens[at].text, `"`) {
		name, ok := unquote(l.tokens[at].text)
		if !ok {
			return p.fail(l, at, `write the name as "GET /a"`, "%s is no string", l.tokens[at].text)
		}
		b.Span.Name = name
		at++
	}
	for ; at < len(l.tokens) && l.tokens[at].text != "=>"; at++ {
		if err := p.attribute(b, at); err != nil {
			return err
		}
	}
	finishSpan(b, parent)
	if err := p.consistent(b); err != nil {
		return err
	}
	if at == len(l.tokens) {
		return nil
	}
	if b.unseen {
		return p.fail(l, at, "nothing is expected of a span that nobody exports", "expectation of an unseen span")
	}
	return p.expectations(b, at+1)
}

// workload reads service/home and the kind.
func (p *parser) workload(b *building, l rawLine) *Error {
	const form = `write: service/home KIND "name", with - as home where there is none`
	service, home, ok := strings.Cut(l.tokens[0].text, "/")
	if !ok || service == "" || home == "" || strings.ContainsAny(service, `"=#`) {
		return p.fail(l, 0, form, "%q is no workload", l.tokens[0].text)
	}
	b.workload = l.tokens[0].text
	b.Resource.Service = service
	if home != "-" {
		value, ok := unquote(home)
		if !ok {
			return p.fail(l, 0, form, "%q is no home", home)
		}
		b.Resource.Home = auditor.Reading{Present: true, Value: value}
	}
	b.Resource.Reporting = p.reports(service, home)
	if len(l.tokens) < 2 {
		return p.fail(l, 0, form, "no span kind")
	}
	kind := kindOf(l.tokens[1].text)
	if kind == auditor.KindUnspecified {
		return p.fail(l, 1, "use SERVER, CLIENT, PRODUCER, CONSUMER or INTERNAL", "%q is no span kind", l.tokens[1].text)
	}
	b.Span.Kind = kind
	b.Span.Op = defaultOp(kind)
	return nil
}

func kindOf(s string) auditor.Kind {
	switch s {
	case "INTERNAL":
		return auditor.KindInternal
	case "SERVER":
		return auditor.KindServer
	case "CLIENT":
		return auditor.KindClient
	case "PRODUCER":
		return auditor.KindProducer
	case "CONSUMER":
		return auditor.KindConsumer
	}
	return auditor.KindUnspecified
}

// defaultOp is what a span of that kind does unless op= says otherwise.
func defaultOp(k auditor.Kind) auditor.Op {
	switch k {
	case auditor.KindServer, auditor.KindClient:
		return auditor.OpRPC
	case auditor.KindProducer:
		return auditor.OpSend
	case auditor.KindConsumer:
		return auditor.OpProcess
	}
	return auditor.OpOther
}

// finishSpan fills in what the line leaves to the defaults.
func finishSpan(b, parent *building) {
	s := &b.Span
	if s.Op.Messaging() && s.Message.System == "" {
		s.Message.System = "rocketmq"
	}
	if s.Name == "" {
		s.Name = strings.ToLower(b.raw.tokens[1].text)
		if s.Op.Messaging() {
			s.Name = opName(s.Op) + " " + s.Message.Destination
		}
	}
	if s.Kind == auditor.KindServer && s.Op == auditor.OpRPC && s.Route == "" && strings.Contains(s.Name, "/") {
		s.Route = s.Name
	}
	if s.Remote != auditor.RemoteUnknown || parent == nil && !b.missing {
		return
	}
	s.Remote = auditor.RemoteNo
	if s.Kind == auditor.KindServer || s.Kind == auditor.KindConsumer || b.missing {
		s.Remote = auditor.RemoteYes
	}
}

// consistent refuses lines that contradict themselves.
func (p *parser) consistent(b *building) *Error {
	s := &b.Span
	switch {
	case s.Op.Messaging() && s.Message.Destination == "":
		return p.fail(b.raw, 1, "add mq=TOPIC", "messaging span without a topic")
	case !s.Op.Messaging() && messageSet(s.Message):
		return p.fail(b.raw, 1, "use PRODUCER or CONSUMER, or op=send, receive, process, settle, create",
			"messaging attributes on a span that is no messaging")
	case b.missing && s.ParentID != (auditor.SpanID{}):
		return p.fail(b.raw, 0, "put it at the left margin of the trace", "parent=missing on a span that has a parent")
	}
	return nil
}

// messageSet reports whether any messaging attribute was given.
func messageSet(m auditor.Message) bool { return m != auditor.Message{} }

func opName(o auditor.Op) string {
	for _, name := range opNames() {
		if op, _ := opOf(name); op == o {
			return name
		}
	}
	return ""
}

func opNames() []string {
	return []string{"other", "rpc", "store", "create", "send", "receive", "process", "settle"}
}

// opOf returns the operation of a word of op=.
func opOf(word string) (auditor.Op, bool) {
	for i, name := range opNames() {
		if name == word {
			return auditor.Op(i), true // in the order of auditor.Op's constants
		}
	}
	return 0, false
}

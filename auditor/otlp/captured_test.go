package otlp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

func TestProperty(t *testing.T) {
	none, gray := auditor.Reading{}, auditor.Reading{Present: true, Value: "gray"}
	for _, c := range []struct {
		name     string
		declared []string // captured_properties
		kv       attrs
		property auditor.Reading
		header   auditor.Reading
	}{
		{"none", nil, attrs{"messaging.header.KEYS", list("k")}, none, none},
		{"own name", nil, attrs{"messaging.header.gray_env", list("gray")}, gray, none},
		{"dotted", nil, attrs{"messaging.header.gray.env", "gray"}, gray, none},
		{"normalised", nil, attrs{"messaging.header.GRAY-ENV", "gray"}, gray, none},
		{"the policy's key", nil, attrs{"messaging.header.env", list("gray")}, gray, none},
		{"the policy's key first", nil, attrs{"messaging.header.gray_env", "blue", "messaging.header.env", "gray"}, gray, none},
		{"MSE", nil, attrs{"messaging.header.__microservice_tag__", "gray"}, gray, none},
		{"MSE header", nil, attrs{"messaging.header.x-mse-tag", "gray"}, gray, none},
		{"empty", nil, attrs{"messaging.header.env", list("")}, auditor.Reading{Present: true}, none},
		{"declared", []string{"shade"}, attrs{"messaging.header.shade", list("gray")}, gray, none},
		{"undeclared", nil, attrs{"messaging.header.shade", list("gray")}, none, none},
		{"declared beside the tag is no tag", []string{"env", "biz"}, attrs{"messaging.header.biz", list("order")}, none, none},
		{"RocketMQ's own is no tag", []string{"KEYS", "TAGS"}, attrs{"messaging.header.KEYS", "k", "messaging.header.TAGS", "t"}, none, none},
		{"baggage", nil, attrs{"messaging.header.baggage", list("req.id=1, env = gray ;p=1")}, none, gray},
		{"baggage without the tag", nil, attrs{"messaging.header.baggage", list("req.id=1")}, none, auditor.Reading{Present: true}},
		{"both", nil, attrs{"messaging.header.baggage", "env=blue", "messaging.header.env", "gray"}, gray, auditor.Reading{Present: true, Value: "blue"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out auditor.Span
			d := NewDecoder(auditor.Keys{Env: []string{"env"}}, Options{Properties: c.declared})
			d.Span(newSpan(ptrace.SpanKindConsumer, append(attrs{"messaging.system", "rocketmq"}, c.kv...)), 0, &out)
			require.Equal(t, c.property, out.Message.Property)
			require.Equal(t, c.header, out.Header)
		})
	}
}

func TestHeader(t *testing.T) {
	none, gray := auditor.Reading{}, auditor.Reading{Present: true, Value: "gray"}
	for _, c := range []struct {
		name string
		kv   attrs
		want auditor.Reading
	}{
		{"none", attrs{"http.request.header.accept", list("*")}, none},
		{"baggage", attrs{"http.request.header.baggage", list("env=gray")}, gray},
		{"several headers are one list", attrs{"http.request.header.baggage", list("env=blue,a=b", "env=gray")}, gray},
		{"not in it", attrs{"http.request.header.baggage", list("a=b")}, auditor.Reading{Present: true}},
		{"empty", attrs{"http.request.header.baggage", list()}, auditor.Reading{Present: true}},
		{"rpc", attrs{"rpc.request.metadata.baggage", list("env=gray")}, gray},
		{"grpc", attrs{"rpc.grpc.request.metadata.baggage", list("env=gray")}, gray},
		{"connect", attrs{"rpc.connect_rpc.request.metadata.baggage", list("env=gray")}, gray},
		{"the tag's own header", attrs{"http.request.header.x-mse-tag", list("gray")}, gray},
		{"old normalised header", attrs{"http.request.header.x_mse_tag", list("gray")}, gray},
		{"policy's key", attrs{"rpc.request.metadata.env", "gray"}, gray},
		{"header where baggage has none", attrs{"http.request.header.baggage", list("a=b"), "http.request.header.env", list("gray")}, gray},
		{"baggage first", attrs{"http.request.header.baggage", list("env=gray"), "http.request.header.env", list("blue")}, gray},
		{"declared properties are no headers", attrs{"http.request.header.shade", list("gray")}, none},
		{"response", attrs{"http.response.header.baggage", list("env=gray")}, none},
		{"no name", attrs{"http.request.header.", list("gray")}, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out auditor.Span
			d := NewDecoder(auditor.Keys{Env: []string{"env"}}, Options{Properties: []string{"shade"}})
			d.Span(newSpan(ptrace.SpanKindServer, c.kv), 0, &out)
			require.Equal(t, c.want, out.Header)
		})
	}
}

func TestBaggageMember(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{"env=gray", "gray"},
		{"a=b,env=gray", "gray"},
		{" \tenv\t = gray \t, a=b", "gray"},
		{"env=gray;meta=1;x", "gray"},
		{"env=blue,env=gray", "gray"},
		{"ENV=blue,env=gray", "gray"},
		{"env=gr%61y", "gray"},
		{"env=u%203", "u 3"},
		{"env=%e7%81%b0", "灰"},
		{"env=50%", "50%"},
		{"env=%zz%4", "%zz%4"},
		{"env=a+b", "a+b"},
		{"env=a=b", "a=b"},
		{"gray.env=gray", "gray"}, // the project's member holds, whatever the attribute is called
		{"gray.env=blue,env=gray", "gray"},
		{"env=gray,gray.env=blue", "gray"},
		{"env", ""},
		{"=gray", ""},
		{",,;=,", ""},
		{"", ""},
		{strings.Repeat("a=b,", 100) + "env=gray", "gray"},
		{strings.Repeat("a=b,", maxHeader/4) + "env=gray", ""}, // beyond what is read
	} {
		var out auditor.Span
		d := NewDecoder(auditor.Keys{Env: []string{"env"}}, Options{})
		d.Span(newSpan(ptrace.SpanKindServer, attrs{"http.request.header.baggage", c.header}), 0, &out)
		require.Equal(t, auditor.Reading{Present: true, Value: c.want}, out.Header, "%.60q", c.header)
	}
}

package otlp

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

func TestDiscovery(t *testing.T) {
	for _, c := range []struct {
		name            string
		spans           []attrs
		resources       []attrs
		env, home, tags []string
	}{
		{name: "nothing"},
		{
			name:      "the policy's own keys occur",
			spans:     []attrs{{"gray.env", "gray", "env", "gray"}},
			resources: []attrs{{"gray.home", "gray", "env", "gray"}},
			tags:      []string{"gray"},
		},
		{
			name:      "Java agent",
			spans:     []attrs{{"env", "gray", "req.id", "1"}, {"req.id", "2"}, {"env", "gray"}, {"env", "blue"}},
			resources: []attrs{{"deployment.environment.name", "prod", "gray.workload.env", "gray", "service.version", "1-gray"}, {"gray.workload.env", "base"}},
			env:       []string{"env"}, home: []string{"gray.workload.env"}, tags: []string{"gray", "blue"},
		},
		{
			name:      "tags travel, no span shows them",
			spans:     []attrs{{"http.request.header.baggage", list("gray.env=gr%61y,req.id=1")}, {"messaging.header.x-mse-tag", list("gray")}},
			resources: []attrs{{"env", "prod"}},
			tags:      []string{"gray"},
		},
		{
			name: "a member of its own name that homes share",
			spans: []attrs{
				{"http.request.header.baggage", list("shade=s1,tenant=acme")},
				{"http.request.header.baggage", list("shade=s1"), "shade", "s1", "tenant", "acme"},
			},
			resources: []attrs{{"lane", "s1"}, {"lane", "base"}},
			env:       []string{"shade"}, home: []string{"lane"}, tags: []string{"s1"},
		},
		{
			name:      "a home of its own name that tags share",
			spans:     []attrs{{"lane", "gray"}},
			resources: []attrs{{"service.version", "gray", "k8s.label.pool", "gray", "process.owner", "gray", "env", "prod"}},
			env:       []string{"lane"}, home: []string{"k8s.label.pool", "service.version"}, tags: []string{"gray"},
		},
		{
			name:      "homes without tags",
			resources: []attrs{{"env", "prod"}},
			home:      []string{"env"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := NewDiscovery(auditor.Keys{Env: []string{"gray.env"}, Home: []string{"gray.home"}})
			for _, kv := range c.resources {
				r := pcommon.NewResource()
				put(r.Attributes(), kv)
				d.ObserveResource(r)
			}
			for _, kv := range c.spans {
				d.Observe(newSpan(ptrace.SpanKindServer, kv))
			}
			env, home, tags := d.Suggest()
			require.ElementsMatch(t, c.env, env)
			require.Len(t, home, len(c.home))
			if len(home) > 0 {
				require.Equal(t, c.home, home)
			}
			require.ElementsMatch(t, c.tags, tags)
			if len(tags) > 0 {
				require.Equal(t, c.tags, tags)
			}
		})
	}
}

func TestDiscoveryIsBounded(t *testing.T) {
	d := NewDiscovery(auditor.Keys{Env: []string{"gray.env"}, Home: []string{"gray.home"}})
	for i := range 1000 {
		n := fmt.Sprint(i)
		d.Observe(newSpan(ptrace.SpanKindServer, attrs{"env", "e" + n, "http.request.header.baggage", "k" + n + "=v,lane=l" + n, "lane", "gray"}))
		r := pcommon.NewResource()
		put(r.Attributes(), attrs{"a" + n, "v", "env", "e" + n})
		d.ObserveResource(r)
	}
	for _, c := range []*candidates{d.spans, d.carried, d.resources} {
		require.LessOrEqual(t, len(c.byName), maxCandidates)
		for _, e := range c.byName {
			require.LessOrEqual(t, len(e.count), maxValues)
		}
	}
	env, home, _ := d.Suggest()
	require.Equal(t, []string{"lane"}, env, "a name with a thousand values is no environment")
	require.Empty(t, home)
}

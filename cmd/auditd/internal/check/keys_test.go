package check

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/otlp"
	"github.com/dyetrace/dyetrace/auditor/policyfile"
)

// nowhere is an engine that takes everything.
type nowhere struct{}

func (nowhere) Resource(auditor.Resource) auditor.ResourceID { return 0 }
func (nowhere) Add(int64, *auditor.Span)                     {}

func watch(t *testing.T, resource, span map[string]any) *keyWatch {
	keys := auditor.DefaultPolicy().Keys
	k := newKeyWatch(nowhere{}, keys)
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	require.NoError(t, rs.Resource().Attributes().FromRaw(resource))
	require.NoError(t, rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty().Attributes().FromRaw(span))
	otlp.Feed(k, otlp.NewDecoder(keys, otlp.Options{}), 0, td)
	k.discover(td)
	return k
}

func TestHint(t *testing.T) {
	home, tag := map[string]any{"gray.home": "gray"}, map[string]any{"gray.env": "gray"}
	require.Empty(t, watch(t, home, tag).hint(false))
	for _, c := range []struct {
		name           string
		resource, span map[string]any
		want, not      []string
	}{
		{
			"other names",
			map[string]any{"gray.workload.env": "gray"},
			map[string]any{"env": "gray"},
			[]string{"looked for the attribute gray.env", "Found instead: env (values gray)", "looked for the attribute gray.home", "env: [env]", "home: [gray.workload.env]"},
			nil,
		},
		{
			"only the home is missing",
			map[string]any{"lane": "gray"},
			tag,
			[]string{"No resource has the home", "env: [gray.env]", "home: [lane]"},
			[]string{"No span has"},
		},
		{"nothing", nil, nil, []string{"no traffic was tagged", "OTEL_RESOURCE_ATTRIBUTES=gray.home=gray"}, []string{"version: 1"}},
		{
			"tags travel unseen", home,
			map[string]any{"http.request.header.baggage": []any{"gray.env=gray"}},
			[]string{"Tags travel (values gray), but no span attribute shows them"},
			[]string{"version: 1", "No resource"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := watch(t, c.resource, c.span).hint(false)
			for _, w := range c.want {
				require.Contains(t, h, w)
			}
			for _, w := range c.not {
				require.NotContains(t, h, w)
			}
			for l := range strings.Lines(h) {
				require.LessOrEqual(t, len(l), 81, l)
			}
		})
	}
}

// TestHintIsAPolicy: the text that is offered is a policy that reads the keys.
func TestHintIsAPolicy(t *testing.T) {
	h := watch(t, map[string]any{"lane": "gray"}, map[string]any{"x-mse-tag": "gray"}).hint(false)
	_, text, ok := strings.Cut(h, "\n\n")
	require.True(t, ok, h)
	p, warnings, err := policyfile.Parse("p", []byte(text))
	require.NoError(t, err, text)
	require.Empty(t, warnings)
	require.Equal(t, auditor.Keys{Env: []string{"x-mse-tag"}, Home: []string{"lane"}}, p.Keys)
	require.NotContains(t, watch(t, map[string]any{"lane": "gray"}, nil).hint(true), "version: 1")
}

func TestYAMLName(t *testing.T) {
	for in, want := range map[string]string{"gray.env": "gray.env", "x-mse-tag": "x-mse-tag", "__tag__": `"__tag__"`, "a: b": `"a: b"`, "1": `"1"`, "": `""`, "a\nb": `"a\nb"`} {
		require.Equal(t, want, yamlName(in))
	}
}

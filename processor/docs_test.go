package processor_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"

	"github.com/dyetrace/dyetrace/auditor/policyfile"
	"github.com/dyetrace/dyetrace/processor/dyetraceconnector"
	"github.com/dyetrace/dyetrace/processor/dyetraceprocessor"
)

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", name))
	require.NoError(t, err)
	return string(text)
}

// settings lists the settings of a configuration, as people write them.
func settings(t reflect.Type, prefix string) []string {
	var out []string
	for f := range t.Fields() {
		name, option, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		switch {
		case option == "squash":
			out = append(out, settings(f.Type, prefix)...)
		case f.Type.Kind() == reflect.Struct:
			out = append(out, settings(f.Type, prefix+name+"::")...)
		default:
			out = append(out, prefix+name)
		}
	}
	return out
}

func TestEverySettingIsDocumented(t *testing.T) {
	text := page(t, "collector.md")
	for _, config := range []reflect.Type{reflect.TypeFor[dyetraceprocessor.Config](), reflect.TypeFor[dyetraceconnector.Config]()} {
		list := settings(config, "")
		require.NotEmpty(t, list)
		for _, name := range list {
			require.Contains(t, text, "| `"+name+"` |")
		}
	}
}

// What the components write has its line: flags, attributes of findings, metrics.
func TestEveryNameIsDocumented(t *testing.T) {
	text := page(t, "collector.md")
	name := regexp.MustCompile(`"(gray\.[a-z_.]+[a-z])"`)
	flag := regexp.MustCompile(`flagPrefix \+ "([a-z_.]+)"`)
	names := 0
	for _, glob := range []string{"dyetraceprocessor/flag.go", "findinglog/keys.go", "dyetraceconnector/meters.go"} {
		source, err := os.ReadFile(glob)
		require.NoError(t, err)
		for _, m := range name.FindAllStringSubmatch(string(source), -1) {
			names++
			require.Contains(t, text, "`"+m[1]+"`", glob)
		}
		for _, m := range flag.FindAllStringSubmatch(string(source), -1) {
			names++
			require.Contains(t, text, "`gray.audit."+m[1]+"`", glob)
		}
	}
	require.Greater(t, names, 60)
}

func TestEveryOwnMetricIsInOperations(t *testing.T) {
	text := page(t, "operations.md")
	metric := regexp.MustCompile(`(?m)^### otelcol_((?:processor|connector)_dyetrace_(\w+))$`)
	for _, c := range []string{"dyetraceprocessor", "dyetraceconnector"} {
		doc, err := os.ReadFile(filepath.Join(c, "documentation.md"))
		require.NoError(t, err)
		list := metric.FindAllStringSubmatch(string(doc), -1)
		require.NotEmpty(t, list)
		for _, m := range list {
			require.True(t, strings.Contains(text, "| `"+m[1]+"` |") || strings.Contains(text, "| `"+m[2]+"` |"), m[1])
		}
	}
}

// The example configurations hold policies that hold.
func TestExamplePolicies(t *testing.T) {
	policy, err := os.ReadFile("../examples/collector/policy.yaml")
	require.NoError(t, err)
	_, warnings, err := policyfile.Parse("policy.yaml", policy)
	require.NoError(t, err)
	require.Empty(t, warnings)

	alone, err := os.ReadFile("../examples/collector/alone.yaml")
	require.NoError(t, err)
	conf, err := confmap.NewRetrievedFromYAML(alone)
	require.NoError(t, err)
	all, err := conf.AsConf()
	require.NoError(t, err)
	sub, err := all.Sub("connectors::dyetrace")
	require.NoError(t, err)
	cfg := dyetraceconnector.NewFactory().CreateDefaultConfig()
	require.NoError(t, sub.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
}

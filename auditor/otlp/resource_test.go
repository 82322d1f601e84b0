package otlp

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/dyetrace/dyetrace/auditor"
)

func TestResource(t *testing.T) {
	for _, c := range []struct {
		name string
		home []string
		kv   attrs
		want auditor.Resource
	}{
		{"nothing", []string{"h"}, nil, auditor.Resource{Service: "unknown_service"}},
		{"empty name", []string{"h"}, attrs{"service.name", ""}, auditor.Resource{Service: "unknown_service"}},
		{"namespace plays no part", []string{"h"}, attrs{"service.namespace", "n", "service.name", "s"}, auditor.Resource{Service: "s"}},
		{"home", []string{"h"}, attrs{"h", "gray", "service.name", "s"}, auditor.Resource{Service: "s", Home: auditor.Reading{Present: true, Value: "gray"}}},
		{"empty home", []string{"h"}, attrs{"h", "", "service.name", "s"}, auditor.Resource{Service: "s", Home: auditor.Reading{Present: true}}},
		{"home by order", []string{"g", "h"}, attrs{"h", "base", "g", 5, "service.name", "s"}, auditor.Resource{Service: "s", Home: auditor.Reading{Present: true, Value: "5"}}},
		{"home is the name", []string{"service.name"}, attrs{"service.name", "s"}, auditor.Resource{Service: "s", Home: auditor.Reading{Present: true, Value: "s"}}},
		{"reporting", nil, attrs{"service.name", "s", "gray.reporting", true}, auditor.Resource{Service: "s", Reporting: true}},
		{"reporting as text", nil, attrs{"service.name", "s", "gray.reporting", "true"}, auditor.Resource{Service: "s", Reporting: true}},
		{"not reporting", nil, attrs{"service.name", "s", "gray.reporting", false}, auditor.Resource{Service: "s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := pcommon.NewResource()
			put(r.Attributes(), c.kv)
			require.Equal(t, c.want, NewDecoder(auditor.Keys{Home: c.home}, Options{}).Resource(r))
		})
	}
}

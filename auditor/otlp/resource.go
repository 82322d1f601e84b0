package otlp

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/dyetrace/dyetrace/auditor"
)

// unknownService is what the resource conventions call a service without a name.
const unknownService = "unknown_service"

// Resource returns the facts of r. service.namespace plays no part. The strings
// are borrowed: see the package comment.
func (d *Decoder) Resource(r pcommon.Resource) auditor.Resource {
	d.resetBuffer()
	out := auditor.Resource{Service: unknownService}
	home := found{rank: noRank}
	for k, v := range r.Attributes().All() {
		switch k {
		case "service.name":
			if out.Service = d.text(v); out.Service == "" {
				out.Service = unknownService
			}
		case "gray.reporting":
			out.Reporting = d.text(v) == "true"
		}
		if i := slices.Index(d.keys.Home, k); i >= 0 {
			home.offer(int16(i), v)
		}
	}
	out.Home = d.reading(home)
	return out
}

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
	f := resourceFacts{service: unknownService, home: found{rank: noRank}}
	for k, v := range r.Attributes().All() {
		if d.ofResource.hasLength(len(k)) && d.ofResource.has(cellOf(k)) {
			d.resourceAttribute(&f, k, value{pdata: v})
		}
	}
	return d.resource(&f)
}

const (
	serviceKey   = "service.name"
	reportingKey = "gray.reporting"
)

// newResourceFilter returns the filter of what a resource is read for.
func newResourceFilter(home []string) (f filter) {
	for _, k := range append([]string{serviceKey, reportingKey}, home...) {
		f.add(cellOf(k))
	}
	return f
}

type resourceFacts struct {
	service   string
	reporting bool
	home      found
}

func (d *Decoder) resourceAttribute(f *resourceFacts, k string, v value) {
	switch k {
	case serviceKey:
		if f.service = d.text(&v); f.service == "" {
			f.service = unknownService
		}
	case reportingKey:
		f.reporting = d.text(&v) == "true"
	}
	if i := slices.Index(d.keys.Home, k); i >= 0 {
		f.home.offer(int16(i), v)
	}
}

func (d *Decoder) resource(f *resourceFacts) auditor.Resource {
	return auditor.Resource{Service: f.service, Reporting: f.reporting, Home: d.reading(&f.home)}
}

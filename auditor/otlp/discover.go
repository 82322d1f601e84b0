package otlp

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/dyetrace/dyetrace/auditor"
)

// Discovery finds out which attributes hold tag and home where the policy's own
// keys never occur, so that the user can be told what to write into it. Its
// memory is bounded. It is not safe for concurrent use.
type Discovery struct {
	keys              auditor.Keys
	envSeen, homeSeen bool
	tagNames          []string // where tags are looked for, the most telling first
	tagIndex          *headers // the same, by name
	spans             *candidates
	carried           *candidates // baggage members and captured headers
	resources         *candidates
}

// NewDiscovery returns a discovery for a policy's keys.
func NewDiscovery(keys auditor.Keys) *Discovery {
	d := &Discovery{
		keys: keys, tagIndex: &headers{},
		spans: newCandidates(), carried: newCandidates(), resources: newCandidates(),
	}
	d.tagNames = append(append(d.tagNames, keys.Env...), knownTags()...)
	for _, n := range d.tagNames {
		d.tagIndex.add(header{name: n})
	}
	return d
}

// Observe takes note of a span. It copies what it keeps.
func (d *Discovery) Observe(sp ptrace.Span) {
	if d.envSeen && d.homeSeen {
		return
	}
	for k, v := range sp.Attributes().All() {
		if slices.Contains(d.keys.Env, k) {
			d.envSeen = true
		}
		if _, name, ok := capturedName(k); ok {
			d.observeHeader(name, v)
		} else if d.tagIndex.find(k) != nil || d.carried.has(k) {
			d.spans.add(k, short(v))
		}
	}
}

// ObserveResource takes note of a resource. It copies what it keeps.
func (d *Discovery) ObserveResource(r pcommon.Resource) {
	for k, v := range r.Attributes().All() {
		if slices.Contains(d.keys.Home, k) {
			d.homeSeen = true
		}
		if !identity(k) {
			d.resources.add(k, short(v))
		}
	}
}

// observeHeader notes a captured header or property: the members of baggage, or
// a header that is itself a tag's.
func (d *Discovery) observeHeader(name string, v pcommon.Value) {
	if !strings.EqualFold(name, nameBaggage) {
		if h := d.tagIndex.find(name); h != nil {
			d.carried.add(h.name, short(v))
		}
		return
	}
	for list := short(v); list != ""; {
		var key, value string
		key, value, list = cutMember(list)
		d.carried.add(key, string(unescape(nil, value)))
	}
}

// Suggest returns what a policy could say for the spans so far: span attributes
// for keys.env and resource attributes for keys.home, the most likely first,
// empty where the policy's own keys occur or nothing was found; and the tags
// that spans show or headers carry, the most frequent first. Tags without a name
// for keys.env travel, but no span attribute shows them.
func (d *Discovery) Suggest() (env, home, tags []string) {
	homes := d.resources.values(homeNames())
	shown := d.spans.named(d.tagNames)
	carried := d.carried.named(d.tagNames)
	if len(shown) == 0 { // under a name of their own: told by the homes they share
		shown = d.spans.sharing(homes, nil)
	}
	if len(carried) == 0 {
		carried = d.carried.sharing(homes, nil)
	}
	values := union(d.spans.values(shown), d.carried.values(carried))
	if !d.envSeen {
		env = shown
	}
	if !d.homeSeen {
		home = d.suggestHome(values)
	}
	return env, home, byCount(values)
}

// suggestHome prefers known names that share a value with the tags, then the
// unmistakable ones, then any that shares a value. Where no tag is known, every
// known name will do.
func (d *Discovery) suggestHome(tags map[string]int) []string {
	if h := d.resources.sharing(tags, homeNames()); len(h) > 0 {
		return h
	}
	if h := d.resources.named(grayHomes()); len(h) > 0 {
		return h
	}
	if len(tags) == 0 {
		return d.resources.named(homeNames())
	}
	h := d.resources.sharing(tags, nil)
	if i := slices.Index(h, "service.version"); i >= 0 { // the last resort
		h = append(slices.Delete(h, i, i+1), "service.version")
	}
	return h
}

// knownTags are names under which tags travel in the systems of the field: this
// project, Alibaba MSE, Sermant and Tencent, Signadot.
func knownTags() []string {
	return []string{
		"gray.env", "env", "x-mse-tag", "__microservice_tag__", "mse.tag", "x-gray-tag", "gray",
		"lane", "service-lane", "x-lane", "x-service-lane", "traffic.tag", "sd-routing-key",
	}
}

// grayHomes are names that can only mean a home.
func grayHomes() []string { return []string{"gray.home", "gray.workload.env", "gray.env"} }

// homeNames are names under which workloads declare what they are deployed in.
// The conventions' own deployment.environment.name and service.version are not
// among them, as they mean something else most of the time: they count where
// they share a value with the tags.
func homeNames() []string {
	return append(grayHomes(), "env", "lane", "service.lane", "mse.tag", "alicloud.service.tag", "traffic.tag")
}

// identity tells resource attributes that never are a home.
func identity(key string) bool {
	switch key {
	case "service.name", "service.instance.id", "service.namespace", "host.name", "host.id", "gray.reporting":
		return true
	}
	for _, p := range [...]string{"telemetry.", "process.", "os.", "container."} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

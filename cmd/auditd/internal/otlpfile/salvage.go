package otlpfile

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// resourceSpans is one whose parts are left as they came.
type resourceSpans struct {
	Resource   json.RawMessage `json:"resource,omitempty"`
	ScopeSpans []scopeSpans    `json:"scopeSpans"`
}

type scopeSpans struct {
	Scope json.RawMessage   `json:"scope,omitempty"`
	Spans []json.RawMessage `json:"spans"`
}

// culprit is the part of a ResourceSpans that is no OTLP.
type culprit struct {
	what   string
	path   []any
	err    error
	before resourceSpans // what is good and stands before it
}

func (r resourceSpans) traces() (ptrace.Traces, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return ptrace.Traces{}, err
	}
	return (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(slices.Concat([]byte(jsonPrefix), raw, []byte(jsonSuffix)))
}

func ofScope(s scopeSpans) resourceSpans { return resourceSpans{ScopeSpans: []scopeSpans{s}} }

// blame decodes a bad ResourceSpans part by part; false where each is good alone,
// or where the whole is too large to keep it another two times.
func blame(raw []byte) (culprit, bool) {
	var r resourceSpans
	if len(raw) > maxWholeLine || json.Unmarshal(raw, &r) != nil {
		return culprit{}, false
	}
	if _, err := (resourceSpans{Resource: r.Resource}).traces(); err != nil {
		return culprit{what: "this resource", path: []any{"resource"}, err: err}, true
	}
	for i, s := range r.ScopeSpans {
		before := resourceSpans{r.Resource, slices.Clone(r.ScopeSpans[:i])}
		if _, err := ofScope(scopeSpans{Scope: s.Scope}).traces(); err != nil {
			return culprit{"this scope", []any{"scopeSpans", i, "scope"}, err, before}, true
		}
		for j, span := range s.Spans {
			if _, err := ofScope(scopeSpans{Spans: s.Spans[j : j+1]}).traces(); err != nil {
				before.ScopeSpans = append(before.ScopeSpans, scopeSpans{s.Scope, s.Spans[:j]})
				return culprit{"this span" + field(span), []any{"scopeSpans", i, "spans", j}, err, before}, true
			}
		}
	}
	return culprit{}, false
}

// field names a member that makes a span bad.
func field(span []byte) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(span, &members) != nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		alone, err := json.Marshal(map[string]json.RawMessage{name: members[name]})
		if err != nil {
			return ""
		}
		if _, err := ofScope(scopeSpans{Spans: []json.RawMessage{alone}}).traces(); err != nil {
			return ", by its " + quoted(name) + ","
		}
	}
	return ""
}

// offsetOf gives the place of a value in valid JSON by names and indices; 0 where
// it is not found.
func offsetOf(raw []byte, path []any) int {
	dec := json.NewDecoder(bytes.NewReader(raw))
	var value json.RawMessage
	for _, step := range path {
		if _, err := dec.Token(); err != nil { // the opening bracket
			return 0
		}
		for i := 0; i != step; i++ {
			if name, ok := step.(string); ok {
				if tok, err := dec.Token(); err != nil || tok == name {
					break
				}
			}
			if dec.Decode(&value) != nil {
				return 0
			}
		}
	}
	if dec.Decode(&value) != nil {
		return 0
	}
	return int(dec.InputOffset()) - len(value)
}

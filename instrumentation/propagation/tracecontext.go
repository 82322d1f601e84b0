package propagation

import (
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

// extractSpanContext reads traceparent and tracestate as OpenTelemetry's
// TraceContext does (a fuzz test holds one against the other), with two
// repairs: several tracestate headers are read as one, as the W3C has it, and
// of a trace state that cannot be parsed the witness is kept. It is invalid
// where there is no valid traceparent.
func (p *Propagator) extractSpanContext(carrier propagation.TextMapCarrier) trace.SpanContext {
	config, ok := parseTraceparent(carrier.Get(traceparentHeader))
	if !ok {
		return trace.SpanContext{}
	}
	if state, more := first(carrier, tracestateHeader); len(more) > 0 {
		config.TraceState = parseState(strings.Join(append([]string{state}, more...), ","))
	} else if state != "" {
		config.TraceState = p.state(state)
	}
	return trace.NewSpanContext(config)
}

// Lengths of https://www.w3.org/TR/trace-context/#traceparent-header: version,
// trace id, parent id and flags in lower-case hex with dashes between.
const (
	lenTraceparent = 55
	lenVersion     = 2
	endTraceID     = 35
	endParentID    = 52
)

// parseTraceparent reads version 00, and of later ones what 00 has.
func parseTraceparent(h string) (trace.SpanContextConfig, bool) {
	config := trace.SpanContextConfig{Remote: true}
	if len(h) < lenTraceparent || h[lenVersion] != '-' || h[endTraceID] != '-' || h[endParentID] != '-' {
		return config, false
	}
	var raw [1 + 16 + 8 + 1]byte
	ok := decodeHex(raw[0:1], h[:lenVersion]) &&
		decodeHex(raw[1:17], h[lenVersion+1:endTraceID]) &&
		decodeHex(raw[17:25], h[endTraceID+1:endParentID]) &&
		decodeHex(raw[25:26], h[endParentID+1:lenTraceparent])
	version, flags, rest := raw[0], trace.TraceFlags(raw[25]), h[lenTraceparent:]
	const known = trace.FlagsSampled | trace.FlagsRandom
	switch {
	case !ok || version == 0xff:
		return config, false
	case version == 0 && (rest != "" || flags&^known != 0):
		return config, false
	case rest != "" && rest[0] != '-':
		return config, false
	}
	config.TraceID, config.SpanID = trace.TraceID(raw[1:17]), trace.SpanID(raw[17:25])
	config.TraceFlags = flags & known
	return config, config.TraceID.IsValid() && config.SpanID.IsValid()
}

// decodeHex takes lower-case digits only.
func decodeHex(dst []byte, s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'F' {
			return false
		}
	}
	_, err := hex.Decode(dst, []byte(s))
	return err == nil
}

// maxMemoState bounds the trace states that are remembered, in bytes.
const maxMemoState = 128

// state parses one tracestate header. Those that come again and again are
// remembered; one with explicit randomness never comes again.
func (p *Propagator) state(header string) trace.TraceState {
	if len(header) > maxMemoState || strings.Contains(header, "rv:") {
		return parseState(header)
	}
	return p.states.Get(header)
}

// parseState returns what can be read of a trace state.
func parseState(header string) trace.TraceState {
	state, err := trace.ParseTraceState(header)
	if err != nil {
		return witness.Set(trace.TraceState{}, findWitness(header))
	}
	return state
}

// findWitness returns the first valid witness of a malformed trace state.
func findWitness(header string) string {
	for member := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		if key == witness.Key && envtag.Validate(value) == nil {
			return value
		}
	}
	return ""
}

// first returns what the carrier holds under key: the first value and, where
// the carrier can tell, the others.
func first(carrier propagation.TextMapCarrier, key string) (value string, more []string) {
	many, ok := carrier.(propagation.ValuesGetter)
	if !ok {
		return carrier.Get(key), nil
	}
	if values := many.Values(key); len(values) > 0 {
		return values[0], values[1:]
	}
	return "", nil
}

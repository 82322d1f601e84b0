package sdk

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
	"github.com/dyetrace/dyetrace/instrumentation/internal/memo"
	"github.com/dyetrace/dyetrace/instrumentation/witness"
)

// sampler implements [sdktrace.Sampler].
type sampler struct {
	threshold uint64 // a root is kept where its randomness is not below
	th        string // the threshold as trace state value
	// root is the trace state of a kept baseline root, tagged that of a tagged
	// one: most roots begin with an empty one.
	root   trace.TraceState
	tagged *memo.Table[trace.TraceState]
}

// memoLimit bounds what is kept for each tag: more environments than a fleet
// runs at a time.
const memoLimit = 64

// maxThreshold rejects everything: randomness has 56 bits.
const maxThreshold = 1 << 56

// NewSampler returns the sampler for services that carry tags. ratio is the
// part of the baseline traffic to keep, 0 to 1; what is outside is cut.
//
//   - Tagged traffic is always kept, also below a parent that was not: so this
//     sampler must be the outermost one. Its spans say `ot=th:0`: each stands
//     for itself alone.
//   - Baseline traffic with a parent follows the parent and keeps its `ot`.
//   - A baseline root is kept by consistent probability: its randomness, the
//     last 56 bits of the trace id, is compared with a threshold that is
//     written to the trace state as `ot=th:…`, so that shares can be computed
//     (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
//   - The witness follows the tag (package witness).
//
// It is safe for concurrent use.
func NewSampler(ratio float64) sdktrace.Sampler {
	threshold := thresholdOf(ratio)
	th := encodeThreshold(threshold)
	return &sampler{
		threshold: threshold,
		th:        th,
		root:      setThreshold(trace.TraceState{}, th),
		tagged: memo.NewTable(memoLimit, func(tag string) trace.TraceState {
			return taggedState(trace.TraceState{}, tag)
		}),
	}
}

// ShouldSample implements [sdktrace.Sampler].
func (s *sampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	parent := trace.SpanContextFromContext(p.ParentContext)
	state := parent.TraceState()
	if tag := envtag.FromContext(p.ParentContext); !envtag.IsBaseline(tag) {
		return sdktrace.SamplingResult{
			Decision:   sdktrace.RecordAndSample,
			Tracestate: s.taggedState(state, tag),
		}
	}
	result := sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: state}
	switch {
	case parent.IsValid():
		if parent.IsSampled() {
			result.Decision = sdktrace.RecordAndSample
		}
	case randomness(p.TraceID) >= s.threshold:
		result.Decision = sdktrace.RecordAndSample
		result.Tracestate = s.root
		if state.Len() > 0 {
			result.Tracestate = setThreshold(state, s.th)
		}
	}
	return result
}

// Description implements [sdktrace.Sampler].
func (s *sampler) Description() string {
	ratio := 1 - float64(s.threshold)/maxThreshold
	return fmt.Sprintf("dyetrace{tagged:always,baseline:parent_or_ratio(%s)}", strconv.FormatFloat(ratio, 'g', -1, 64))
}

// randomness is the last 56 bits of the trace id.
func randomness(id trace.TraceID) uint64 {
	return binary.BigEndian.Uint64(id[8:]) & (maxThreshold - 1)
}

// thresholdOf rounds the rejected part to 5 hex digits after its leading f's:
// the values are short and still exact to 1/10,000 of the ratio.
func thresholdOf(ratio float64) uint64 {
	switch {
	case !(ratio > 0): // NaN too
		return maxThreshold
	case ratio >= 1:
		return 0
	}
	kept := uint64(math.Round(ratio * maxThreshold))
	if kept == 0 {
		return maxThreshold
	}
	drop := max(0, 56-4*5-4*leadingFs(maxThreshold-kept))
	unit := uint64(1) << drop
	return (maxThreshold - kept + unit/2) / unit * unit
}

// leadingFs counts the leading hex digits f of a 56-bit number.
func leadingFs(v uint64) int {
	n := 0
	for shift := 52; shift >= 0 && v>>shift&0xf == 0xf; shift -= 4 {
		n++
	}
	return n
}

// encodeThreshold writes 14 hex digits without trailing zeros.
func encodeThreshold(t uint64) string {
	if t == 0 {
		return "0"
	}
	return strings.TrimRight(fmt.Sprintf("%014x", t), "0")
}

func (s *sampler) taggedState(state trace.TraceState, tag string) trace.TraceState {
	if state.Len() == 0 {
		return s.tagged.Get(tag)
	}
	return taggedState(state, tag)
}

// taggedState is the trace state of a tagged span: the witness first, and the
// threshold of one that is always kept.
func taggedState(state trace.TraceState, tag string) trace.TraceState {
	return witness.Set(setThreshold(state, "0"), tag)
}

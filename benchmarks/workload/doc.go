// Package workload makes the traffic that the benchmark measures with: clean
// gray release traffic of seven services with one message hop, as a collector
// would receive it. The same seed gives the same spans.
package workload

// The shape of a round. A test holds the generator to it.
const (
	Traces        = 732 // interleaved over the whole round
	SpansPerTrace = 14
	Attributes    = 12 // of each span
	BatchSpans    = 512
	Batches       = Traces * SpansPerTrace / BatchSpans // the last one takes the rest
	Spans         = Traces * SpansPerTrace

	grayPercent = 10
	// childShift moves a child's arrival before its parent's, in units of the
	// round: 1-sqrt(2*(1-0.52)) makes 52 % of the children arrive first.
	childShift = 0.0202
)

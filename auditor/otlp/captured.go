package otlp

import "strings"

// carrier is the kind of hop whose headers were captured.
type carrier uint8

const (
	carrierMessage carrier = iota
	carrierRequest
)

// The prefixes of attributes that are captured headers or message properties:
// those of the conventions (http.request.header, rpc.*.request.metadata) and of
// the Java agent (messaging.header).
const (
	prefixMessage = "messaging.header."
	prefixHTTP    = "http.request.header."
	prefixRPC     = "rpc.request.metadata."
	prefixGRPC    = "rpc.grpc.request.metadata."
	prefixConnect = "rpc.connect_rpc.request.metadata."
)

func capturedPrefixes() [5]string {
	return [...]string{prefixMessage, prefixHTTP, prefixRPC, prefixGRPC, prefixConnect}
}

// capturedName splits the attribute of a captured header or message property
// into its carrier and name.
func capturedName(key string) (carrier, string, bool) {
	if len(key) < len(prefixMessage) {
		return 0, "", false
	}
	switch key[0] {
	case 'm':
		name, ok := strings.CutPrefix(key, prefixMessage)
		return carrierMessage, name, ok
	case 'h':
		name, ok := strings.CutPrefix(key, prefixHTTP)
		return carrierRequest, name, ok
	case 'r':
		for _, p := range [...]string{prefixRPC, prefixGRPC, prefixConnect} {
			if name, ok := strings.CutPrefix(key, p); ok {
				return carrierRequest, name, true
			}
		}
	}
	return 0, "", false
}

// header says what a captured header or property means.
type header struct {
	name     string
	slot     slot  // of a message's property; noSlot if it is only a tag
	rank     int16 // among the names that hold the tag; noRank if it holds none
	property bool  // only as a message's property, not as a request's header
}

// headers finds headers by name, by length first: most names fit none.
type headers struct{ byLen [][]header }

// nameBaggage is the header of W3C Baggage, as a request header and as a message
// property.
const nameBaggage = "baggage"

// newHeaders returns the names that hold a tag, in order: the policy's env keys,
// the project's own names and those of MSE and its relatives, then what only the
// policy calls captured; and RocketMQ's own properties.
func newHeaders(env, captured []string) *headers {
	h := &headers{}
	for _, s := range []header{
		{name: nameBaggage, slot: slotMessageBaggage},
		{name: "TAGS", slot: slotFilterHeader},
		{name: "REAL_TOPIC", slot: slotRealTopic},
		{name: "RETRY_TOPIC", slot: slotRetryTopic},
		{name: "ORIGIN_MESSAGE_ID", slot: slotOriginID},
		{name: "DELAY", slot: slotDelayLevelHeader},
	} {
		s.rank = noRank
		h.add(s)
	}
	names := append(append([]string{}, env...), "gray_env", "gray.env", "x-mse-tag", "__microservice_tag__")
	for i, n := range names {
		h.add(header{name: n, slot: noSlot, rank: int16(i)})
	}
	for i, n := range tagsOnly(h, captured) {
		h.add(header{name: n, slot: noSlot, rank: int16(len(names) + i), property: true})
	}
	return h
}

// tagsOnly returns the captured properties that can only be there for the tag.
// Policies list what agents capture, and that may be more than the tag: where
// one of the names is a known one, no other is taken for a tag.
func tagsOnly(h *headers, captured []string) []string {
	var unknown []string
	for _, n := range captured {
		e := h.find(n)
		if e != nil && e.rank != noRank {
			return nil
		}
		if e == nil && !systemProperty(n) {
			unknown = append(unknown, n)
		}
	}
	return unknown
}

// systemProperty tells names that RocketMQ or tracing itself sets
// (MessageConst.java; W3C Trace Context).
func systemProperty(name string) bool {
	switch name {
	case "KEYS", "WAIT", "UNIQ_KEY", "CLUSTER", "MIN_OFFSET", "MAX_OFFSET", "REAL_QID",
		"CONSUME_START_TIME", "PGROUP", "TRAN_MSG", "BUYER_ID", "INSTANCE_ID", "MSG_REGION",
		"TRACE_ON", "traceparent", "tracestate":
		return true
	}
	return false
}

// add enters a name unless an equal one is there.
func (h *headers) add(e header) {
	if e.name == "" || h.find(e.name) != nil {
		return
	}
	for len(h.byLen) <= len(e.name) {
		h.byLen = append(h.byLen, nil)
	}
	h.byLen[len(e.name)] = append(h.byLen[len(e.name)], e)
}

// find returns what name means, nil if nothing.
func (h *headers) find(name string) *header {
	if len(name) >= len(h.byLen) {
		return nil
	}
	for i := range h.byLen[len(name)] {
		if e := &h.byLen[len(name)][i]; sameName(e.name, name) {
			return e
		}
	}
	return nil
}

// sameName compares names of headers as agents may have normalised them: letters
// without case, and '-', '_' and '.' equal. Both have the same length.
func sameName(a, b string) bool {
	for i := range len(a) {
		if a[i] != b[i] && fold(a[i]) != fold(b[i]) {
			return false
		}
	}
	return true
}

func fold(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c | 0x20
	case c == '-' || c == '.':
		return '_'
	}
	return c
}

package otlp

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxHeader bounds how many bytes of a baggage or tracestate header are read.
// W3C asks for 8192 at least in baggage; senders may exceed it.
const maxHeader = 64 << 10

// cutMember takes the first member off a W3C baggage header: its key and its
// value, still percent-encoded, without the properties behind ';'. A member
// without '=' has an empty key. Keys keep their case.
func cutMember(list string) (key, value, rest string) {
	member, rest, _ := strings.Cut(list, ",")
	member, _, _ = strings.Cut(member, ";")
	key, value, ok := strings.Cut(member, "=")
	if !ok {
		return "", "", rest
	}
	return trim(key), trim(value), rest
}

// trim cuts the white space that W3C headers allow: spaces and tabs.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// member is the best member of the baggage headers of one span.
type member struct {
	rank  int16 // of its key, noRank if there is none
	value string
}

// scan reads one header. The key first in keys wins, of equal ones the last
// member, as propagators do.
func (m *member) scan(list string, keys []string) {
	list = list[:min(len(list), maxHeader)]
	for list != "" {
		var key, value string
		key, value, list = cutMember(list)
		for i, k := range keys {
			if i > int(m.rank) {
				break
			}
			if k == key {
				m.rank, m.value = int16(i), value
				break
			}
		}
	}
}

// scanAll reads a captured header: a string, or an array with one for each
// header line, which count as one list.
func (m *member) scanAll(v *value, keys []string) {
	switch v.kind() {
	case pcommon.ValueTypeStr:
		m.scan(v.str(), keys)
	case pcommon.ValueTypeSlice:
		list := v.items()
		for s, ok := list.next(); ok; s, ok = list.next() {
			m.scan(s, keys)
		}
	}
}

// unescape appends the percent-decoded s to b. What is no valid escape stays as
// it is; '+' is no space (W3C Baggage, section 3.3).
func unescape(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi < 16 && lo < 16 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return b
}

// hexDigit returns the digit's value, 16 if c is none.
func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

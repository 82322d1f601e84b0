package propagation

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/baggage"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

// The limits of https://www.w3.org/TR/baggage/#limits for all headers together.
const (
	maxMembers = 64
	maxBytes   = 8192
)

// encode writes bag with tag as its first member and the others after it by
// key, each left out that would break a limit. Properties of our own member
// are not kept: the tag has none, and so its member always fits.
func encode(bag baggage.Baggage, tag string) string {
	own := ""
	if tag != "" {
		own = tagMember(tag)
	}
	if bag.Len() == 0 {
		return own
	}
	members := bag.Members()
	slices.SortFunc(members, func(a, b baggage.Member) int { return cmp.Compare(a.Key(), b.Key()) })
	out := newList(own)
	for _, m := range members {
		if m.Key() != envtag.Key {
			out.add(m.String())
		}
	}
	return out.String()
}

// tagMember is our member on the wire. No valid tag needs escapes.
func tagMember(tag string) string { return envtag.Key + "=" + tag }

// decode reads baggage headers. The usual one is parsed by OpenTelemetry; one
// that breaks a limit or has bad members is rebuilt first, ours in front.
func decode(header string, more []string) baggage.Baggage {
	if len(more) == 0 && len(header) <= maxBytes {
		bag, err := baggage.Parse(header)
		member := bag.Member(envtag.Key)
		if member.Key() == "" && err == nil || member.Key() != "" && envtag.Validate(member.Value()) == nil {
			return bag
		}
	}
	// Errors leave what could be read, and ours is in front. They are not
	// logged: callers from outside could flood the log.
	bag, _ := baggage.Parse(rebuild(append([]string{header}, more...)))
	return bag
}

// rebuild puts the last valid tag of the headers first, then their other
// members in the order of arrival, within the limits.
func rebuild(headers []string) string {
	own := ""
	if tag := findTag(headers); tag != "" {
		own = tagMember(tag)
	}
	out := newList(own)
	for _, header := range headers {
		for member := range strings.SplitSeq(header, ",") {
			if out.full() {
				return out.String()
			}
			if member = strings.TrimSpace(member); keyOf(member) != envtag.Key {
				out.add(member)
			}
		}
	}
	return out.String()
}

// findTag returns the last valid tag in the headers. The last one wins, as in
// OpenTelemetry's implementations, so that all services read the same.
func findTag(headers []string) string {
	for _, header := range slices.Backward(headers) {
		for header != "" {
			at := strings.LastIndexByte(header, ',')
			member := header[at+1:]
			header = header[:max(at, 0)]
			if tag := tagOf(member); tag != "" {
				return tag
			}
		}
	}
	return ""
}

// tagOf returns the valid tag of a raw list member, or "".
func tagOf(member string) string {
	pair, _, _ := strings.Cut(member, ";")
	key, raw, _ := strings.Cut(pair, "=")
	if strings.TrimSpace(key) != envtag.Key {
		return ""
	}
	tag, err := url.PathUnescape(strings.TrimSpace(raw))
	if err != nil || envtag.Validate(tag) != nil {
		return ""
	}
	return tag
}

// keyOf returns the key of a raw list member.
func keyOf(member string) string {
	end := strings.IndexAny(member, "=;")
	if end < 0 {
		end = len(member)
	}
	return strings.TrimSpace(member[:end])
}

// list is a baggage string in the making that keeps the limits.
type list struct {
	b       strings.Builder
	members int
}

func newList(first string) *list {
	l := &list{}
	l.add(first)
	return l
}

// add appends member, unless it is empty or does not fit.
func (l *list) add(member string) {
	size := len(member)
	if l.members > 0 {
		size++ // comma
	}
	if member == "" || l.full() || l.b.Len()+size > maxBytes {
		return
	}
	if l.members > 0 {
		l.b.WriteByte(',')
	}
	l.b.WriteString(member)
	l.members++
}

func (l *list) full() bool { return l.members >= maxMembers || l.b.Len() >= maxBytes }

// String returns the list so far.
func (l *list) String() string { return l.b.String() }

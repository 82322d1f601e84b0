package audittest

import (
	"math"
	"strconv"
	"strings"

	"github.com/dyetrace/dyetrace/auditor"
)

const attrAdvice = "the attributes are #label env at dur arrives parent remote links dropped_links op route failed duplicate unseen " +
	"witness header th, and for messages mq system group msgid filter batch delay broadcast redelivered dlq skipped property"

// attribute reads the word at index at of a span line.
func (p *parser) attribute(b *building, at int) *Error {
	t := b.raw.tokens[at]
	if strings.HasPrefix(t.text, "#") {
		b.Label = t.text[1:]
		return nil
	}
	key, value, has := t.keyValue()
	if !has {
		if !flag(b, key) {
			return p.fail(b.raw, at, attrAdvice, "unknown attribute %q", t.text)
		}
		return nil
	}
	if key == "links" {
		return p.links(b, at, value)
	}
	value, ok := unquote(value)
	if !ok {
		return p.fail(b.raw, at, `quote the whole value: key="a b"`, "%q is no value", t.text)
	}
	known, advice := setAttribute(b, key, value)
	switch {
	case !known:
		return p.fail(b.raw, at, attrAdvice, "unknown attribute %q", key)
	case advice != "":
		return p.fail(b.raw, at, advice, "%q does not fit %s", value, key)
	}
	return nil
}

// flag sets an attribute without a value; false: there is no such flag.
func flag(b *building, word string) bool {
	m := &b.Span.Message
	switch word {
	case "failed":
		b.Span.Failed = true
	case "duplicate":
		b.Copies = 2
	case "unseen":
		b.unseen = true
	case "broadcast":
		m.Broadcast = true
	case "redelivered":
		m.Redelivered = true
	case "dlq":
		m.DeadLetter = true
	case "skipped":
		m.Skipped = true
	default:
		return false
	}
	return true
}

// setAttribute sets key=value. It says whether the key is known, and how to
// write a value that it cannot read.
func setAttribute(b *building, key, value string) (known bool, advice string) {
	reading := auditor.Reading{Present: true, Value: value}
	s, m := &b.Span, &b.Span.Message
	switch key {
	case "env":
		s.Tag = reading
	case "header":
		s.Header = reading
	case "property":
		m.Property = reading
	case "witness":
		s.Witness = value
	case "route":
		s.Route = value
	case "mq":
		m.Destination = value
	case "system":
		m.System = value
	case "group":
		m.Group = value
	case "msgid":
		m.ID = value
	case "filter":
		m.Filter = value
	case "op", "parent", "remote":
		return true, setChoice(b, key, value)
	case "at", "dur", "arrives", "delay":
		return true, setTime(b, key, value)
	case "batch", "dropped_links", "th":
		return true, setNumber(b, key, value)
	default:
		return false, ""
	}
	return true, ""
}

func setChoice(b *building, key, value string) string {
	switch key + "=" + value {
	case "parent=missing":
		b.missing = true
	case "remote=yes":
		b.Span.Remote = auditor.RemoteYes
	case "remote=no":
		b.Span.Remote = auditor.RemoteNo
	default:
		op, ok := opOf(value)
		if key != "op" || !ok {
			return "use parent=missing, remote=yes or no, op=" + strings.Join(opNames(), " or ")
		}
		b.Span.Op = op
	}
	return ""
}

func setTime(b *building, key, value string) string {
	d, ok := duration(value)
	if !ok || d < 0 && (key == "dur" || key == "delay") {
		return "write a duration: 5s, -10m, 1h30m"
	}
	switch key {
	case "at":
		b.start = d
	case "dur":
		b.duration = d
	case "delay":
		b.Span.Message.Delay = d
	case "arrives":
		b.arrives = &d
	}
	return ""
}

func setNumber(b *building, key, value string) string {
	if key == "th" {
		th, ok := threshold(value)
		if !ok {
			return thAdvice
		}
		b.Span.HasThreshold, b.Span.Threshold = true, th
		return ""
	}
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil || n > math.MaxInt32 {
		return "write a number from 0"
	}
	if key == "batch" {
		b.Span.Message.Batch = int(n)
	} else {
		b.Span.DroppedLinks = uint32(n)
	}
	return ""
}

// links reads: links=#a,#b(env=gray,msgid=m1),missing.
func (p *parser) links(b *building, at int, list string) *Error {
	const form = "write: links=#a,#b(env=gray,msgid=m1),missing"
	for rest := list; rest != ""; {
		end := strings.IndexAny(rest, ",(")
		if end < 0 {
			end = len(rest)
		}
		ref := linkRef{label: strings.TrimPrefix(rest[:end], "#"), at: at}
		if (rest[:end] != "missing") != (rest[:1] == "#") || ref.label == "" {
			return p.fail(b.raw, at, form, "%q is no link", rest[:end])
		}
		rest = rest[end:]
		if strings.HasPrefix(rest, "(") {
			inner, after, ok := strings.Cut(rest[1:], ")")
			if !ok || !linkAttributes(&ref.link, inner) {
				return p.fail(b.raw, at, form, "%q are no attributes of a link", rest)
			}
			rest = after
		}
		if rest != "" && rest[0] != ',' {
			return p.fail(b.raw, at, form, "%q after a link", rest)
		}
		rest = strings.TrimPrefix(rest, ",")
		if b.links = append(b.links, ref); len(b.links) > MaxLinks {
			return p.fail(b.raw, at, "make it fewer", "more than %d links", MaxLinks)
		}
	}
	return nil
}

// linkAttributes reads env=gray,msgid=m1; false when it is something else.
func linkAttributes(l *auditor.Link, s string) bool {
	for kv := range strings.SplitSeq(s, ",") {
		key, value, ok := strings.Cut(kv, "=")
		value, quoted := unquote(value)
		if !ok || !quoted {
			return false
		}
		switch key {
		case "env":
			l.Tag = auditor.Reading{Present: true, Value: value}
		case "msgid":
			l.MessageID = value
		default:
			return false
		}
	}
	return true
}

package auditor_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/dyetrace/dyetrace/auditor"
)

// drawMessage fills in the messaging facts and links; it returns the upstream.
func (p *painter) drawMessage(s *auditor.Span, parent *fact) *fact {
	if !s.Op.Messaging() {
		if s.Kind == auditor.KindServer && s.ParentID.IsZero() && len(p.scene.facts) > 0 && p.rare(4, "boundary") {
			up := &p.scene.facts[p.between(0, len(p.scene.facts)-1, "linked")]
			s.Links = []auditor.Link{{TraceID: up.span.TraceID, SpanID: up.span.SpanID}}
			return up
		}
		return parent
	}
	m := &s.Message
	m.System = rapid.SampledFrom([]string{"rocketmq", "kafka"}).Draw(p.t, "system")
	m.Destination = rapid.SampledFrom([]string{"T", "U"}).Draw(p.t, "topic")
	if s.Kind == auditor.KindProducer {
		p.drawProduced(s)
		return parent
	}
	m.Group = rapid.SampledFrom([]string{"g", "g_gray", "h", ""}).Draw(p.t, "group")
	m.Redelivered, m.DeadLetter = p.rare(6, "again"), p.rare(10, "dead")
	m.Broadcast, m.Skipped = p.rare(12, "broadcast"), p.rare(8, "skipped")
	if s.Op != auditor.OpProcess || len(p.sent) == 0 {
		return parent
	}
	return p.drawConsumed(s, parent)
}

func (p *painter) drawProduced(s *auditor.Span) {
	m := &s.Message
	if p.coin("with id") {
		m.ID = fmt.Sprintf("m%d", p.ids)
		if p.rare(5, "many ids") {
			m.ID += fmt.Sprintf(",n%d", p.ids)
		}
	}
	if p.rare(6, "batch send") {
		m.Batch = 2
	}
	if p.rare(6, "delay") {
		m.Delay = int64(time.Minute)
	}
	if p.rare(3, "filter") {
		m.Filter = "F"
	}
	if p.rare(5, "threshold") {
		s.HasThreshold, s.Threshold = true, 1<<55
	}
}

// drawConsumed lets a process span meet producers: by links, by id, by both.
func (p *painter) drawConsumed(s *auditor.Span, parent *fact) *fact {
	way := rapid.SampledFrom([]string{"link", "id", "parent", "both", "batch"}).Draw(p.t, "joined by")
	up := p.producer()
	m := &s.Message
	m.System, m.Destination = up.span.Message.System, up.span.Message.Destination
	if way == "id" || way == "both" {
		m.ID = up.span.Message.ID
		if i := len(m.ID) / 2; i > 0 && m.ID[i] == ',' && p.coin("which id") {
			m.ID = m.ID[:i]
		}
	}
	switch way {
	case "parent":
		return parent
	case "link", "both":
		s.Links = append(s.Links, p.drawLink(up))
	case "batch":
		for range p.between(1, 4, "links") {
			up = p.producer()
			s.Links = append(s.Links, p.drawLink(up))
		}
		if p.rare(6, "links dropped") {
			s.DroppedLinks = 1
		}
		if p.rare(3, "count") {
			m.Batch = p.between(1, 5, "batch")
		}
	}
	return up
}

func (p *painter) producer() *fact {
	return &p.scene.facts[rapid.SampledFrom(p.sent).Draw(p.t, "producer")]
}

func (p *painter) drawLink(up *fact) auditor.Link {
	l := auditor.Link{TraceID: up.span.TraceID, SpanID: up.span.SpanID}
	if p.rare(8, "link nowhere") {
		l.SpanID = spanID(5_000_000)
	}
	if p.rare(6, "link id") {
		l.MessageID = up.span.Message.ID
	}
	if p.rare(6, "link tag") {
		l.Tag = auditor.Reading{Present: true, Value: p.env()}
	}
	return l
}

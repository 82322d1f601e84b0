package isolation

import (
	"fmt"
	"time"

	"github.com/dyetrace/dyetrace/instrumentation/internal/memo"
)

// The schemes that filter by a property have the same groups, filters and
// positions, and differ in who filters only.

// take answers Take; its selector is the user's own.
func take(r *Rules, c Consumer, at time.Time) (Plan, error) {
	switch {
	case c.Topic == "":
		return Plan{}, fmt.Errorf("consumer group %s subscribes a topic without a name", c.Group)
	case c.Group == "":
		return Plan{}, fmt.Errorf("topic %s: the consumer has no group", c.Topic)
	}
	now := r.InForce(at)
	p := Plan{Topic: c.Topic, Group: c.Group, Selector: c.Selector, Filter: Filter{rules: now}}
	if now.IsBaseline(c.Home) {
		p.Filter.refused, p.Until = r.Refused(c.Topic, c.Group, at)
	} else {
		twin, err := now.TwinGroup(c.Group, c.Home)
		if err != nil {
			return Plan{}, err
		}
		p.Group, p.Filter.own = twin, c.Home
		p.Start = r.twinStart(c, at)
	}
	p.Retry, p.DeadLetter = retryPrefix+p.Group, deadLetterPrefix+p.Group
	return p, nil
}

// twinStart is where a new twin begins: where the baseline group left its tag.
func (r *Rules) twinStart(c Consumer, at time.Time) Start {
	if deadLetters(c.Topic) {
		return Start{Where: StartAsUser}
	}
	from, refused := r.since(c.Topic, c.Group, c.Home, at)
	switch {
	case !refused:
		return Start{Where: StartLast}
	case from.IsZero():
		return Start{Where: StartFirst}
	}
	return Start{Where: StartTime, Time: from}
}

// send answers Send for both: the same topic and message tag, and the property as
// marks has it.
func send(r *Rules, m Outgoing, marks *marks) (Route, error) {
	if m.Topic == "" {
		return Route{}, fmt.Errorf("the message has no topic")
	}
	value := m.Tag
	if r.IsBaseline(m.Tag) {
		value = ""
	}
	return Route{Topic: m.Topic, MessageTag: m.MessageTag, Properties: marks.Get(value)}, nil
}

// marks are the properties of messages by the tag that they show, "" for none. They
// are made once: each send needs them.
type marks = memo.Table[[]Property]

// maxMarks bounds them: more environments than a fleet runs at a time.
const maxMarks = 64

func newMarks(property string) *marks {
	return memo.NewTable(maxMarks, func(tag string) []Property { return []Property{{property, tag}} })
}

func orphan(r *Rules, topic, group, tag string, at time.Time) Orphan {
	if refused, _ := r.Refused(topic, group, at); !r.IsBaseline(tag) && refused.Has(tag) {
		return OrphanKept
	}
	return OrphanTaken
}

package isolation

import "time"

// byProperty filters in the wrapper, for brokers without enablePropertyFilter.
// Groups and rules are those of sql92; the user's selector stays as it is.
type byProperty struct{ marks *marks }

func (s byProperty) Name() Name { return NameProperty }

func (s byProperty) Send(r *Rules, m Outgoing) (Route, error) { return send(r, m, s.marks) }

func (s byProperty) Orphan(r *Rules, topic, group, tag string, at time.Time) Orphan {
	return orphan(r, topic, group, tag, at)
}

func (s byProperty) Take(r *Rules, c Consumer, at time.Time) (Plan, error) {
	p, err := take(r, c, at)
	if err != nil {
		return Plan{}, err
	}
	if _, err := selectorType(c.Selector.Type); err != nil {
		return Plan{}, err
	}
	if p.Filter.own != "" || !p.Filter.refused.Empty() {
		p.FilteredBy = FilterWrapper
	}
	return p, nil
}

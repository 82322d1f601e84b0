package isolation

import "time"

// sql92 lets the broker filter by the property (Alibaba MSE's way): a twin reads
// its own tag, the baseline group passes over the tags that it refuses.
type sql92 struct {
	property string
	marks    *marks
}

func (s sql92) Name() Name { return NameSQL92 }

func (s sql92) Send(r *Rules, m Outgoing) (Route, error) { return send(r, m, s.marks) }

func (s sql92) Orphan(r *Rules, topic, group, tag string, at time.Time) Orphan {
	return orphan(r, topic, group, tag, at)
}

// Take composes the user's selector with the scheme's. Where nothing is to be
// filtered the user's own stays as it is, so that nothing depends on SQL92.
func (s sql92) Take(r *Rules, c Consumer, at time.Time) (Plan, error) {
	p, err := take(r, c, at)
	if err != nil {
		return Plan{}, err
	}
	user, err := userCondition(c.Selector)
	if err != nil {
		return Plan{}, err
	}
	switch {
	case p.Filter.own != "":
		p.Selector = compose(equals(s.property, p.Filter.own), user)
	case p.Filter.refused.Empty():
		return p, nil
	default:
		p.Selector = compose(notRefused(s.property, p.Filter.refused), user)
	}
	p.FilteredBy = FilterBroker
	return p, nil
}

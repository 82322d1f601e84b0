package enginehost

import (
	"fmt"
	"time"
)

// merge puts together the settings of two members: what one leaves out the other
// gives. Differ names the first setting in which they contradict each other; it
// is empty where they do not.
func merge(a, b Config) (sum Config, differ string) {
	sum = a
	first := func(name string, equal bool) {
		if !equal && differ == "" {
			differ = name
		}
	}
	if b.policies() > 0 {
		first("policy", a.policies() == 0 || a.describePolicy() == b.describePolicy())
		sum.Policy, sum.PolicyFile, sum.PolicyExtension = b.Policy, b.PolicyFile, b.PolicyExtension
	}
	first("reload_interval", pick(&sum.ReloadInterval, b.ReloadInterval, defaultReload))
	first("tick_interval", pick(&sum.TickInterval, b.TickInterval, defaultTick))
	pick(&sum.Restarted, b.Restarted, false)
	if b.Limits != (Limits{}) {
		first("limits", pick(&sum.Limits, b.Limits, Limits{}))
	}
	return sum, differ
}

// pick takes over what is not the default; false where both differ from it and
// from each other.
func pick[T bool | time.Duration | Limits](to *T, other, unset T) bool {
	switch {
	case other == unset || other == *to:
		return true
	case *to != unset:
		return false
	}
	*to = other
	return true
}

// describePolicy says where the policy comes from; equal texts are equal policies.
func (c *Config) describePolicy() string {
	switch {
	case c.Policy != nil:
		text, err := inlineText(c.Policy)
		if err != nil {
			return err.Error()
		}
		return string(text)
	case c.PolicyFile != "":
		return "policy_file " + c.PolicyFile
	case c.PolicyExtension != nil:
		return "policy_extension " + c.PolicyExtension.String()
	}
	return "the defaults"
}

// conflict is the error of two members that contradict each other.
func conflict(engine, setting string, have, other *Member) error {
	return fmt.Errorf("%s and %s share the engine %q but differ in %s (%s; %s): set it at one of them only, or give one of them another engine",
		have, other, engine, setting, have.tell(setting), other.tell(setting))
}

// tell shows a setting of a member, shortly.
func (m *Member) tell(setting string) string {
	const most = 80
	var text string
	switch setting {
	case "policy":
		text = m.cfg.describePolicy()
	case "reload_interval":
		text = m.cfg.ReloadInterval.String()
	case "tick_interval":
		text = m.cfg.TickInterval.String()
	default:
		text = fmt.Sprintf("%+v", m.cfg.Limits)
	}
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}

package isolation

import (
	"fmt"
	"strings"
)

// DefaultTwinGroup and DefaultTwinTopic are the policy's templates where it gives
// none.
const (
	DefaultTwinGroup = "{group}_{env}"
	DefaultTwinTopic = "{topic}_{env}"
)

// maxName is the broker's limit for the name of a group (Validators of the Java
// client, unchanged from 4.9 to 5.3). Topics have 127.
const (
	maxName  = 255
	maxTopic = 127
)

// TwinGroup returns the name of a baseline group's twin for an env. It is an error
// where the broker would not take the name, and where the twin would be the group
// itself: one group cannot hold two filters, the newest one wins for all.
func (r *Rules) TwinGroup(group, env string) (string, error) {
	twin, err := expand("twin_group", r.twinGroupTemplate(), "{group}", group, env)
	switch {
	case err != nil:
		return "", err
	case len(twin) > maxName:
		return "", fmt.Errorf("twin group %s has %d characters, the broker takes %d: shorten twin_group or the group's name", twin, len(twin), maxName)
	case twin == group:
		return "", fmt.Errorf("twin_group %q gives the twin of group %s for env %s the same name: put {env} into it", r.twinGroupTemplate(), group, env)
	}
	return twin, nil
}

// TwinTopic is the same for a shadow topic.
func (r *Rules) TwinTopic(topic, env string) (string, error) {
	twin, err := expand("twin_topic", r.twinTopicTemplate(), "{topic}", topic, env)
	switch {
	case err != nil:
		return "", err
	case len(twin) > maxTopic:
		return "", fmt.Errorf("twin topic %s has %d characters, the broker takes %d: shorten twin_topic or the topic's name", twin, len(twin), maxTopic)
	case twin == topic:
		return "", fmt.Errorf("twin_topic %q gives the twin of topic %s for env %s the same name: put {env} into it", r.twinTopicTemplate(), topic, env)
	}
	return twin, nil
}

func (r *Rules) twinGroupTemplate() string {
	if r == nil || r.TwinGroupTemplate == "" {
		return DefaultTwinGroup
	}
	return r.TwinGroupTemplate
}

func (r *Rules) twinTopicTemplate() string {
	if r == nil || r.TwinTopicTemplate == "" {
		return DefaultTwinTopic
	}
	return r.TwinTopicTemplate
}

// expand fills in a template in one pass, so that a name that holds "{env}" is not
// expanded again, and refuses what the broker's names cannot hold.
func expand(field, template, placeholder, name, env string) (string, error) {
	if name == "" {
		return "", fmt.Errorf("%s: the %s has no name", field, strings.Trim(placeholder, "{}"))
	}
	if at := badNameByte(env); at >= 0 || env == "" {
		return "", fmt.Errorf("env %q cannot stand in a name of RocketMQ: use letters, digits, _ and - only", env)
	}
	if err := checkTemplate(field, template, placeholder); err != nil {
		return "", err
	}
	twin := strings.NewReplacer(placeholder, name, "{env}", env).Replace(template)
	if at := badNameByte(twin); at >= 0 {
		return "", fmt.Errorf("%s %q: %q is no name of RocketMQ: use letters, digits, _, -, | and %% only", field, template, twin)
	}
	return twin, nil
}

// checkTemplate refuses templates without the name that they are for. {env} may be
// missing where there is one env only, and in templates that say "no twin": then
// TwinGroup and TwinTopic refuse.
func checkTemplate(field, template, placeholder string) error {
	if !strings.Contains(template, placeholder) {
		return fmt.Errorf("%s %q: needs %s", field, template, placeholder)
	}
	return nil
}

// badNameByte returns the place of the first byte that names of groups and topics
// cannot hold, or -1.
func badNameByte(s string) int {
	return strings.IndexFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-%|", c))
	})
}

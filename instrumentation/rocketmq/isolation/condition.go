package isolation

import (
	"fmt"
	"slices"
	"strings"
)

// condition is SQL92 text that stands for itself: put in brackets it means what it
// means alone. "" is always true.
type condition string

// compose joins the scheme's condition and the user's. The user's text is put in
// brackets and otherwise left alone.
func compose(own, user condition) Selector {
	text := string(own)
	if user != "" {
		text += " AND (" + string(user) + ")"
	}
	return Selector{Type: SelectorSQL92, Expression: text}
}

// equals is true for one value of a property only.
func equals(property, value string) condition {
	return condition(property + " = " + quote(value))
}

// notRefused is true for messages without a tag and for tags that are not refused.
// NOT IN alone is not true for a property that is missing, hence IS NULL
// (measured on 4.9.7 and 5.3.3).
func notRefused(property string, refused Tags) condition {
	missing := property + " IS NULL"
	switch {
	case refused.all && len(refused.names) == 0:
		return condition(missing)
	case refused.all:
		return condition("(" + missing + " OR " + in(property, " IN ", refused.names) + ")")
	}
	return condition("(" + missing + " OR " + in(property, " NOT IN ", refused.names) + ")")
}

func in(property, operator string, values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return property + operator + "(" + strings.Join(quoted, ", ") + ")"
}

// quote writes a string of SQL92: a quote inside is doubled, nothing else is
// special.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// userCondition is what a user's selector means, in SQL92.
func userCondition(s Selector) (condition, error) {
	t, err := selectorType(s.Type)
	if err != nil {
		return "", err
	}
	if t == SelectorSQL92 {
		if err := CheckSQL92(s.Expression); err != nil {
			return "", err
		}
		return condition(s.Expression), nil
	}
	return messageTags(s.Expression)
}

func selectorType(t SelectorType) (SelectorType, error) {
	switch t {
	case "", SelectorTag:
		return SelectorTag, nil
	case SelectorSQL92:
		return t, nil
	}
	return "", fmt.Errorf("selector type %q is unknown: use %s or %s", string(t), SelectorTag, SelectorSQL92)
}

// messageTags turns "A || B" into SQL92, reading it as the client does: "" and "*"
// are all, parts are trimmed, empty parts dropped, a * among others is a tag.
func messageTags(expression string) (condition, error) {
	if expression == "" || expression == "*" {
		return "", nil
	}
	var tags []string
	for part := range strings.SplitSeq(expression, "||") {
		if part = strings.Trim(part, " "); part != "" && !slices.Contains(tags, part) {
			tags = append(tags, part)
		}
	}
	if len(tags) == 0 {
		return "", fmt.Errorf("selector %q selects no message tag: name one, or use *", expression)
	}
	return condition(in("TAGS", " IN ", tags)), nil
}

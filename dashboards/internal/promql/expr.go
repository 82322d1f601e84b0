package promql

import (
	"fmt"
	"strings"
)

// Select is a metric with matchers, such as Select(Hops, `job="a"`).
func Select(metric string, matchers ...string) string {
	if len(matchers) == 0 {
		return metric
	}
	return metric + "{" + strings.Join(matchers, ",") + "}"
}

// Sum sums an expression by labels; without labels, over all.
func Sum(expr string, by ...string) string { return aggregate("sum", expr, by) }

// Count counts the series of an expression by labels.
func Count(expr string, by ...string) string { return aggregate("count", expr, by) }

func aggregate(op, expr string, by []string) string {
	if len(by) == 0 {
		return fmt.Sprintf("%s(%s)", op, expr)
	}
	return fmt.Sprintf("%s by (%s) (%s)", op, strings.Join(by, ", "), expr)
}

// Rate is the growth of a counter for each second of the window.
func Rate(selector, window string) string { return fmt.Sprintf("rate(%s[%s])", selector, window) }

// Increase is the growth of a counter over the window.
func Increase(selector, window string) string {
	return fmt.Sprintf("increase(%s[%s])", selector, window)
}

// New is what a counter of events grew by in the window, the first event
// included: a series that begins with its first event has no earlier sample, so
// that increase alone would miss just the finding that matters most. Series that
// were not there a window ago count in full; a counter that begins again counts
// from 0, as with increase.
func New(selector, window string) string {
	return fmt.Sprintf("(max_over_time(%[1]s[%[2]s]) unless %[1]s offset %[2]s) or increase(%[1]s[%[2]s])", selector, window)
}

// Coverage is judged / seen by labels; where nothing was seen it has no value.
func Coverage(judged, seen string, by ...string) string {
	return fmt.Sprintf("%s / (%s > 0)", Sum(judged, by...), Sum(seen, by...))
}

// Overflowed is the metrics whose series are past the connector's max_series, by
// job, their names in the label metric.
func Overflowed() string {
	return fmt.Sprintf(`label_replace(count by (job, __name__) (%s), "metric", "$1", "__name__", "(.+)")`, overflowedSeries)
}

// Is is a matcher: the label has this value.
func Is(label, value string) string { return fmt.Sprintf("%s=%q", label, value) }

// Not is a matcher: the label has another value.
func Not(label, value string) string { return fmt.Sprintf("%s!=%q", label, value) }

// OneOf is a matcher: the label has one of the values, which hold no characters
// that mean something in a regular expression.
func OneOf(label string, values []string) string {
	return fmt.Sprintf("%s=~%q", label, strings.Join(values, "|"))
}

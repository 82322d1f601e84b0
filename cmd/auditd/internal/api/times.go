package api

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// The forms of times before now, steps and waits; openapi.yaml has the same.
const (
	agoForm  = `^-[1-9][0-9]{0,3}(s|m|h|d)$`
	stepForm = `^(([1-9]|[1-5][0-9])m|([1-9]|1[0-9]|2[0-4])h|([1-9]|[1-9][0-9])d)$`
	waitForm = `^([1-9]|[1-5][0-9]|60)s$`
)

// parseDuration reads a number and a unit, such as 30s, 5m, 6h or 7d, of a form.
func parseDuration(form, v string) (time.Duration, bool) {
	if !regexp.MustCompile(form).MatchString(v) {
		return 0, false
	}
	v = strings.TrimPrefix(v, "-")
	n, err := strconv.Atoi(v[:len(v)-1])
	unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[v[len(v)-1]]
	return time.Duration(n) * unit, err == nil
}

// time returns a moment: RFC 3339, now, or -5m, -1h, -7d before now. Missing is
// what it is without the parameter.
func (p *params) time(name string, missing time.Time) time.Time {
	v, ok := p.one(name)
	if !ok {
		return missing
	}
	if v == "now" {
		return p.now
	}
	if d, ok := parseDuration(agoForm, v); ok {
		return p.now.Add(-d)
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		p.wrong(name, "not a time", "use RFC 3339 like 2026-11-21T12:00:00Z, now, or -5m, -1h, -7d")
		return missing
	}
	return within(t.UTC())
}

// within moves a time to where clocks can have been: nothing is stored outside.
func within(t time.Time) time.Time {
	if first := time.Unix(0, 0).UTC(); t.Before(first) {
		return first
	}
	if last := time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC); t.After(last) {
		return last
	}
	return t
}

// duration returns a duration of a form; zero where it is missing.
func (p *params) duration(name, form, advice string) time.Duration {
	v, ok := p.one(name)
	if !ok {
		return 0
	}
	d, ok := parseDuration(form, v)
	if !ok {
		p.wrong(name, "not a duration that can be used here", advice)
	}
	return d
}

// span returns the range and step of a question about roll-ups. The range is
// widened to whole minutes, or to whole hours where the step is hours; by default
// it is the last hour.
func (p *params) span() store.SumQuery {
	from, to := p.time("from", p.now.Add(-time.Hour)), p.time("to", p.now)
	step := p.duration("step", stepForm, "use 1m to 59m, 1h to 24h, or 1d to 99d")
	unit := time.Minute
	if step >= time.Hour {
		unit = time.Hour
	}
	return store.SumQuery{From: floor(from, unit), To: ceil(to, unit), Step: step}
}

// floor rounds down to a multiple of d since the Unix epoch.
func floor(t time.Time, d time.Duration) time.Time {
	n := t.UnixNano()
	r := n % int64(d)
	if r < 0 {
		r += int64(d)
	}
	return time.Unix(0, n-r).UTC()
}

func ceil(t time.Time, d time.Duration) time.Time {
	if f := floor(t, d); !f.Equal(t) {
		return f.Add(d)
	}
	return t.UTC()
}

// checkRange says what is wrong with a range, once all parameters could be read; a
// zero end is open.
func checkRange(from, to time.Time) error {
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return newProblem(http.StatusUnprocessableEntity, "empty_range", "from must be before to")
	}
	return nil
}

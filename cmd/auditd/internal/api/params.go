package api

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
	"github.com/dyetrace/dyetrace/internal/nearest"
)

// The bounds of parameters.
const (
	maxValues = 10  // of one parameter that may come again
	maxText   = 256 // characters of a text: the engine keeps no more of a name
)

// params reads the query of a request and collects all that is wrong with it.
type params struct {
	values url.Values
	now    time.Time
	errs   []detailError
}

// params parses a query that may have the known parameters only: a misspelt filter
// that is left out would show more than was asked for.
func (a *API) params(r *http.Request, known ...string) (*params, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, "invalid_query", "the query cannot be read: "+err.Error())
	}
	p := &params{values: values, now: a.config.Now()}
	for name, list := range values {
		if !slices.Contains(known, name) {
			p.errs = append(p.errs, detailError{Parameter: name, Detail: "unknown parameter", Advice: suggest(name, known)})
			continue
		}
		for _, v := range list {
			if !utf8.ValidString(v) || utf8.RuneCountInString(v) > maxText {
				p.wrong(name, "not UTF-8, or longer than "+strconv.Itoa(maxText)+" characters", "")
			}
		}
	}
	return p, nil
}

func (p *params) wrong(name, detail, advice string) {
	p.errs = append(p.errs, detailError{Parameter: name, Detail: detail, Advice: advice})
}

// err returns a problem with all that is wrong.
func (p *params) err() error {
	if len(p.errs) == 0 {
		return nil
	}
	slices.SortStableFunc(p.errs, func(a, b detailError) int { return strings.Compare(a.Parameter, b.Parameter) })
	out := newProblem(http.StatusBadRequest, "invalid_parameter", plural(len(p.errs), "parameter")+" cannot be used")
	out.Errors = p.errs
	return out
}

// one returns a parameter that may come once.
func (p *params) one(name string) (string, bool) {
	list := p.values[name]
	if len(list) > 1 {
		p.wrong(name, "given more than once", "")
	}
	if len(list) == 0 {
		return "", false
	}
	return list[0], true
}

// text returns a pointer to a parameter, nil where it is missing: the empty text
// is a value of its own.
func (p *params) text(name string) *string {
	if v, ok := p.one(name); ok {
		return &v
	}
	return nil
}

// list returns a parameter that may come again.
func (p *params) list(name string) []string {
	list := p.values[name]
	if len(list) > maxValues {
		p.wrong(name, "given more than "+strconv.Itoa(maxValues)+" times", "")
		return nil
	}
	return list
}

// choices returns a parameter that may come again and has known values only.
func choices[T ~string](p *params, name string, known []T) []T {
	texts := make([]string, len(known))
	for i, k := range known {
		texts[i] = string(k)
	}
	var out []T
	for _, v := range p.list(name) {
		if !slices.Contains(texts, v) {
			p.wrong(name, "unknown value "+strconv.Quote(v), suggest(v, texts))
		}
		out = append(out, T(v))
	}
	return out
}

// match returns a parameter of a form; "" where it is missing.
func (p *params) match(name string, form *regexp.Regexp, what string) string {
	v, ok := p.one(name)
	if ok && !form.MatchString(v) {
		p.wrong(name, "not "+what, "")
	}
	return v
}

// number returns a whole number within bounds.
func (p *params) number(name string, missing, least, most int) int {
	v, ok := p.one(name)
	if !ok {
		return missing
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most || v != strconv.Itoa(n) {
		p.wrong(name, "not a number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most), "")
	}
	return n
}

// flag returns a parameter that is true or false.
func (p *params) flag(name string) bool {
	v, ok := p.one(name)
	if ok && v != "true" && v != "false" {
		p.wrong(name, "not true or false", "")
	}
	return v == "true"
}

// cursor returns where a page begins.
func (p *params) cursor(name string) store.Cursor {
	v, _ := p.one(name)
	c, err := store.ParseCursor(v)
	if err != nil {
		p.wrong(name, "not a cursor", "use one that an answer gave as next")
	}
	return c
}

// suggest returns the advice for an unknown word: the nearest known one if it is
// near, else all that are known.
func suggest(word string, known []string) string {
	if len(known) == 0 {
		return "it takes no parameters"
	}
	if best := nearest.Word(word, known); best != "" {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	quoted := make([]string, len(known))
	for i, k := range known {
		quoted[i] = strconv.Quote(k)
	}
	return "known: " + strings.Join(quoted, ", ")
}

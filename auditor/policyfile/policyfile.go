package policyfile

import (
	_ "embed" // the schema
	"reflect"
	"slices"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/auditor/policyfile/internal/spec"
)

//go:embed policy.schema.json
var schema string

// Schema returns the JSON Schema (draft 2020-12) of the policy file. The caller
// owns the bytes.
func Schema() []byte { return []byte(schema) }

// Parse reads a policy. Name is the file's name as messages show it; data is not
// kept. What the file does not declare has the value of auditor.DefaultPolicy; a
// list that is given replaces its default, but "ignore" adds to it unless it has
// the entry "!defaults".
//
// The error is an Errors with all that is wrong, in order of place; the policy
// is then empty. Warnings come with and without an error. Time and memory are
// bounded whatever data holds.
func Parse(name string, data []byte) (auditor.Policy, []Warning, error) {
	log := &problems{file: name}
	r := &reader{problems: log, places: map[string]place{}, left: maxValues}
	policy := auditor.DefaultPolicy()
	if doc := load(log, data); doc != nil {
		r.aliases = doc.aliases
		r.document(doc.root, &policy)
		check(r, &policy)
	}
	warnings, errs := log.result()
	if errs != nil {
		return auditor.Policy{}, warnings, errs
	}
	return policy, warnings, nil
}

// document reads the root mapping into p and applies the rule of "ignore".
func (r *reader) document(root value, p *auditor.Policy) {
	defaults := p.Ignore
	r.object("", root, spec.Field{Type: spec.Object, Fields: spec.Fields()}, reflect.ValueOf(p).Elem())
	if _, given := r.places["ignore"]; given {
		r.ignored = p.Ignore
		p.Ignore = mergeIgnore(defaults, p.Ignore)
	}
}

// mergeIgnore adds the given entries to the defaults, each once, or drops the
// defaults where an entry says so.
func mergeIgnore(defaults, given []string) []string {
	var out []string
	if !slices.Contains(given, spec.DropDefaults) {
		out = slices.Clone(defaults)
	}
	seen := map[string]bool{spec.DropDefaults: true}
	for _, s := range out {
		seen[s] = true
	}
	for _, s := range given {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

package spec

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"reflect"
	"strings"
	"text/template"

	"github.com/dyetrace/dyetrace/auditor"
)

//go:embed policy.md.tmpl
var docsTemplate string

// entry is a field as the template shows it.
type entry struct {
	Field
	Default string // YAML, empty without one
	Parts   []entry
}

// Docs renders docs/policy.md: the hand-written template, then the table.
func Docs() ([]byte, error) {
	t, err := template.New("policy.md").Parse(docsTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, entries(Fields(), reflect.ValueOf(auditor.DefaultPolicy())))
	return out.Bytes(), err
}

func entries(fields []Field, parent reflect.Value) []entry {
	out := make([]entry, len(fields))
	for i, f := range fields {
		def := reflect.Value{}
		if parent.IsValid() && f.Go != "" {
			def = parent.FieldByName(f.Go)
		}
		out[i] = entry{Field: f}
		if v, ok := Default(f, def); ok {
			out[i].Default = flow(v)
		}
		if f.Type != Object {
			def = reflect.Value{}
		}
		out[i].Parts = entries(f.Fields, def)
	}
	return out
}

// Form says what may be written, with the legal values of an enumeration.
func (e entry) Form() string {
	if e.Type == Enum {
		return "`" + strings.Join(e.Enum, "`, `") + "`"
	}
	return e.Type.String()
}

// flow writes a default as YAML in flow style; texts are quoted where plain
// YAML would read something else.
func flow(v any) string {
	switch v := v.(type) {
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = flow(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []any:
		return "[]"
	case string:
		if v == "" || strings.ContainsAny(v, "{}[]*,:#& ") {
			return fmt.Sprintf("%q", v)
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}

package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/dyetrace/dyetrace/auditor"
)

// Patterns of scalars, in the common part of RE2 and ECMA.
const (
	// TimePattern is RFC 3339, the zone left free: a missing one is a warning.
	TimePattern     = `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$`
	durationPattern = `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`
	zeroPattern     = `^[^1-9]*$`
)

// Schema renders the table as JSON Schema, draft 2020-12. It fails only on a
// broken table (an example that is no YAML).
func Schema() ([]byte, error) {
	root, err := objectSchema(Fields(), nil, reflect.ValueOf(auditor.DefaultPolicy()))
	if err != nil {
		return nil, err
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "https://github.com/dyetrace/dyetrace/auditor/policyfile/policy.schema.json"
	root["title"] = "dyetrace policy"
	root["description"] = "The declared rules of gray traffic that dyetrace holds traces against."
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err = enc.Encode(root)
	return out.Bytes(), err
}

// objectSchema describes a mapping; def holds the defaults and is invalid for
// entries of lists, which have none.
func objectSchema(fields []Field, rules map[string]any, def reflect.Value) (map[string]any, error) {
	props := map[string]any{}
	var required []string
	for _, f := range fields {
		s, err := fieldSchema(f, def)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		props[f.Name] = s
		if f.Required {
			required = append(required, f.Name)
		}
	}
	out := map[string]any{
		"type": "object", "properties": props, "additionalProperties": false,
		"patternProperties": map[string]any{"^" + FreePrefix: true},
	}
	if required != nil {
		out["required"] = required
	}
	maps.Copy(out, rules)
	return out, nil
}

func fieldSchema(f Field, parent reflect.Value) (map[string]any, error) {
	def := reflect.Value{}
	if parent.IsValid() && f.Go != "" {
		def = parent.FieldByName(f.Go)
	}
	out, err := typeSchema(f, def)
	if err != nil {
		return nil, err
	}
	out["description"] = plain(f.Doc)
	if v, ok := Default(f, def); ok {
		out["default"] = v
	}
	var examples []any
	for _, text := range f.Examples {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return nil, fmt.Errorf("example %q: %w", text, err)
		}
		examples = append(examples, v)
	}
	out["examples"] = examples
	return out, nil
}

func typeSchema(f Field, def reflect.Value) (map[string]any, error) {
	switch f.Type {
	case Enum:
		return map[string]any{"type": "string", "enum": f.Enum}, nil
	case Duration:
		return map[string]any{"type": "string", "pattern": durationPattern, "not": map[string]any{"pattern": zeroPattern}}, nil
	case Time:
		return map[string]any{"type": "string", "pattern": TimePattern}, nil
	case Integer:
		return integerSchema(f), nil
	case List:
		out := map[string]any{"type": "array", "items": textSchema(f)}
		if f.MinItems > 0 {
			out["minItems"] = f.MinItems
		}
		return out, nil
	case Object:
		return objectSchema(f.Fields, f.Rules, def)
	case Objects:
		items, err := objectSchema(f.Fields, f.Rules, reflect.Value{})
		return map[string]any{"type": "array", "items": items}, err
	default:
		return textSchema(f), nil
	}
}

func integerSchema(f Field) map[string]any {
	out := map[string]any{"type": "integer", "minimum": f.Min, "maximum": MaxNumber}
	if f.Go == "" { // the format's version
		out = map[string]any{"type": "integer", "const": Version}
	}
	return out
}

func textSchema(f Field) map[string]any {
	out := map[string]any{"type": "string", "maxLength": MaxText}
	if !f.Empty {
		out["minLength"] = 1
	}
	if f.Pattern != "" {
		out["pattern"] = f.Pattern
	}
	return out
}

// plain drops the Markdown marks of a doc: editors show descriptions as they are.
func plain(doc string) string {
	return strings.NewReplacer("`", "", "**", "").Replace(doc)
}

// Default gives a field's default as JSON knows it; def is its value in
// auditor.DefaultPolicy, invalid for fields of list entries. ok is false where
// there is no default.
func Default(f Field, def reflect.Value) (v any, ok bool) {
	if f.Fill != "" {
		return f.Fill, true
	}
	if !def.IsValid() {
		return nil, false
	}
	switch f.Type {
	case Enum:
		return f.Enum[def.Uint()], true
	case Duration:
		return duration(time.Duration(def.Int())), true
	case Text:
		return def.String(), true
	case List:
		return append([]string{}, def.Interface().([]string)...), true
	case Objects:
		return []any{}, true
	default:
		return nil, false
	}
}

// duration prints as people write: 5m, not 5m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

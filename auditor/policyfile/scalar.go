package policyfile

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/dyetrace/dyetrace/auditor/policyfile/internal/spec"
)

// scalar reads one value that is no list and no mapping.
func (r *reader) scalar(path string, v value, f spec.Field, dst reflect.Value) bool {
	if f.Type == spec.Integer {
		return r.integer(path, v, f, dst)
	}
	s, ok := stringOf(v.node)
	if !ok {
		r.wrongType(path, v, f)
		return false
	}
	switch f.Type {
	case spec.Enum:
		return r.enum(path, v, s, f, dst)
	case spec.Duration:
		return r.duration(path, v, s, dst)
	case spec.Time:
		return r.time(path, v, s, dst)
	default:
		return r.text(path, v, s, f, dst)
	}
}

// text checks what all texts share. Patterns are for the schema: the checks say
// better what is wrong.
func (r *reader) text(path string, v value, s string, f spec.Field, dst reflect.Value) bool {
	switch {
	case s == "" && !f.Empty:
		r.fail(v.at, path, "the text is empty", "name something, or remove it")
		return false
	case len(s) > spec.MaxText:
		r.fail(v.at, path, fmt.Sprintf("the text has %d bytes, more than %d", len(s), spec.MaxText), "shorten it")
		return false
	}
	dst.SetString(s)
	return true
}

func (r *reader) enum(path string, v value, s string, f spec.Field, dst reflect.Value) bool {
	i := slices.Index(f.Enum, s)
	if i < 0 {
		r.fail(v.at, path, "unknown value "+quote(s), "legal: "+join(f.Enum))
		return false
	}
	if dst.Kind() == reflect.String {
		dst.SetString(s)
	} else {
		dst.SetUint(uint64(i))
	}
	return true
}

func (r *reader) duration(path string, v value, s string, dst reflect.Value) bool {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		r.fail(v.at, path, quote(s)+" is no duration", "write a number and a unit, like 30s, 5m or 1h30m")
		return false
	case d <= 0:
		r.fail(v.at, path, "a window of "+quote(s)+" is never open", "write a duration greater than zero, like 30s")
		return false
	}
	dst.SetInt(int64(d))
	return true
}

// time reads RFC 3339. A time without zone is UTC: people forget the Z.
func (r *reader) time(path string, v value, s string, dst reflect.Value) bool {
	const advice = "write RFC 3339, like 2026-11-21T12:00:00Z"
	if !regexp.MustCompile(spec.TimePattern).MatchString(s) { // package time takes more, like T0:00:00
		r.fail(v.at, path, quote(s)+" is no time", advice)
		return false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.Parse("2006-01-02T15:04:05", s); err == nil {
			r.warn(v.at, path, "a time without zone is read as UTC", "add the zone: "+t.Format(time.RFC3339))
		}
	}
	switch {
	case err != nil:
		r.fail(v.at, path, quote(s)+" is no time", advice)
		return false
	case t.IsZero():
		r.fail(v.at, path, quote(s)+" is what stands for no time", "remove the field")
		return false
	}
	dst.Set(reflect.ValueOf(t.UTC()))
	return true
}

// integer reads plain digits: the one way to write whole numbers that all YAML
// readers read alike.
func (r *reader) integer(path string, v value, f spec.Field, dst reflect.Value) bool {
	n, ok := v.node.(*ast.IntegerNode)
	if !ok {
		r.wrongType(path, v, f)
		return false
	}
	i, err := strconv.Atoi(n.Token.Value)
	switch {
	case f.Go == "" && (err != nil || i != spec.Version):
		r.fail(v.at, path, "this release does not know version "+quote(n.Token.Value), fmt.Sprintf("write version: %d", spec.Version))
		return false
	case err != nil || n.Token.Value != strconv.Itoa(i) || i < f.Min || i > spec.MaxNumber:
		r.fail(v.at, path, quote(n.Token.Value)+" is out of range", fmt.Sprintf("write a whole number from %d to %d, in plain digits", f.Min, spec.MaxNumber))
		return false
	}
	dst.SetInt(int64(i))
	return true
}

// wrongType tells what stands there instead of what.
func (r *reader) wrongType(path string, v value, f spec.Field) {
	found, advice := describe(v.node), ""
	raw := strings.TrimSpace(text(v.node))
	switch _, isScalar := v.node.(ast.ScalarNode); {
	case v.node.Type() == ast.NullType:
		advice = "give it a value, or remove it"
	case f.Type == spec.Text && isScalar:
		advice = "put it in quotes: " + quote(raw)
	case f.Type == spec.Duration && v.node.Type() == ast.IntegerType:
		advice = "add the unit: " + raw + "s"
	case f.Type == spec.List && isScalar:
		advice = "put it in brackets: [" + strings.Trim(quote(raw), `"`) + "]"
	case f.Type == spec.Enum:
		advice = "legal: " + join(f.Enum)
	case f.Type == spec.Integer && f.Go == "":
		advice = fmt.Sprintf("write version: %d", spec.Version)
	case len(f.Examples) == 0 && f.Type == spec.Object:
		advice = "write name: value pairs"
	case len(f.Examples) == 0:
		advice = "write one text for each entry"
	case len(f.Examples) > 0:
		advice = "write it like " + f.Examples[0]
	}
	r.fail(v.at, path, "needs "+f.Type.String()+", not "+found, advice)
}

// describe names what a node is.
func describe(n ast.Node) string {
	switch n.Type() {
	case ast.NullType:
		return "an empty value"
	case ast.MappingType, ast.MappingValueType:
		return "a mapping"
	case ast.SequenceType:
		return "a list"
	case ast.StringType, ast.LiteralType:
		return "a text"
	case ast.BoolType:
		return "true or false"
	case ast.IntegerType, ast.FloatType, ast.InfinityType, ast.NanType:
		return "a number"
	default:
		return "something else"
	}
}

// stringOf gives the text of a node, quoted, plain or in a block.
func stringOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	default:
		return "", false
	}
}

// text gives what a key or an anchor's name says, whatever its type.
func text(n ast.Node) string {
	if s, ok := stringOf(n); ok {
		return s
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Value
	}
	return ""
}

// position is where a node starts. A block mapping starts at its first key; the
// library says the colon.
func position(n ast.Node) place {
	at := place{line: 1, column: 1}
	var tk *token.Token
	switch m := n.(type) {
	case *ast.MappingNode:
		tk = m.Start
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return position(m.Values[0])
		}
	case *ast.MappingValueNode:
		return position(m.Key)
	default:
		tk = n.GetToken()
	}
	if tk != nil && tk.Position != nil {
		at.line, at.column = max(tk.Position.Line, 1), max(tk.Position.Column, 1)
	}
	return at
}

// join lists words for a message.
func join(words []string) string { return strings.Join(words, ", ") }

package policyfile

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/dyetrace/dyetrace/auditor/policyfile/internal/spec"
)

// maxValues bounds the values read, aliases included: without it a list of
// aliases to long lists would multiply.
const maxValues = 100_000

// reader fills Go values from YAML by the table of fields.
type reader struct {
	*problems
	aliases map[*ast.AliasNode]ast.Node
	// places has every field that is given, by path, also the bad ones.
	places map[string]place
	left   int // values that may still be read
	// ignored is the file's own entries of "ignore", without the defaults.
	ignored []string
}

// value is a node and its place: for an empty value that of its key, for an
// alias that of the alias.
type value struct {
	node ast.Node
	at   place
}

// read fills dst from v as the field says, and reports whether all of it is usable.
func (r *reader) read(path string, v value, f spec.Field, dst reflect.Value) bool {
	if r.left--; r.left <= 0 {
		if r.left == 0 {
			r.fail(v.at, path, fmt.Sprintf("more than %d values", maxValues), "a policy is small: make it so, and use fewer aliases")
		}
		return false
	}
	v, ok := r.resolve(path, v)
	if ok {
		ok = r.typed(path, v, f, dst)
	}
	v.at.bad = !ok
	r.places[path] = v.at
	return ok
}

func (r *reader) typed(path string, v value, f spec.Field, dst reflect.Value) bool {
	switch f.Type {
	case spec.Object:
		return r.object(path, v, f, dst)
	case spec.List:
		entry := f
		entry.Type, entry.Examples = spec.Text, nil
		return r.list(path, v, f, entry, dst)
	case spec.Objects:
		entry := f
		entry.Type, entry.Examples = spec.Object, nil
		return r.list(path, v, f, entry, dst)
	default:
		return r.scalar(path, v, f, dst)
	}
}

// resolve follows anchors and aliases to the value itself.
func (r *reader) resolve(path string, v value) (value, bool) {
	const hops = 16 // &a *b and so on: nobody writes that, but it must end
	for range hops {
		switch n := v.node.(type) {
		case *ast.AnchorNode:
			v.node = n.Value
		case *ast.AliasNode:
			target, ok := r.aliases[n]
			if !ok {
				r.fail(v.at, path, "an alias without anchor", "define the anchor before it is used")
				return v, false
			}
			v.node = target
		case *ast.TagNode:
			r.fail(v.at, path, "YAML tags are not supported", "remove the tag, and put texts in quotes")
			return v, false
		case nil:
			v.node = ast.Null(nil)
			return v, true
		default:
			return v, true
		}
	}
	r.fail(v.at, path, "aliases go round in a circle", "write the value out")
	return v, false
}

// list reads a sequence; every entry gets its index, also where it is bad.
func (r *reader) list(path string, v value, f, entry spec.Field, dst reflect.Value) bool {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		r.wrongType(path, v, f)
		return false
	}
	if len(seq.Values) < f.MinItems {
		r.fail(v.at, path, "the list is empty", "name at least one, or remove the field for the default")
		return false
	}
	out := reflect.Zero(dst.Type()) // an empty list is nil, like the default
	for i, n := range seq.Values {
		if r.left <= 0 {
			break
		}
		item := reflect.New(dst.Type().Elem()).Elem()
		at := v.at
		if n != nil && n.Type() != ast.NullType {
			at = position(n)
		}
		ok = r.read(fmt.Sprintf("%s[%d]", path, i), value{n, at}, entry, item) && ok
		out = reflect.Append(out, item)
	}
	dst.Set(out)
	return ok
}

// object reads a mapping into a struct, and fills what is not given.
func (r *reader) object(path string, v value, f spec.Field, dst reflect.Value) bool {
	pairs, ok := v.node.(ast.MapNode)
	if !ok {
		r.wrongType(path, v, f)
		return false
	}
	seen := map[string]place{}
	for it := pairs.MapRange(); it.Next(); {
		key, at := text(it.Key()), position(it.Key())
		sub := under(path, key)
		if before, twice := seen[key]; twice {
			r.fail(at, sub, fmt.Sprintf("duplicate key, first in line %d", before.line), "keep one of them")
			ok = false
			continue
		}
		seen[key] = at
		ok = r.member(sub, key, value{it.Value(), at}, f.Fields, dst) && ok
	}
	return r.complete(path, v, f.Fields, seen, dst) && ok
}

// member reads the value of one key of a mapping; v.at is the place of the key.
func (r *reader) member(path, key string, v value, fields []spec.Field, dst reflect.Value) bool {
	if strings.HasPrefix(key, spec.FreePrefix) {
		return true
	}
	for _, f := range fields {
		if f.Name != key {
			continue
		}
		if v.node != nil && v.node.Type() != ast.NullType {
			v.at = position(v.node)
		}
		target := reflect.New(reflect.TypeFor[int]()).Elem() // the version: nobody needs it
		if f.Go != "" {
			target = dst.FieldByName(f.Go)
		}
		return r.read(path, v, f, target)
	}
	if key == "<<" {
		r.fail(v.at, path, "merge keys are not supported", "write the fields out, or use an alias for a list")
		return false
	}
	r.fail(v.at, path, "unknown field", suggest(key, spec.Names(fields)))
	return false
}

// complete asks for required fields and fills the others.
func (r *reader) complete(path string, v value, fields []spec.Field, seen map[string]place, dst reflect.Value) bool {
	ok := true
	for _, f := range fields {
		if _, given := seen[f.Name]; given {
			continue
		}
		switch {
		case f.Required:
			r.fail(v.at, under(path, f.Name), "missing", "write "+f.Name+": "+f.Examples[0])
			ok = false
		case f.Fill != "":
			dst.FieldByName(f.Go).SetString(f.Fill)
		}
	}
	return ok
}

// under gives the path of a key in a mapping; long keys are cut.
func under(path, key string) string {
	const most = 64
	if r := []rune(key); len(r) > most {
		key = string(r[:most]) + "…"
	}
	if strings.IndexFunc(key, func(c rune) bool { return c <= ' ' || c > '~' || c == '.' || c == ':' }) >= 0 {
		key = fmt.Sprintf("%q", key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

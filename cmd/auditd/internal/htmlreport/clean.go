package htmlreport

import (
	"reflect"

	text "github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
)

// clean is render.Clean, which is not called for what is plain already. A page
// obeys no control characters, but bidirectional ones turn its text around, and
// what is copied out of it goes to terminals.
func clean(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return text.Clean(s)
		}
	}
	return s
}

// cleaned returns the input with its texts clean, and leaves the caller's alone.
// Excerpts are not copied: there may be far more than a page shows, and the few
// are cleaned where they are chosen.
func cleaned(in Input) Input {
	excerpts := in.Excerpts
	in.Excerpts = nil
	cleanValue(reflect.ValueOf(&in).Elem())
	in.Excerpts = excerpts
	return in
}

// cleanValue cleans all strings in an addressable value; slices and maps in it
// are replaced by clean copies.
func cleanValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(clean(v.String()))
	case reflect.Struct:
		for _, f := range v.Fields() {
			if f.CanSet() { // not inside of time.Time
				cleanValue(f)
			}
		}
	case reflect.Slice:
		all := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(all, v)
		for i := range all.Len() {
			cleanValue(all.Index(i))
		}
		v.Set(all)
	case reflect.Map:
		cleanCounts(v)
	}
}

// cleanCounts cleans the keys of a map of counts: those that become the same are
// counted together.
func cleanCounts(v reflect.Value) {
	all := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		key, n := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString(clean(it.Key().String()))
		n.SetUint(it.Value().Uint())
		if have := all.MapIndex(key); have.IsValid() {
			n.SetUint(n.Uint() + have.Uint())
		}
		all.SetMapIndex(key, n)
	}
	v.Set(all)
}

// Package spec holds the one table of the policy file's fields. The parser
// (package policyfile), the JSON Schema and docs/policy.md are all made from it,
// so none of them can know a field that the others do not.
package spec

// Type is the form of a value in the file.
type Type uint8

// The forms.
const (
	Text     Type = iota // a string
	Enum                 // one of Field.Enum
	Duration             // a Go duration, greater than zero
	Time                 // RFC 3339
	Integer              // Field.Min or more
	List                 // a list of strings
	Object               // a mapping of Field.Fields
	Objects              // a list of such mappings
)

// String names the form as docs and error messages do.
func (t Type) String() string {
	return [...]string{
		"text", "one of a set", "a duration", "a time", "a whole number",
		"a list of texts", "a mapping", "a list of mappings",
	}[t]
}

// Limits of what a value may be; package policyfile enforces them and the
// schema says them.
const (
	// Version is the only version of the format.
	Version = 1
	// MaxNumber bounds whole numbers, so that they fit every int.
	MaxNumber = 1<<31 - 1
	// MaxText bounds one text, in bytes: names, tags and routes are shorter.
	MaxText = 256
	// FreePrefix starts the keys that users may add anywhere.
	FreePrefix = "x-"
	// DropDefaults is the entry of an Adds list that drops the defaults.
	DropDefaults = "!defaults"
)

// Field is one row of the table.
type Field struct {
	Name string // key in the file
	// Go is the field's name in the auditor struct that holds it; empty for
	// fields that only the file has.
	Go   string
	Type Type
	Doc  string // plain sentences, Markdown
	// Enum are the legal values; for an enumeration that is a number in Go, the
	// index is the number.
	Enum []string
	// Pattern is what Text, or every entry of List, has to match (RE2 and ECMA).
	Pattern string
	// Fill is the value of an entry's field that is not given. Fields of the
	// policy itself have their default from auditor.DefaultPolicy.
	Fill string
	// Examples are YAML values in flow style; the first is shown in the docs.
	Examples []string
	Min      int  // least Integer
	MinItems int  // least length of a List
	Empty    bool // "" is a legal Text or entry
	Required bool
	// Adds: given entries are added to the defaults, unless one is DropDefaults.
	Adds   bool
	Fields []Field        // of Object and Objects
	Rules  map[string]any // further schema keywords of the mapping
}

// Names returns the keys of the fields in order.
func Names(fields []Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

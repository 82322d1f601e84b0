package auditor

import "strings"

// names interns strings as small numbers; 0 is the empty string and, past the
// limit, every further string: bounded whatever arrives.
type names struct {
	ids   map[string]uint16
	texts []string
	full  bool // the limit was reached
	limit int
	// recent are ids by a cheap hash: names come again and again.
	recent [256]uint16
}

// maxText bounds one interned string; longer ones are cut (span names that hold
// a whole query).
const maxText = 256

func newNames(limit int) names {
	return names{ids: map[string]uint16{}, texts: []string{""}, limit: min(limit, 1<<16-1)}
}

func (n *names) id(s string) uint16 {
	if s == "" {
		return 0
	}
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
		if s == "" {
			return 0
		}
	}
	if id := n.newest(s); id != 0 {
		return id
	}
	if id, ok := n.ids[s]; ok {
		n.recent[cheapHash(s)] = id
		return id
	}
	if len(n.texts) >= n.limit {
		n.full = true
		return 0
	}
	s = strings.Clone(s)
	id := uint16(len(n.texts))
	n.texts = append(n.texts, s)
	n.ids[s] = id
	return id
}

// newest returns the id of a text, if it was the last one of its cheap hash to be
// asked for, else 0.
func (n *names) newest(s string) uint16 {
	if s == "" {
		return 0
	}
	id := n.recent[cheapHash(s)]
	if n.texts[id] != s {
		return 0
	}
	return id
}

// cheapHash is of a text that is not empty.
func cheapHash(s string) uint8 { return uint8(len(s)) ^ s[len(s)-1] ^ s[uint(len(s))/2]<<3 }

func (n *names) text(id uint16) string { return n.texts[id] }

// tagID is an interned env. envBase stands for every baseline value.
type tagID uint16

const envBase tagID = 0

// otherText is shown for tags past the limit: they are tags, but which is not kept.
const otherText = "other"

// tags interns envs: the values of tags and homes.
type tags struct {
	names
	baseline map[string]bool
}

// other is the env of all tags past the limit.
func (t *tags) other() tagID { return tagID(t.limit) }

// env returns the env of a value: envBase for a baseline value.
func (t *tags) env(v string) tagID {
	if id := t.newest(v); id != 0 {
		return tagID(id) // no baseline value has an id
	}
	if t.baseline[v] {
		return envBase
	}
	if len(v) > maxText {
		t.full = true
		return t.other()
	}
	id := t.id(v)
	if id == 0 && v != "" {
		return t.other()
	}
	if id == 0 { // an empty value that is no baseline by policy is no tag either
		return envBase
	}
	return tagID(id)
}

func (t *tags) show(id tagID) string {
	if id == t.other() && id != envBase {
		return otherText
	}
	return t.text(uint16(id))
}

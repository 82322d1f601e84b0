package envtag

import (
	"errors"
	"fmt"
)

// MaxLength is the greatest length of a tag in bytes. 63 is what a Kubernetes
// label value and a DNS label hold; every other carrier of the tag holds more.
const MaxLength = 63

// ErrInvalid is wrapped by every error of [Validate].
var ErrInvalid = errors.New("invalid env tag")

// Validate says whether tag can be carried everywhere a tag has to go: as
// baggage value and trace state value without escaping, inside quotes in an
// SQL92 expression, as suffix of a RocketMQ group or topic, as Kubernetes
// label value. That leaves letters, digits, '-' and '_' of ASCII, 1 to
// [MaxLength] of them, the first and the last a letter or digit. The empty tag
// is no tag and is refused. Only an error allocates.
func Validate(tag string) error {
	switch {
	case tag == "":
		return fmt.Errorf("%w: it is empty; strip the tag instead", ErrInvalid)
	case len(tag) > MaxLength:
		return fmt.Errorf("%w: %d bytes long; use at most %d", ErrInvalid, len(tag), MaxLength)
	}
	for i := range len(tag) {
		c := tag[i]
		if alphanumeric(c) {
			continue
		}
		if c != '-' && c != '_' {
			return fmt.Errorf("%w: %q holds %q; use ASCII letters, digits, '-' and '_'", ErrInvalid, tag, c)
		}
		if i == 0 || i == len(tag)-1 {
			return fmt.Errorf("%w: %q must begin and end with a letter or digit", ErrInvalid, tag)
		}
	}
	return nil
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// IsBaseline says whether value, a tag or a home, names the baseline: it is
// empty, "base" or "baseline" (the auditor's default for `baseline` in its
// policy).
func IsBaseline(value string) bool {
	return value == "" || value == "base" || value == "baseline"
}

// Same says whether two values, tags or homes, name the same environment. All
// baseline names are one environment.
func Same(a, b string) bool {
	return a == b || IsBaseline(a) && IsBaseline(b)
}

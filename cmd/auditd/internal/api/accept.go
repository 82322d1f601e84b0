package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// accepts returns a problem unless the client takes one of the media types.
func accepts(r *http.Request, types ...string) error {
	if _, ok := preferred(r, types...); !ok {
		return newProblem(http.StatusNotAcceptable, "not_acceptable", "this is only to be had as "+strings.Join(types, " or "))
	}
	return nil
}

// preferred returns the media type that the client likes best, the first one where
// it does not care (RFC 9110, section 12.5.1).
func preferred(r *http.Request, types ...string) (string, bool) {
	header := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(header) == "" {
		return types[0], true
	}
	best, most := "", 0.0
	for _, t := range types {
		if q := quality(header, t); q > most {
			best, most = t, q
		}
	}
	return best, most > 0
}

// quality is how much an Accept header likes a media type: the most specific range
// decides.
func quality(header, want string) float64 {
	kind, _, _ := strings.Cut(want, "/")
	q, specific := 0.0, 0
	for part := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		rank := 0
		switch name {
		case want:
			rank = 3
		case kind + "/*":
			rank = 2
		case "*/*":
			rank = 1
		}
		if rank <= specific {
			continue
		}
		specific, q = rank, 1
		if text, ok := params["q"]; ok {
			if v, err := strconv.ParseFloat(text, 64); err == nil {
				q = v
			}
		}
	}
	return q
}

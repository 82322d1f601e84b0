package render

// paint dresses text with the 16 colours that every terminal knows, or not.
type paint bool

func (p paint) dress(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p paint) bold(s string) string   { return p.dress("1", s) }
func (p paint) dim(s string) string    { return p.dress("2", s) }
func (p paint) red(s string) string    { return p.dress("1;31", s) }
func (p paint) green(s string) string  { return p.dress("1;32", s) }
func (p paint) yellow(s string) string { return p.dress("33", s) }
func (p paint) cyan(s string) string   { return p.dress("36", s) }

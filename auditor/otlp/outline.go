package otlp

import "encoding/binary"

const (
	// maxPlaces is how many attributes a span may have whose outline is remembered.
	maxPlaces = 32
	// maxChecks is how many of its names may have to be read, of each sort.
	maxChecks = 14
	// maxStrangers is how many of them the table may not know: captured headers, and
	// what shares the cell of a known name.
	maxStrangers = 4
	// outlineBits is the logarithm of how many outlines are remembered.
	outlineBits = 6
)

// outline remembers what was found on a span, as that depends on its sort and on the
// names of its attributes only, which most spans share with many others. To compare
// them takes fewer branches than to look them up, and none that is hard to foresee.
type outline struct {
	lengths [maxPlaces / 8]uint64 // of all names, modulo 256
	shape   uint64                // how many names, and the span's sort
	state   outlineState
	known   uint8 // of names
	unknown uint8 // of cells
	strange uint8 // of strangers
	names   [maxChecks]nameCheck
	cells   [maxChecks]cellCheck
	// strangers stand for entries of names. They have no key: it would be borrowed.
	strangers [maxStrangers]entry
	found     findings
	wanted    [2 * maxChecks]uint8 // the places of names, then of cells
}

type outlineState uint8

const (
	outlineNew outlineState = iota
	outlineLearned
	outlineRefused // what its names mean cannot be remembered
)

// nameCheck is a name that may mean something.
type nameCheck struct {
	entry *entry
	place uint8
}

// cellCheck is a name that means nothing though others of its length do: those with
// the same two bytes mean nothing either. Of other lengths no name is read.
type cellCheck struct{ place, last, middle uint8 }

// shapeOf is what an outline is of besides the lengths of names.
func shapeOf(attributes int, of sort) uint64 { return uint64(attributes)<<8 | uint64(of) }

// outline returns the outline of a shape for attributes, new if there is none. Of
// their names it reads the lengths, all of them: to decide here what to do with each
// would mispredict several times a span, as sorts differ at every place.
func (d *Decoder) outline(attrs []keyValue, shape uint64) *outline {
	const odd = 0x9E3779B97F4A7C15
	var l [maxPlaces]uint8
	for i := range attrs {
		l[i%maxPlaces] = uint8(len(attrs[i].name))
	}
	a, b := binary.LittleEndian.Uint64(l[:]), binary.LittleEndian.Uint64(l[8:])
	e, f := binary.LittleEndian.Uint64(l[16:]), binary.LittleEndian.Uint64(l[24:])
	o := &d.outlines[((a*odd^b)*odd^e^f^shape)*odd>>(64-outlineBits)]
	if (o.lengths[0]^a)|(o.lengths[1]^b)|(o.lengths[2]^e)|(o.lengths[3]^f)|(o.shape^shape) != 0 {
		o.lengths, o.shape, o.state = [...]uint64{a, b, e, f}, shape, outlineNew
		d.renewed++
	}
	return o
}

// matches compares the names, of which the lengths modulo 256 are known to be equal.
func (o *outline) matches(attrs []keyValue) bool {
	for i := range min(o.unknown, maxChecks) {
		c := &o.cells[i]
		if k := attrs[c.place].name; k == "" || k[len(k)-1] != c.last || k[len(k)/2] != c.middle {
			return false
		}
	}
	for i := range min(o.known, maxChecks) {
		e, k := o.names[i].entry, attrs[o.names[i].place].name
		last := len(k) - 8
		if len(k) == int(e.length) && last >= 0 && last <= 16 &&
			(word(k, 0)^e.words[0])|(word(k, last/2)^e.words[1])|(word(k, last)^e.words[2]) == 0 {
			continue
		}
		if k != e.key {
			return false
		}
	}
	return true
}

// learn finds what means something on the span at hand and remembers it. It reports
// false where that cannot be done.
func (d *Decoder) learn(o *outline, of sort) bool {
	f := &d.filters[of]
	ok := d.learnBy(o, &f.first)
	if ok && f.more && d.seen&onMessaging != 0 {
		ok = d.learnBy(o, &f.all)
	}
	o.found.seen, o.state = d.seen, outlineRefused
	if ok {
		o.state = outlineLearned
	}
	return ok
}

// learnBy is one pass of learn: what f turns down means nothing.
func (d *Decoder) learnBy(o *outline, f *filter) bool {
	o.known, o.unknown, o.strange = 0, 0, 0
	d.forget(&o.found)
	for i, g := range d.attrs {
		if !f.hasLength(len(g.name)) {
			continue
		}
		if o.known == maxChecks || o.unknown == maxChecks {
			return false
		}
		place, c := uint8(i), cellOf(g.name)
		if !f.has(c) {
			if g.name == "" {
				return false
			}
			o.cells[o.unknown] = cellCheck{place, g.name[len(g.name)-1], g.name[len(g.name)/2]}
			o.unknown++
			continue
		}
		e := d.table.find(c, g.name)
		d.attribute(e, g.name, place, value{})
		if e == nil {
			e = o.stranger(g.name)
		}
		if e == nil {
			return false
		}
		o.names[o.known] = nameCheck{e, place}
		o.known++
	}
	for i, n := range o.names[:o.known] {
		o.wanted[i] = n.place
	}
	for i, c := range o.cells[:o.unknown] {
		o.wanted[int(o.known)+i] = c.place
	}
	return true
}

// stranger returns an entry for a name that the table does not have; nil if there
// can be none.
func (o *outline) stranger(k string) *entry {
	w, n := wordsOf(k)
	if n == 0 || o.strange == maxStrangers {
		return nil
	}
	e := &o.strangers[o.strange]
	*e = entry{words: w, length: n}
	o.strange++
	return e
}

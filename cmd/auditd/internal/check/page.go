package check

import (
	"bufio"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dyetrace/dyetrace/auditor"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/htmlreport"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/render"
)

// page is the HTML report's file. It is made beside its place and moved there
// when it is whole, so that a reader never sees half a page.
type page struct {
	given string // the path as the user wrote it, for messages
	path  string // the same behind its links
	file  *os.File
	// direct: the path is no regular file (a pipe, a device) and is written to.
	direct bool
}

// newPage opens the file early: a path that cannot be written is told before
// the work. A nil page is no page.
func newPage(path string) (*page, error) {
	if path == "" {
		return nil, nil
	}
	p := &page{given: path, path: path}
	info, err := os.Stat(path)
	if p.direct = err == nil && !info.Mode().IsRegular(); p.direct {
		p.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	} else {
		p.path = linked(path)
		p.file, err = besides(p.path)
	}
	if err != nil {
		return nil, pageError(path, err)
	}
	return p, nil
}

// besides makes a new file in path's folder, with the mode that any new file
// gets there (os.CreateTemp would make it private).
func besides(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for i := 0; ; i++ {
		name := dir + "." + base + "." + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(i) + ".tmp"
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !os.IsExist(err) || i == 100 {
			return f, err
		}
	}
}

// Bounds of the excerpts: the page cuts further by itself.
const (
	maxExcerptTraces = 2000
	maxExcerptSpans  = 400
)

func (p *page) write(a *audit, in render.Input) error {
	if p == nil {
		return nil
	}
	w := bufio.NewWriter(p.file)
	err := htmlreport.Write(w, htmlreport.Input{
		Report: in.Report, Topology: a.engine.Topology(), Inputs: in.Inputs,
		Excerpts: a.engine.Excerpts(wanted(in.Report.Findings), maxExcerptSpans),
	})
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = p.commit()
	}
	if err != nil {
		return pageError(p.given, err)
	}
	return nil
}

func (p *page) commit() error {
	f := p.file
	p.file = nil
	if err := f.Close(); err != nil || p.direct {
		return err
	}
	if err := os.Rename(f.Name(), p.path); err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return nil
}

// discard removes what was not committed.
func (p *page) discard() {
	if p == nil || p.file == nil {
		return
	}
	_ = p.file.Close()
	if !p.direct {
		_ = os.Remove(p.file.Name())
	}
}

// wanted lists the traces of the findings, the worst first, both sides.
func wanted(all []auditor.Finding) map[auditor.TraceID]bool {
	out := map[auditor.TraceID]bool{}
	for _, f := range all {
		for _, id := range []string{f.TraceID, f.Peer.TraceID} {
			var t auditor.TraceID
			if n, err := hex.Decode(t[:], []byte(id)); err == nil && n == len(t) && len(out) < maxExcerptTraces {
				out[t] = true
			}
		}
	}
	return out
}

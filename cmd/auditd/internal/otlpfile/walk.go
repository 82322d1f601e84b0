package otlpfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Source is one input of an audit.
type Source struct {
	// Name is the path as given, or found under a folder; "-" is standard input.
	Name string
	// Size is the number of bytes in the file, before unpacking; -1 unknown.
	Size int64
	// Walked: it was found in a folder, not named by the user.
	Walked bool
	stdin  io.Reader
}

// Open opens the source; closing it does not close standard input. Reads of
// what may block for long (pipes, terminals) end with the context.
func (s Source) Open(ctx context.Context) (io.ReadCloser, error) {
	if s.stdin != nil {
		return interruptible(ctx, s.stdin), nil
	}
	f, err := os.Open(s.Name)
	if err != nil {
		return nil, unreadable(s.Name, err)
	}
	if s.Size < 0 {
		p := interruptible(ctx, f)
		return struct {
			io.Reader
			io.Closer
		}{p, closers{p, f}}, nil
	}
	return f, nil
}

// Stat describes the file behind the source, as far as there is one.
func (s Source) Stat() (fs.FileInfo, error) {
	if s.stdin == nil {
		return os.Stat(s.Name)
	}
	if f, ok := s.stdin.(*os.File); ok {
		return f.Stat()
	}
	return nil, fs.ErrInvalid
}

type closers []io.Closer

func (c closers) Close() (err error) {
	for _, x := range c {
		err = errors.Join(err, x.Close())
	}
	return err
}

// ErrStdinTwice is the error where "-" was given more than once.
var ErrStdinTwice = errors.New(`"-" was given twice: standard input can be read only once`)

// Expand turns the paths of a command line into sources: folders are walked in
// lexical order, through links, without hidden files and without what does not look like OTLP
// by its extension (each such file is told to note). Paths that cannot be read
// become *InputErrors; the sources are valid all the same.
func Expand(paths []string, stdin io.Reader, note func(string)) (sources []Source, bad []error, err error) {
	seenStdin := false
	for _, p := range paths {
		if p == "-" {
			if seenStdin {
				return nil, nil, ErrStdinTwice
			}
			seenStdin = true
			sources = append(sources, Source{Name: "-", Size: -1, stdin: stdin})
			continue
		}
		found, errs := expandOne(p, note)
		sources, bad = append(sources, found...), append(bad, errs...)
	}
	return sources, bad, nil
}

func expandOne(path string, note func(string)) ([]Source, []error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, []error{unreadable(path, err)}
	}
	if !info.IsDir() {
		return []Source{{Name: path, Size: sizeOf(info)}}, nil
	}
	w := &walker{note: note}
	w.walk(folder{path, info})
	if len(w.found) == 0 && len(w.bad) == 0 {
		w.bad = append(w.bad, &InputError{
			File: path, Byte: -1, Reason: "no OTLP file in this folder",
			Advice: "files end in " + strings.Join(Endings(), ", ") + ", each also with .gz; name a file to read it whatever its ending",
		})
	}
	return w.found, w.bad
}

func sizeOf(info fs.FileInfo) int64 {
	if info.Mode().IsRegular() {
		return info.Size()
	}
	return -1
}

// walker collects the files of a folder and of what is under it. Links to
// folders are followed; each folder is read once, so a loop of links ends.
type walker struct {
	note  func(string)
	found []Source
	bad   []error
	been  []folder
}

type folder struct {
	path string
	info fs.FileInfo
}

func (w *walker) walk(at folder) {
	for _, f := range w.been {
		if os.SameFile(f.info, at.info) {
			w.note(fmt.Sprintf("%s: skipped: this folder was read already, as %s", at.path, f.path))
			return
		}
	}
	w.been = append(w.been, at)
	entries, err := os.ReadDir(at.path)
	if err != nil {
		w.bad = append(w.bad, unreadable(at.path, err))
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			w.entry(filepath.Join(at.path, e.Name()))
		}
	}
}

func (w *walker) entry(path string) {
	info, err := os.Stat(path) // follows links
	switch {
	case err == nil && info.IsDir():
		w.walk(folder{path, info})
	case !hasExtension(path):
		w.note(fmt.Sprintf("%s: skipped: no file of OTLP by its ending", path))
	case err != nil:
		w.bad = append(w.bad, unreadable(path, err))
	case info.Mode().IsRegular():
		w.found = append(w.found, Source{Name: path, Size: info.Size(), Walked: true})
	}
}

// Endings are those of the files that are read out of a folder, each also
// with .gz.
func Endings() []string {
	return []string{".json", ".jsonl", ".ndjson", ".otlp", ".pb", ".binpb", ".proto", ".bin"}
}

func hasExtension(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	for _, e := range Endings() {
		if strings.HasSuffix(name, e) {
			return true
		}
	}
	return false
}

func unreadable(path string, err error) *InputError {
	e := &InputError{File: path, Byte: -1, Reason: "cannot read: " + err.Error(), Err: err}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		e.Reason = "cannot " + pe.Op + ": " + pe.Err.Error()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Reason, e.Advice = "no such file or folder", "look at the path's spelling"
	case errors.Is(err, fs.ErrPermission):
		e.Advice = "look at the file's permissions"
	}
	return e
}

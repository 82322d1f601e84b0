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
// lexical order, without hidden files and without what does not look like OTLP
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
	found, bad := walk(path, note)
	if len(found) == 0 && len(bad) == 0 {
		bad = append(bad, &InputError{
			File: path, Byte: -1, Reason: "no OTLP file in this folder",
			Advice: "files end in " + strings.Join(extensions(), ", ") + ", each also with .gz; name a file to read it whatever its ending",
		})
	}
	return found, bad
}

func sizeOf(info fs.FileInfo) int64 {
	if info.Mode().IsRegular() {
		return info.Size()
	}
	return -1
}

func walk(root string, note func(string)) (found []Source, bad []error) {
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		hidden := path != root && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			bad = append(bad, unreadable(path, err))
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir():
		case !hasExtension(entry.Name()):
			note(fmt.Sprintf("%s: skipped: no file of OTLP by its ending", path))
		default:
			info, err := os.Stat(path) // follows links to files
			if err != nil {
				bad = append(bad, unreadable(path, err))
			} else if info.Mode().IsRegular() {
				found = append(found, Source{Name: path, Size: info.Size(), Walked: true})
			}
		}
		return nil
	})
	return found, bad
}

func extensions() []string {
	return []string{".json", ".jsonl", ".ndjson", ".otlp", ".pb", ".binpb", ".proto", ".bin"}
}

func hasExtension(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	for _, e := range extensions() {
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

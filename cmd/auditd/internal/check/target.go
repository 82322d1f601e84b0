package check

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/otlpfile"
)

// adviceForgotten helps where a shell's glob took the place of the page's name.
const adviceForgotten = "was the page's name forgotten? write --html report.html before the inputs"

// checkTarget refuses a page that would destroy what is no page: an input, the
// policy, or any other file that is there.
func checkTarget(path, policy string, sources []otlpfile.Source, out io.Writer) error {
	if path == "-" {
		return errors.New("--html: standard output has the report already: name a file for the page")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return pageError(path, err)
	case info.IsDir():
		return fmt.Errorf("--html: %s is a folder: name a file in it", path)
	case !info.Mode().IsRegular():
		return nil // a pipe or a device keeps nothing
	}
	if used := usedAs(info, policy, sources, out); used != "" {
		return fmt.Errorf("--html: %s is %s, which the page would replace (%s)", path, used, adviceForgotten)
	}
	return replaceable(path, info)
}

// usedAs says what else this run needs the file for.
func usedAs(page fs.FileInfo, policy string, sources []otlpfile.Source, out io.Writer) string {
	same := func(info fs.FileInfo, err error) bool { return err == nil && os.SameFile(info, page) }
	if policy != "" && same(os.Stat(policy)) {
		return "the policy"
	}
	for _, s := range sources {
		if same(s.Stat()) {
			return "an input of this audit"
		}
	}
	if f, ok := out.(*os.File); ok && same(f.Stat()) {
		return "where standard output goes"
	}
	return ""
}

// replaceable wants a page of an earlier run, or nothing at all, in the file.
func replaceable(path string, info fs.FileInfo) error {
	const start = "<!doctype html>"
	if info.Mode().Perm()&0o222 == 0 { // a rename, or root, would not mind
		return pageError(path, fs.ErrPermission)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return pageError(path, err)
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, int64(len(start))))
	if err != nil {
		return pageError(path, err)
	}
	if len(head) > 0 && !strings.EqualFold(string(head), start) {
		return fmt.Errorf("--html: %s is there and is no HTML page, so it is not replaced: name another file, or remove it (%s)", path, adviceForgotten)
	}
	return nil
}

// pageError tells the name that was given, not that of a file beside it.
func pageError(path string, err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	} else if at, ok := errors.AsType[*os.LinkError](err); ok {
		err = at.Err
	}
	advice := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		advice = " (its folder has to exist)"
	case errors.Is(err, fs.ErrPermission):
		advice = " (name another file, or look at the permissions)"
	}
	return fmt.Errorf("--html: cannot write %s: %w%s", path, err, advice)
}

// linked follows links to the file that is or would be written. Paths are put
// together unclean: "x/.." is not "." where x is a link.
func linked(path string) string {
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			dir, _ := filepath.Split(path)
			to = dir + to
		}
		path = to
	}
	return path
}

package brokertest

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed pom.xml
var pom []byte

// jarsTimeout is for a first download over a slow line (91 MB for 5.3.3). Maven
// gets some tries in it, with a pause between them.
const (
	jarsTimeout = 10 * time.Minute
	jarsTries   = 3
	jarsPause   = 10 * time.Second
)

// jars returns the folder with the jars of a release; Maven fetches them once.
func jars(ctx context.Context, v Version) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	base := filepath.Join(cache, "dyetrace", "brokertest")
	folder := filepath.Join(base, string(v))
	if complete(folder) {
		return folder, nil
	}
	if err := os.MkdirAll(base, 0o750); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(base, string(v)+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if complete(folder) { // another process was quicker
		return folder, nil
	}
	return folder, fetch(ctx, v, base, folder)
}

// complete: the folder gets its name only when all is in it.
func complete(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && info.IsDir()
}

// fetch lets Maven copy the jars to a folder beside the right one, and renames it.
func fetch(ctx context.Context, v Version, base, folder string) error {
	work, err := os.MkdirTemp(base, "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), pom, 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, jarsTimeout)
	defer cancel()
	for try := 1; ; try++ {
		out := filepath.Join(work, fmt.Sprint("lib", try))
		err := copyJars(ctx, v, work, out)
		if err == nil {
			return os.Rename(out, folder)
		}
		if try == jarsTries {
			return err
		}
		select {
		case <-time.After(jarsPause):
		case <-ctx.Done():
			return err
		}
	}
}

func copyJars(ctx context.Context, v Version, work, out string) error {
	cmd := exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "--file", filepath.Join(work, "pom.xml"),
		"dependency:copy-dependencies", "-DincludeScope=runtime", "-Drocketmq.version="+string(v), "-DoutputDirectory="+out)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("fetch the jars of RocketMQ %s with Maven: %w\n%s", v, err, tail(log.Bytes()))
	}
	return nil
}

// tail returns the end of a program's output.
func tail(log []byte) []byte {
	const most = 4 << 10
	return log[max(0, len(log)-most):]
}

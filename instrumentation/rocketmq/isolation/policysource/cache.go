package policysource

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// keep writes the policy to the cache file, whole or not at all.
func (h *poller) keep(data []byte) error {
	if h.opts.Cache == "" {
		return nil
	}
	if err := writeFile(h.opts.Cache, data); err != nil {
		return fmt.Errorf("keep the policy for the next start: %w", err)
	}
	return nil
}

// writeFile replaces a file by renaming a new one onto it.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}

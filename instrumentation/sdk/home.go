package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/dyetrace/dyetrace/instrumentation/envtag"
)

const (
	// HomeVariable is the environment variable with the workload's home.
	HomeVariable = "GRAY_HOME"
	// LabelsVariable is the environment variable with the path of a Kubernetes
	// downward-API file of the pod's labels.
	LabelsVariable = "GRAY_LABELS_FILE"
	// DefaultLabels is read where LabelsVariable is not set.
	DefaultLabels = "/etc/podinfo/labels"
	// maxLabels bounds what is read of the file, in bytes: Kubernetes itself
	// allows an object 256 KiB of labels and annotations.
	maxLabels = 256 << 10
)

// homeDetector implements [resource.Detector].
type homeDetector struct{ home string }

// NewDetector returns a resource detector for `gray.home` and
// `gray.reporting`. The home is, in this order: the argument, the variable
// GRAY_HOME, the label gray.home in the downward-API file that GRAY_LABELS_FILE
// names (or /etc/podinfo/labels, if there is one). Where none tells it there is
// no gray.home: it is never guessed. gray.reporting is always true: who uses
// this detector also uses the span processor.
func NewDetector(home string) resource.Detector { return homeDetector{home} }

// Detect implements [resource.Detector]. The error names the source of a home
// that is not a valid tag, or a file that cannot be read.
func (d homeDetector) Detect(context.Context) (*resource.Resource, error) {
	attributes := []attribute.KeyValue{attribute.Bool(envtag.ReportingKey, true)}
	home, source, err := d.find()
	if err == nil && home != "" {
		if err = envtag.Validate(home); err != nil {
			err = fmt.Errorf("home from %s: %w", source, err)
		} else {
			attributes = append(attributes, attribute.String(envtag.HomeKey, home))
		}
	}
	return resource.NewSchemaless(attributes...), err
}

// find returns the home and where it was found.
func (d homeDetector) find() (home, source string, err error) {
	if d.home != "" {
		return d.home, "the options", nil
	}
	if home := os.Getenv(HomeVariable); home != "" {
		return home, HomeVariable, nil
	}
	path, named := os.LookupEnv(LabelsVariable)
	if !named || path == "" {
		path = DefaultLabels
	}
	home, err = labelFrom(path)
	if errors.Is(err, fs.ErrNotExist) && path == DefaultLabels {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("home from %s: %w; mount the labels there or set %s", path, err, HomeVariable)
	}
	return home, path, nil
}

// labelFrom reads the label gray.home of a file whose lines are key="value"
// with Go's escapes, as the downward API writes them.
func labelFrom(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLabels))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		key, quoted, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key != envtag.HomeKey {
			continue
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return "", fmt.Errorf("label %s is %s, not a quoted string", key, quoted)
		}
		return value, nil
	}
	return "", nil
}

package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// BuildAuditd builds the program into output, in the root module, by its own go.mod: the
// versions that users get.
func BuildAuditd(ctx context.Context, output string) error {
	where, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/dyetrace/dyetrace").Output()
	if err != nil {
		return fmt.Errorf("looking for the root module: %w", err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", output, "./cmd/auditd")
	build.Dir = strings.TrimSpace(string(where))
	build.Env = append(os.Environ(), "GOWORK=off")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building auditd: %w", err)
	}
	return nil
}

// Checked is one run of `auditd check`.
type Checked struct {
	Output []byte
	Status int // 0 or 1: something was found
	Wall   time.Duration
	CPU    time.Duration
	State  *os.ProcessState
}

// Check runs `auditd check` with some arguments to its end. Any exit status that tells
// of more than findings is an error, with what the program printed about it.
func Check(ctx context.Context, auditd string, args ...string) (Checked, error) {
	cmd := exec.CommandContext(ctx, auditd, append([]string{"check"}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	start := time.Now()
	err := cmd.Run()
	c := Checked{Output: out.Bytes(), Wall: time.Since(start), State: cmd.ProcessState}
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return c, fmt.Errorf("auditd check: %w", errors.Join(err, errors.New(diagnostics.String())))
	}
	c.Status, c.CPU = c.State.ExitCode(), c.State.UserTime()+c.State.SystemTime()
	return c, nil
}

// Summary reads a report in JSON: how many spans were seen and findings made.
func (c Checked) Summary() (spans, findings int, err error) {
	var report struct {
		Summary struct {
			Spans    int
			Findings map[string]int
		}
	}
	if err := json.Unmarshal(c.Output, &report); err != nil {
		return 0, 0, fmt.Errorf("the report of auditd check: %w", err)
	}
	for _, n := range report.Summary.Findings {
		findings += n
	}
	return report.Summary.Spans, findings, nil
}

package measure

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// BuildAuditd builds the program into output, in the root module, by its own go.mod: the versions that
// users get.
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

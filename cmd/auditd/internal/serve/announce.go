package serve

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"go.uber.org/zap/zapcore"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/auditdextension"
)

// listener is an address on which OTLP is taken.
type listener struct{ name, address string }

// listeners collects where the OTLP receivers listen. The receiver tells the
// address that the system chose in its log only.
type listeners struct {
	mu   sync.Mutex
	list []listener
}

func (l *listeners) all() []listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]listener(nil), l.list...)
}

func (l *listeners) core() zapcore.Core { return &tap{l} }

// tap is a log that keeps the lines of otlpreceiver in which a server starts.
type tap struct{ to *listeners }

// Enabled implements zapcore.Core.
func (*tap) Enabled(l zapcore.Level) bool { return l == zapcore.InfoLevel }

// With implements zapcore.Core.
func (t *tap) With([]zapcore.Field) zapcore.Core { return t }

// Check implements zapcore.Core.
func (t *tap) Check(e zapcore.Entry, c *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if nameOf(e.Message) == "" {
		return c
	}
	return c.AddCore(e, t)
}

func nameOf(message string) string {
	switch message {
	case "Starting GRPC server":
		return "OTLP/gRPC"
	case "Starting HTTP server":
		return "OTLP/HTTP"
	}
	return ""
}

// Write implements zapcore.Core.
func (t *tap) Write(e zapcore.Entry, fields []zapcore.Field) error {
	for _, f := range fields {
		if f.Key == "endpoint" {
			t.to.mu.Lock()
			t.to.list = append(t.to.list, listener{nameOf(e.Message), f.String})
			t.to.mu.Unlock()
		}
	}
	return nil
}

// Sync implements zapcore.Core.
func (*tap) Sync() error { return nil }

// announce says in one piece where everything is.
func announce(out io.Writer, version string, otlp []listener, i auditdextension.Info) {
	var b strings.Builder
	line := func(name, text string) { fmt.Fprintf(&b, "  %-11s %s\n", name, text) }
	fmt.Fprintf(&b, "auditd %s is ready.\n", version)
	for _, l := range otlp {
		address := l.address
		if l.name == "OTLP/HTTP" {
			address = "http://" + address
		}
		line(l.name, address)
	}
	line("API", i.API+"/api/v1/findings")
	line("Prometheus", i.API+"/metrics")
	folder, err := filepath.Abs(i.Data)
	if err != nil {
		folder = i.Data
	}
	line("Data", folder)
	line("Policy", i.Policy)
	_, _ = io.WriteString(out, b.String()) // nobody may be there to read
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/dyetrace/dyetrace/benchmarks/measure"
	"github.com/dyetrace/dyetrace/benchmarks/workload"
)

// configuration is the smallest pipeline over gRPC, in and out, that is as
// synchronous as a measurement wants it.
const configuration = `
receivers: {otlp: {protocols: {grpc: {endpoint: "%[1]s/in-%[2]s", transport: unix, max_recv_msg_size_mib: 16}}}}
processors: {dyetrace: {policy_file: "%[1]s/policy.yaml"}}
exporters: {otlp_grpc: {endpoint: "unix://%[1]s/out", compression: none, tls: {insecure: true}, sending_queue: {enabled: false}}}
service:
  telemetry: {metrics: {level: none}, logs: {level: warn}}
  pipelines: {traces: {receivers: [otlp], processors: [%[3]s], exporters: [otlp_grpc]}}
`

// sink takes spans and drops them.
type sink struct {
	ptraceotlp.UnimplementedGRPCServer
	spans atomic.Int64
}

// Export counts.
func (s *sink) Export(_ context.Context, r ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	s.spans.Add(int64(r.Traces().SpanCount()))
	return ptraceotlp.NewExportResponse(), nil
}

// measureProgram measures the CPU time of two collectors that run as programs and
// get the same spans, in turns.
func measureProgram(ctx context.Context, o options) ([]pair, error) {
	dir, err := os.MkdirTemp("", "pipeline")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(policy), 0o600); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", filepath.Join(dir, "out"))
	if err != nil {
		return nil, err
	}
	out := &sink{}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	ptraceotlp.RegisterGRPCServer(server, out)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	plain, err := startCollector(ctx, o.otelcol, dir, "plain", "")
	if err != nil {
		return nil, err
	}
	defer plain.stop()
	audited, err := startCollector(ctx, o.otelcol, dir, "audited", "dyetrace")
	if err != nil {
		return nil, err
	}
	defer audited.stop()
	return takeTurns(ctx, o, out, plain, audited)
}

func takeTurns(ctx context.Context, o options, out *sink, plain, audited *collector) ([]pair, error) {
	spans := workload.New(1)
	for _, c := range []*collector{plain, audited} {
		if err := c.load(ctx, spans, warmUp, out, &measure.Cost{}); err != nil {
			return nil, err
		}
	}
	pairs := make([]pair, o.runs)
	for n := range pairs {
		for _, c := range []*collector{plain, audited} {
			if err := c.mark(); err != nil {
				return nil, err
			}
		}
		for range slices {
			if err := plain.load(ctx, spans, o.atLeast/slices, out, &pairs[n].plain); err != nil {
				return nil, err
			}
			if err := audited.load(ctx, spans, o.atLeast/slices, out, &pairs[n].audited); err != nil {
				return nil, err
			}
		}
		if err := errors.Join(plain.charge(&pairs[n].plain), audited.charge(&pairs[n].audited)); err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// collector is a running program.
type collector struct {
	cmd    *exec.Cmd
	client ptraceotlp.GRPCClient
	conn   *grpc.ClientConn
	output bytes.Buffer
	marked time.Duration
}

// mark begins a run.
func (c *collector) mark() (err error) {
	c.marked, err = c.cpu()
	return err
}

// charge is the CPU time since the mark, with what the program did while it was
// the other's turn: windows end then as well.
func (c *collector) charge(to *measure.Cost) error {
	now, err := c.cpu()
	to.CPU = now - c.marked
	return err
}

func startCollector(ctx context.Context, binary, dir, name, processors string) (*collector, error) {
	config := filepath.Join(dir, name+".yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, configuration, dir, name, processors), 0o600); err != nil {
		return nil, err
	}
	c := &collector{cmd: exec.CommandContext(ctx, binary, "--config", config)}
	c.cmd.Stdout, c.cmd.Stderr = &c.output, &c.output
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	var err error
	c.conn, err = grpc.NewClient("unix://"+filepath.Join(dir, "in-"+name), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true), grpc.MaxCallSendMsgSize(16<<20)))
	if err != nil {
		c.stop()
		return nil, err
	}
	c.client = ptraceotlp.NewGRPCClient(c.conn)
	return c, nil
}

func (c *collector) stop() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	_ = c.cmd.Wait()
}

// load sends fresh traces until they have cost the program some CPU time, each
// batch when the one before is out, and adds their number.
func (c *collector) load(ctx context.Context, spans *workload.Round, atLeast time.Duration, out *sink, sum *measure.Cost) error {
	ctx, cancel := context.WithTimeout(ctx, atLeast+time.Minute)
	defer cancel()
	before, err := c.cpu()
	if err != nil {
		return err
	}
	came, sent := out.spans.Load(), 0
	used := time.Duration(0)
	for used < atLeast {
		spans.Fresh(time.Now().UnixNano())
		for _, td := range spans.Batches() {
			if _, err := c.client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td)); err != nil {
				return fmt.Errorf("%w\n%s", err, c.output.String())
			}
		}
		sent += workload.Spans
		after, err := c.cpu()
		if err != nil {
			return err
		}
		used = after - before
	}
	sum.Spans += sent
	if got := out.spans.Load() - came; got != int64(sent) {
		return fmt.Errorf("%d of %d spans came out", got, sent)
	}
	return nil
}

// cpu is the user and system time of the program so far (proc(5), /proc/PID/stat,
// fields 14 and 15, in ticks of 10 ms on every Linux that Go runs on).
func (c *collector) cpu() (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("the CPU time of a program is read from /proc: %w", err)
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	const user, system = 11, 12 // after the name
	if len(fields) <= system {
		return 0, fmt.Errorf("unknown format: %q", data)
	}
	var ticks int64
	for _, f := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

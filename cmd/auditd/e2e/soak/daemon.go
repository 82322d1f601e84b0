package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// daemon is a running auditd.
type daemon struct {
	cmd    *exec.Cmd
	ended  chan error
	conn   *grpc.ClientConn
	client ptraceotlp.GRPCClient
	api    string
}

func startDaemon(ctx context.Context, program, data string, args ...string) (*daemon, error) {
	args = append([]string{
		"serve", "--data", data,
		"--set=receivers::otlp::protocols::grpc::endpoint=127.0.0.1:0",
		"--set=receivers::otlp::protocols::http::endpoint=127.0.0.1:0",
		"--set=extensions::auditd::endpoint=127.0.0.1:0",
		"--set=service::telemetry::logs::level=warn",
	}, args...)
	d := &daemon{cmd: exec.CommandContext(ctx, program, args...), ended: make(chan error, 1)}
	d.cmd.Stderr = os.Stderr
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	address := d.readAddresses(out)
	go func() {
		_, _ = io.Copy(io.Discard, out)
		d.ended <- d.cmd.Wait()
	}()
	if address == "" {
		return nil, errors.New("auditd did not start")
	}
	if d.conn, err = grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		return nil, err
	}
	d.client = ptraceotlp.NewGRPCClient(d.conn)
	return d, nil
}

func (d *daemon) readAddresses(out io.Reader) (address string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		value = strings.TrimSpace(value)
		switch name {
		case "OTLP/gRPC":
			address = value
		case "API":
			d.api = strings.TrimSuffix(value, "/api/v1/findings")
		case "Policy":
			return address
		}
	}
	return ""
}

// send exports a batch; again says that it was refused for now only.
func (d *daemon) send(ctx context.Context, td ptrace.Traces) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err = d.client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
	return status.Code(err) == codes.Unavailable || status.Code(err) == codes.ResourceExhausted, err
}

func (d *daemon) kill() {
	_ = d.conn.Close()
	_ = d.cmd.Process.Kill() // it may have ended
}

func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := <-d.ended; err != nil {
		return fmt.Errorf("auditd ended badly: %w", err)
	}
	return nil
}

func (d *daemon) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.api+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, resp.Status, body)
	}
	return body, err
}

func (d *daemon) answer(ctx context.Context, path string, into any) error {
	body, err := d.get(ctx, path)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

type share struct {
	Name, Env           string
	Count, Total, Share float64
}

func (d *daemon) shares(ctx context.Context) (map[string]share, error) {
	var a struct{ Shares []share }
	out := map[string]share{}
	err := d.answer(ctx, "/api/v1/shares?by=service&env=gray", &a)
	for _, s := range a.Shares {
		out[s.Name] = s
	}
	return out, err
}

func (d *daemon) coverage(ctx context.Context) (seen, judged float64, err error) {
	var a struct {
		Propagation struct{ Seen, Judged float64 }
	}
	err = d.answer(ctx, "/api/v1/coverage", &a)
	return a.Propagation.Seen, a.Propagation.Judged, err
}

func (d *daemon) findings(ctx context.Context) (n int, err error) {
	for cursor := ""; ; {
		var page struct {
			Findings []json.RawMessage
			Next     string
		}
		if err := d.answer(ctx, "/api/v1/findings?limit=1000&cursor="+url.QueryEscape(cursor), &page); err != nil {
			return n, err
		}
		if n += len(page.Findings); page.Next == "" {
			return n, nil
		}
		cursor = page.Next
	}
}

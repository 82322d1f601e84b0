package rocketmq_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/dyetrace/dyetrace/instrumentation/internal/otlpjson"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// childEnv makes this test binary run as a consumer instead of testing.
const childEnv = "DYETRACE_TEST_CONSUMER"

// childConfig is what a consumer of its own process needs.
type childConfig struct {
	NameServer, Topic, Group, Home string
	Scheme                         isolation.Name
	Spans, Journal                 string // files
}

// childMain consumes until SIGTERM. Its journal gets a line for each message in the
// hand of the handler, before the span ends: home, attempt, body.
func childMain(config string) error {
	var c childConfig
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	spans, err := os.OpenFile(c.Spans, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	journal, err := os.OpenFile(c.Journal, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	shown := c.Home
	if shown == "" {
		shown = "base"
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(otlpjson.NewExporter(spans)),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "consumer"),
			attribute.String("gray.home", shown), attribute.Bool("gray.reporting", true))))
	push, err := rocketmq.NewPushConsumer(rocketmq.Config{Home: c.Home, Scheme: c.Scheme, TracerProvider: tp, Rules: strict()},
		consumer.WithNameServer([]string{c.NameServer}), consumer.WithGroupName(c.Group), from)
	if err != nil {
		return err
	}
	err = push.Subscribe(c.Topic, consumer.MessageSelector{}, func(ctx context.Context, msgs ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, m := range msgs {
			if slow, ok := primitive.GetConcurrentlyCtx(ctx); ok {
				slow.DelayLevelWhenNextConsume = 1
			}
			if strings.HasSuffix(string(m.Body), "7") && m.ReconsumeTimes == 0 && strings.HasSuffix(m.MsgId, "7") {
				return consumer.ConsumeRetryLater, nil // some come twice
			}
			if _, err := fmt.Fprintf(journal, "%s %d %s\n", shown, m.ReconsumeTimes, m.Body); err != nil {
				return consumer.ConsumeRetryLater, err
			}
		}
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		return err
	}
	if err := push.Start(); err != nil {
		return err
	}
	fmt.Println("ready")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { // and never outlive the test
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop <- syscall.SIGTERM
	}()
	<-stop
	return push.Shutdown()
}

// child is a consumer in a process of its own.
type child struct {
	home  string
	spans string // file
	cmd   *exec.Cmd
	ended chan error
}

// fleet starts and ends consumer processes of one topic and group.
type fleet struct {
	t      *testing.T
	folder string
	base   childConfig
	count  int
	alive  map[string][]*child // by home
}

func (f *fleet) start(home string) {
	f.t.Helper()
	f.count++
	c := f.base
	c.Home = home
	name := fmt.Sprintf("consumer-%s-%d", home, f.count)
	c.Spans, c.Journal = filepath.Join(f.folder, name+".jsonl"), filepath.Join(f.folder, name+".journal")
	config, err := json.Marshal(c)
	require.NoError(f.t, err)
	cmd := exec.CommandContext(f.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(config))
	cmd.Stderr = os.Stderr
	_, err = cmd.StdinPipe() // its end tells the child that we are gone
	require.NoError(f.t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(f.t, err)
	require.NoError(f.t, cmd.Start())
	lines := bufio.NewScanner(out)
	require.True(f.t, lines.Scan() && lines.Text() == "ready", "consumer %s did not start", name)
	ch := &child{home: home, spans: c.Spans, cmd: cmd, ended: make(chan error, 1)}
	go func() {
		for lines.Scan() { // drain
		}
		ch.ended <- cmd.Wait()
	}()
	f.alive[home] = append(f.alive[home], ch)
}

// end ends the oldest consumer of a home: by SIGKILL, or by SIGTERM, which must end
// it with status 0.
func (f *fleet) end(home string, s syscall.Signal) {
	f.t.Helper()
	oldest := f.alive[home][0]
	f.alive[home] = f.alive[home][1:]
	require.NoError(f.t, oldest.cmd.Process.Signal(s))
	select {
	case err := <-oldest.ended:
		if s == syscall.SIGKILL {
			cutTorn(f.t, oldest.spans)
			return
		}
		require.NoError(f.t, err)
	case <-time.After(patience):
		f.t.Fatalf("consumer of %q did not end", home)
	}
}

// cutTorn takes away a last line that was being written when its writer was killed.
func cutTorn(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(file, int64(bytes.LastIndexByte(data, '\n')+1)))
}

func (f *fleet) endAll() {
	f.t.Helper()
	for home := range f.alive {
		for len(f.alive[home]) > 0 {
			f.end(home, syscall.SIGTERM)
		}
	}
}

// journal returns how often each body was processed, by home.
func (f *fleet) journal() map[string]map[string]int {
	f.t.Helper()
	files, err := filepath.Glob(filepath.Join(f.folder, "*.journal"))
	require.NoError(f.t, err)
	out := map[string]map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f.t, err)
		for line := range strings.Lines(string(data)) {
			var home, body string
			var attempt int
			if n, _ := fmt.Sscanf(line, "%s %d %s", &home, &attempt, &body); n != 3 || !strings.HasSuffix(line, "\n") {
				continue // being written
			}
			if out[body] == nil {
				out[body] = map[string]int{}
			}
			out[body][home]++
		}
	}
	return out
}

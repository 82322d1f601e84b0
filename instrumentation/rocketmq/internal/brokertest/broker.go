package brokertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
)

// Broker is a running name server and broker. Its methods may be used by several
// goroutines.
type Broker struct {
	Version    Version
	NameServer string        // host:port
	Address    string        // host:port of the broker itself
	Ready      time.Duration // from the start of the first JVM to readiness

	folder             string
	nameServer, broker *process
	client             remoting.Client
}

// cluster and brokerName are in every broker.conf.
const (
	cluster    = "DefaultCluster"
	brokerName = "broker-a"
)

// startTimeout is generous: a machine with a load of 25 needed 38 s.
const startTimeout = 3 * time.Minute

// Start runs a broker for one test and ends it with the test. Where Java or Maven
// is missing the test is skipped, or fails with CI=true.
func Start(t testing.TB, v Version, options ...Option) *Broker {
	t.Helper()
	requireTools(t, "java", "mvn")
	b, err := run(context.Background(), v, newSettings(options))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

// run starts a broker; the caller must stop it.
func run(ctx context.Context, v Version, s settings) (*Broker, error) {
	lib, err := jars(ctx, v)
	if err != nil {
		return nil, err
	}
	const tries = 3
	for try := 1; ; try++ {
		b, err := launch(ctx, v, lib, s)
		if err == nil {
			return b, nil
		}
		if try == tries || !strings.Contains(strings.ToLower(err.Error()), "bind") { // another program took a port
			return nil, fmt.Errorf("start RocketMQ %s: %w", v, err)
		}
	}
}

// launch starts name server and broker in this order: a broker that finds no name
// server registers only 30 s later.
func launch(ctx context.Context, v Version, lib string, s settings) (*Broker, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	began := time.Now()
	namePort, port, err := freePorts()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "brokertest-")
	if err != nil {
		return nil, err
	}
	b := &Broker{
		Version: v, folder: folder,
		NameServer: fmt.Sprintf("127.0.0.1:%d", namePort), Address: fmt.Sprintf("127.0.0.1:%d", port),
		client: remoting.Client{Credentials: s.account},
	}
	files := configuration(folder, namePort, port, s)
	err = files.write()
	if err == nil {
		err = b.startNameServer(ctx, lib, files)
	}
	if err == nil {
		err = b.startBroker(ctx, lib, files)
	}
	if err != nil {
		b.stop()
		return nil, err
	}
	b.Ready = time.Since(began)
	return b, nil
}

func (b *Broker) startNameServer(ctx context.Context, lib string, f files) (err error) {
	b.nameServer, err = start("name server", jvm(b.folder, lib, "96m", "org.apache.rocketmq.namesrv.NamesrvStartup", "-c", f.nameServerConf))
	if err != nil {
		return err
	}
	return b.nameServer.says(ctx, "boot success")
}

func (b *Broker) startBroker(ctx context.Context, lib string, f files) (err error) {
	b.broker, err = start("broker", jvm(b.folder, lib, "256m", "org.apache.rocketmq.broker.BrokerStartup", "-n", b.NameServer, "-c", f.brokerConf))
	if err != nil {
		return err
	}
	if err := b.broker.says(ctx, "boot success"); err != nil {
		return err
	}
	// Ready is what the name server knows: poll it.
	for {
		answer, err := b.client.Call(ctx, b.NameServer, remoting.Message{Code: remoting.ClusterInfo})
		if err == nil && strings.Contains(string(answer.Body), b.Address) {
			return nil
		}
		if err := pause(ctx, b.broker.done); err != nil {
			return fmt.Errorf("the broker did not register: %w\n%s", err, b.broker.out.tail())
		}
	}
}

// pause waits a moment between two questions to a server.
func pause(ctx context.Context, ended <-chan struct{}) error {
	t := time.NewTimer(20 * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ended:
		return errors.New("it ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop kills both and removes their files.
func (b *Broker) stop() {
	for _, p := range []*process{b.broker, b.nameServer} {
		if p != nil {
			p.kill()
		}
	}
	_ = os.RemoveAll(b.folder) // the system's temporary folder; a leftover does no harm
}

// Kill ends the broker at once, like a power cut; the name server stays.
func (b *Broker) Kill() { b.broker.kill() }

// Pause stops the broker without closing its connections: it accepts and answers
// nothing until Resume.
func (b *Broker) Pause(t testing.TB) {
	t.Helper()
	b.signal(t, syscall.SIGSTOP)
	for deadline := time.Now().Add(time.Minute); !stopped(b.broker.cmd.Process.Pid); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the broker does not stop")
		}
	}
}

// stopped reports that every thread of a process has stopped: the signal takes a
// while to reach them all, and until then a broker may answer.
func stopped(pid int) bool {
	stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		_, state, _ := bytes.Cut(stat, []byte(") ")) // proc_pid_stat(5): the name of the program in brackets, then the state
		if err == nil && !bytes.HasPrefix(state, []byte("T")) {
			return false
		}
	}
	return len(stats) > 0
}

// Resume lets a paused broker go on.
func (b *Broker) Resume(t testing.TB) {
	t.Helper()
	b.signal(t, syscall.SIGCONT)
}

func (b *Broker) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := b.broker.cmd.Process.Signal(s); err != nil {
		t.Fatalf("signal the broker: %v", err)
	}
}

// Pids returns the processes of name server and broker, to measure them.
func (b *Broker) Pids() (nameServer, broker int) {
	return b.nameServer.cmd.Process.Pid, b.broker.cmd.Process.Pid
}

// Log returns the end of the broker's log, to explain a failure.
func (b *Broker) Log() string {
	data, err := os.ReadFile(filepath.Join(b.folder, "logs", "broker.log"))
	if err != nil {
		return err.Error()
	}
	return string(tail(data))
}

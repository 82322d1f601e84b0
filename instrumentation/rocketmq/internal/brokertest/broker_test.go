package brokertest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dyetrace/dyetrace/instrumentation/internal/leaktest"
	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/internal/remoting"
)

var brokers Pool

func TestMain(m *testing.M) {
	if os.Getenv("BROKERTEST_CHILD") != "" {
		os.Exit(child())
	}
	os.Exit(leaktest.Run(func() int { return brokers.Run(m) }))
}

func TestBrokersServe(t *testing.T) {
	brokers.Each(t, func(t *testing.T, b *Broker) {
		require.Same(t, b, brokers.Get(t, b.Version), "a pool has one of each")
		topic, group := b.Topic(t, "ORDER", 3), b.Group(t, "order")
		for name, queues := range map[string]int{topic: 3, retryPrefix + group: 1} {
			at, err := b.client.Brokers(t.Context(), b.NameServer, name)
			require.NoError(t, err)
			require.Equal(t, []remoting.Broker{{Name: brokerName, Address: b.Address, Queues: queues}}, at)
		}
		_, err := b.client.Brokers(t.Context(), b.NameServer, topic+"x")
		require.ErrorIs(t, err, remoting.ErrNoTopic)
		name, broker := b.Pids()
		t.Logf("ready after %.1f s, resident: name server %d MB, broker %d MB", b.Ready.Seconds(), resident(t, name), resident(t, broker))
	})
}

func TestPauseAndKill(t *testing.T) {
	b := Start(t, V4)
	ask := func(wait time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		_, err := b.client.Call(ctx, b.Address, remoting.Message{Code: remoting.CheckClientConfig, Body: []byte("{}")})
		return err
	}
	require.NoError(t, ask(time.Minute))
	b.Pause(t)
	require.ErrorIs(t, ask(200*time.Millisecond), context.DeadlineExceeded)
	b.Resume(t)
	require.NoError(t, ask(time.Minute))
	b.Kill()
	require.ErrorIs(t, ask(time.Minute), syscall.ECONNREFUSED)
	b.stop()
	require.NoDirExists(t, b.folder)
}

// child starts a broker, tells its processes, and waits to be killed.
func child() int {
	b, err := run(context.Background(), V4, newSettings(nil))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	name, broker := b.Pids()
	fmt.Println("pids", name, broker, b.folder)
	select {}
}

func TestBrokersDieWithTheirTest(t *testing.T) {
	requireTools(t, "java", "mvn")
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("only Linux ends the broker of a killed test")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "BROKERTEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	fields := strings.Fields(line)
	require.Len(t, fields, 4, line)
	t.Cleanup(func() { os.RemoveAll(fields[3]) })
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	for _, pid := range fields[1:3] {
		require.Eventually(t, func() bool { return gone(pid) }, time.Minute, 20*time.Millisecond, "process %s lives on", pid)
	}
}

// gone: no such process, or one that only waits to be reaped.
func gone(pid string) bool {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	return err != nil || strings.Contains(string(data), ") Z ")
}

func TestMissingToolsAreTold(t *testing.T) {
	require.NoError(t, lookTools("go"))
	require.ErrorContains(t, lookTools("go", "no-such-program-here"), "no-such-program-here")
}

// TestJars fetches what the tests of other packages need too (.ci/brokers).
func TestJars(t *testing.T) {
	requireTools(t, "mvn")
	for _, v := range Versions() {
		folder, err := jars(t.Context(), v)
		require.NoError(t, err)
		found, err := filepath.Glob(filepath.Join(folder, "rocketmq-broker-*.jar"))
		require.NoError(t, err)
		require.Len(t, found, 1)
	}
}

func TestPortsAreFree(t *testing.T) {
	for range 20 {
		name, port, err := freePorts()
		require.NoError(t, err)
		held, ok := listenAll(name, port-2, port, port+1)
		closeAll(held)
		require.True(t, ok)
	}
}

func TestStartSaysWhyNot(t *testing.T) {
	requireTools(t, "java", "mvn")
	_, err := run(t.Context(), V4, newSettings([]Option{Conf("messageDelayLevel", "soon")}))
	require.ErrorContains(t, err, "start RocketMQ 4.9.7: the broker ended")
	require.ErrorContains(t, err, "exit status 253", "its exit status is told")
}

func resident(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0 // not Linux
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	require.NoError(t, err)
	return pages * os.Getpagesize() >> 20
}

package brokertest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// process is a JVM in a process group of its own. It dies with this process.
type process struct {
	name string
	cmd  *exec.Cmd
	out  *output
	done chan struct{} // closed when it has ended
	err  error         // why, once done is closed
}

// start runs a program. The goroutine keeps its thread until the program ends:
// Linux tells a child of its parent's death when the thread that started it ends.
func start(name string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, cmd: cmd, out: &output{grown: make(chan struct{})}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	dieWithParent(cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the %s: %w", name, err)
	}
	return p, nil
}

// says waits until the program has written a text.
func (p *process) says(ctx context.Context, text string) error {
	for {
		found, grown := p.out.has(text)
		if found {
			return nil
		}
		select {
		case <-grown:
		case <-p.done:
			return fmt.Errorf("the %s ended: %w\n%s", p.name, p.err, p.out.tail())
		case <-ctx.Done():
			return fmt.Errorf("the %s did not say %q: %w\n%s", p.name, text, ctx.Err(), p.out.tail())
		}
	}
}

// kill ends the process for good and waits for it.
func (p *process) kill() {
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Kill() // it may have ended meanwhile
	<-p.done
}

// output keeps what a program writes, up to a limit, and tells when there is more.
type output struct {
	mu    sync.Mutex
	data  []byte
	grown chan struct{} // closed and replaced at each write
}

func (o *output) Write(p []byte) (int, error) {
	const most = 256 << 10
	o.mu.Lock()
	defer o.mu.Unlock()
	o.data = append(o.data, p...)
	o.data = o.data[max(0, len(o.data)-most):]
	close(o.grown)
	o.grown = make(chan struct{})
	return len(p), nil
}

func (o *output) has(text string) (bool, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Contains(o.data, []byte(text)), o.grown
}

func (o *output) tail() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(tail(o.data))
}

// jvm is a command for a small JVM: few threads compile and collect, which costs
// speed and saves half a minute of processor time at the start.
func jvm(home, lib, heap, class string, args ...string) *exec.Cmd {
	all := []string{
		"-Xms32m", "-Xmx" + heap, "-XX:MaxDirectMemorySize=256m", "-Xss512k",
		"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+IgnoreUnrecognizedVMOptions",
		"--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
		"--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED",
		"--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
		"-Duser.home=" + home, "-Drocketmq.home.dir=" + home,
		"-cp", filepath.Join(lib, "*"), class,
	}
	cmd := exec.Command("java", append(all, args...)...) //nolint:noctx // it lives until it is killed
	cmd.Env = append(os.Environ(), "ROCKETMQ_HOME="+home, "NAMESRV_ADDR=", "JAVA_TOOL_OPTIONS=")
	cmd.WaitDelay = time.Second
	return cmd
}

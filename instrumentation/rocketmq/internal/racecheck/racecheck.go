// Package racecheck lets tests that use the client library run under the race
// detector. rocketmq-client-go v2.1.2 has data races of its own (a shutdown flag, the
// version of a subscription), which no caller can avoid, and one report fails a test.
//
// In a race build the tests run in a child process whose reports are judged: a race
// counts unless both accesses are the client's own code.
//
//	func TestMain(m *testing.M) { os.Exit(racecheck.Run(m.Run)) }
package racecheck

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// childEnv tells a process that it is the child.
const childEnv = "DYETRACE_RACECHECK"

const (
	// clientModule is the module whose own races do not count.
	clientModule = "github.com/apache/rocketmq-client-go/v2/"
	ourModule    = "github.com/dyetrace/dyetrace/"
)

// Run runs tests and returns the process's exit status.
func Run(tests func() int) int {
	if !Enabled || os.Getenv(childEnv) != "" {
		return tests()
	}
	folder, err := os.MkdirTemp("", "racecheck")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(folder)
	failed, err := supervise(folder)
	if err != nil {
		return complain(err)
	}
	races, own, err := judge(folder)
	if err != nil {
		return complain(err)
	}
	fmt.Printf("racecheck: %d races inside rocketmq-client-go, %d others\n", races-len(own), len(own))
	for _, r := range own {
		fmt.Println(r)
	}
	for _, name := range failed {
		fmt.Println("FAILED:", name)
	}
	if len(own) > 0 || len(failed) > 0 {
		return 1
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "racecheck:", err)
	return 1
}

// supervise runs this program again, with reports of races in files of the folder,
// and returns the tests that failed for another reason than a race.
func supervise(folder string) ([]string, error) {
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(a string) bool { return strings.HasPrefix(a, "-test.v") })
	tests := exec.Command(os.Args[0], append([]string{"-test.v=test2json"}, args...)...) //nolint:noctx,gosec // the program itself, as long as it takes
	tests.Env = append(os.Environ(), childEnv+"=1", "GORACE=exitcode=0 log_path="+filepath.Join(folder, "race"))
	tests.Stderr = os.Stderr
	out, err := tests.StdoutPipe()
	if err != nil {
		return nil, err
	}
	convert := exec.Command("go", "tool", "test2json") //nolint:noctx // ends with its input
	convert.Stdin, convert.Stderr = out, os.Stderr
	var events bytes.Buffer
	convert.Stdout = &events
	if err := tests.Start(); err != nil {
		return nil, err
	}
	if err := convert.Run(); err != nil {
		return nil, err
	}
	ended := tests.Wait()
	failed, err := failures(&events)
	if err == nil && ended != nil && tests.ProcessState.ExitCode() != 1 {
		err = fmt.Errorf("the tests ended early: %w", ended)
	}
	return failed, err
}

// event is one of test2json's.
type event struct{ Action, Test, Output string }

// failures returns the tests that failed with anything but a race in their output,
// and prints that output. A test that only contains one that failed has none.
func failures(events io.Reader) ([]string, error) {
	var failed []string
	output := map[string]string{}
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("test2json wrote %q: %w", lines.Bytes(), err)
		}
		switch e.Action {
		case "output":
			output[e.Test] += e.Output
		case "fail":
			if e.Test != "" && complains(output[e.Test]) {
				failed = append(failed, e.Test)
				fmt.Print(output[e.Test])
			}
		}
	}
	if strings.Contains(output[""], "panic:") {
		failed = append(failed, "panic")
		fmt.Print(output[""])
	}
	return failed, lines.Err()
}

// complains reports whether a failed test says anything of its own. Logs count, so
// tests log nothing in a race build.
func complains(output string) bool {
	for line := range strings.Lines(output) {
		line = strings.TrimLeft(line, " \x16")
		switch {
		case strings.HasPrefix(line, "==="), strings.HasPrefix(line, "--- "), strings.TrimSpace(line) == "":
		case strings.Contains(line, "race detected during execution of test"):
		default:
			return true
		}
	}
	return false
}

// judge reads all reports. own are those with an access outside the client.
func judge(folder string) (races int, own []string, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "race.*"))
	if err != nil {
		return 0, nil, err
	}
	for _, f := range files {
		data, err := os.ReadFile(f) //nolint:gosec // a file of our own folder
		if err != nil {
			return 0, nil, err
		}
		for r := range strings.SplitSeq(string(data), "==================\n") {
			if !strings.Contains(r, "WARNING: DATA RACE") {
				continue
			}
			races++
			if !ofClient(r) {
				own = append(own, r)
			}
		}
	}
	return races, own, nil
}

// ofClient reports whether both accesses of a report are the client's: on the way up
// from the access, past the libraries, its code comes before ours.
func ofClient(report string) bool {
	accesses := 0
	undecided := false
	for line := range strings.Lines(report) {
		switch function := strings.TrimSpace(line); {
		case strings.Contains(line, " by goroutine ") || strings.Contains(line, " by main goroutine"):
			if undecided {
				return false
			}
			accesses++
			undecided = true
		case !undecided:
		case strings.HasPrefix(function, clientModule):
			undecided = false
		case strings.HasPrefix(function, ourModule), strings.HasPrefix(line, "Goroutine "):
			return false
		}
	}
	return accesses == 2 && !undecided
}

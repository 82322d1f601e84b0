package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// streamPage is how many changes a stream reads at once: with the server's write
// buffer all that a client costs.
const streamPage = 128

// place is where a stream is: behind a change of findings and a policy version. It
// is the id of its events, "seq-version".
type place struct{ seq, version int64 }

func (p place) String() string { return fmt.Sprintf("%d-%d", p.seq, p.version) }

var errSlow = errors.New("the client does not read")

// stream is one client that follows changes.
type stream struct {
	api     *API
	w       http.ResponseWriter
	control *http.ResponseController
	filter  store.FindingQuery
	at      place
	buffer  bytes.Buffer
}

// getStream sends findings that match and policy versions as they are stored, as
// server-sent events. Last-Event-ID says where to go on.
func (a *API) getStream(w http.ResponseWriter, r *http.Request) error {
	p, err := a.params(r, filterParams()...)
	if err != nil {
		return err
	}
	s := &stream{api: a, w: w, control: http.NewResponseController(w), filter: p.filter()}
	if err := p.err(); err != nil {
		return err
	}
	if err := checkRange(s.filter.From, s.filter.To); err != nil {
		return err
	}
	if err := accepts(r, "text/event-stream"); err != nil {
		return err
	}
	gap, err := s.begin(r)
	if err != nil {
		return err
	}
	if !a.streams.take() {
		return newProblem(http.StatusServiceUnavailable, "too_many_streams", "too many streams are open").with("Retry-After", "10")
	}
	defer a.streams.free()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies that would wait for more
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	s.buffer.WriteString("retry: 2000\n\n")
	if gap {
		s.event("gap", []byte(`{"reason":"older changes are no longer kept; get /api/v1/findings"}`))
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.config.Limits.StreamLife)
	defer cancel()
	if err := s.follow(ctx); errors.Is(err, errSlow) {
		a.counters.dropped.Add(1)
		a.config.Logger.Warn("a stream was ended: its client does not read", "remote", r.RemoteAddr)
	}
	return nil
}

// begin finds out where the stream begins, and whether something is missing there.
func (s *stream) begin(r *http.Request) (gap bool, err error) {
	oldest, newest, err := s.api.config.Store.ChangeRange(r.Context())
	if err != nil {
		return false, err
	}
	policy, err := s.api.config.Policies.Current(r.Context())
	if err != nil {
		return false, err
	}
	s.at = place{newest, policy.Version}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		return false, nil
	}
	m := regexp.MustCompile(`^([0-9]{1,18})-([0-9]{1,18})$`).FindStringSubmatch(last)
	if m == nil {
		return true, nil // no id of ours
	}
	seq, _ := strconv.ParseInt(m[1], 10, 64)     // the form says that they are numbers
	version, _ := strconv.ParseInt(m[2], 10, 64) // likewise
	if seq > newest || version > policy.Version {
		return true, nil // of another store: it was replaced
	}
	s.at = place{max(seq, oldest-1), version}
	return seq < oldest-1, nil
}

// follow sends until the client goes, does not read, or the server shuts down.
func (s *stream) follow(ctx context.Context) error {
	limits := &s.api.config.Limits
	beat := time.NewTicker(limits.Heartbeat)
	defer beat.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		// Taken before looking, so that nothing that comes meanwhile is missed.
		findings, policy := s.api.config.Hub.Changed(), s.api.config.Policies.Changed()
		if err := s.look(ctx); err != nil {
			return err
		}
		if err := s.flush(); err != nil {
			return err
		}
		pause.Reset(limits.StreamStep) // a busy store is looked at a few times a second
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.api.draining:
			return nil
		}
		select {
		case <-findings:
		case <-policy:
		case <-beat.C:
			s.buffer.WriteString(": still here\n\n")
		case <-ctx.Done():
			return ctx.Err()
		case <-s.api.draining:
			return nil
		}
	}
}

// look sends what is new.
func (s *stream) look(ctx context.Context) error {
	for {
		changes, err := s.api.config.Store.Changes(ctx, s.at.seq, streamPage)
		if err != nil {
			return err
		}
		for i := range changes {
			c := &changes[i]
			s.at.seq = c.Seq
			if !s.filter.Match(&c.Finding) {
				continue
			}
			data, err := json.Marshal(&c.Finding)
			if err != nil {
				return err
			}
			s.event("finding", data)
		}
		if len(changes) < streamPage {
			return s.lookPolicy(ctx)
		}
		if err := s.flush(); err != nil {
			return err
		}
	}
}

func (s *stream) lookPolicy(ctx context.Context) error {
	v, err := s.api.config.Policies.Current(ctx)
	if err != nil || v.Version <= s.at.version {
		return err
	}
	s.at.version = v.Version
	data, err := json.Marshal(struct {
		Version int64     `json:"version"`
		ETag    string    `json:"etag"`
		Stored  time.Time `json:"stored"`
		By      string    `json:"by"`
	}{v.Version, v.ETag(), v.At, v.By})
	s.event("policy", data)
	return err
}

// event appends an event; data is one line.
func (s *stream) event(name string, data []byte) {
	fmt.Fprintf(&s.buffer, "id: %s\nevent: %s\ndata: %s\n\n", s.at, name, data)
}

// flush sends what is buffered. A client that does not read in time is given up.
func (s *stream) flush() error {
	if s.buffer.Len() == 0 {
		return nil
	}
	// A server that has no deadlines has no slow clients either.
	_ = s.control.SetWriteDeadline(time.Now().Add(s.api.config.Limits.SlowClient))
	_, err := s.w.Write(s.buffer.Bytes())
	if err == nil {
		err = s.control.Flush()
	}
	s.buffer.Reset()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlow
	}
	return err
}

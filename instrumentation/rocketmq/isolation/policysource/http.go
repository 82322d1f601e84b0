package policysource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/dyetrace/dyetrace/instrumentation/rocketmq/isolation"
)

// HTTP are the options of a source that asks auditd.
type HTTP struct {
	// Client sends the requests; nil is a plain client. It needs no time-out: each
	// request has its own.
	Client *http.Client
	// Header goes with each request, Authorization for instance.
	Header http.Header
	// Wait is how long the server is asked to hold a request until the policy
	// changes: 30 s if zero, a minute at most.
	Wait time.Duration
	// Cache names a file in which the last good policy is kept. With it a process
	// that starts while auditd is away begins with those rules; without, OpenHTTP
	// fails then.
	Cache string
	// Retry bounds the pause after a failed try, which doubles from the first to
	// the second: 1 s and 60 s if zero.
	Retry [2]time.Duration
}

// The defaults, and the time that a server gets to answer beyond Wait.
const (
	defaultWait     = 30 * time.Second
	maxWait         = time.Minute // auditd holds no request longer
	defaultRetryMin = time.Second
	defaultRetryMax = time.Minute
	answerTime      = 10 * time.Second
)

// OpenHTTP asks auditd for its policy (address is the URL of /api/v1/policy), and
// for changes by long polling with If-None-Match. It returns when it has rules:
// the server's, or those of Options.Cache if the server is away. It is an error if
// there are neither: a service without rules would take what is not its own. A server
// that loses its stored policy, and answers the built-in one, changes nothing.
// ctx bounds the opening only.
func OpenHTTP(ctx context.Context, address string, opts Options) (*Source, error) {
	h, err := newPoller(address, &opts)
	if err != nil {
		return nil, err
	}
	rules, failure := h.first(ctx)
	if rules == nil {
		return nil, failure
	}
	s := open(opts, rules, func(ctx context.Context, s *Source) {
		if failure != nil {
			s.unverified(failure)
			h.failures++
		} else if err := h.keep(h.unkept); err != nil {
			s.fail(err)
		}
		h.unkept = nil
		h.run(ctx, s)
	})
	return s, nil
}

// unverified notes that the first rules are the cache's.
func (s *Source) unverified(err error) {
	s.mu.Lock()
	s.status.Verified = time.Time{}
	s.mu.Unlock()
	s.fail(err)
}

// poller asks one server. It is used by one goroutine at a time.
type poller struct {
	url      *url.URL
	opts     HTTP
	etag     string // of the last answer, good or bad: only something else is news
	failures int    // in a row
	unkept   []byte // the first policy, until it is in the cache
	builtIn  bool   // the last answer was the server's built-in policy: none is stored
	stored   bool   // the rules in force were stored at the server once
}

// errNothingStored says that a server which had a policy has none now, as one whose
// store was lost: its built-in policy would give away what the rules keep apart.
var errNothingStored = errors.New("the server has no policy stored and answers its built-in one: the rules before stay in force; store the policy again")

func newPoller(address string, opts *Options) (*poller, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("policy address %q is no http or https URL; use one like http://auditd:4327/api/v1/policy", address)
	}
	if opts.Client == nil {
		opts.Client = &http.Client{}
	}
	if opts.Wait <= 0 {
		opts.Wait = defaultWait
	}
	opts.Wait = min(opts.Wait, maxWait)
	if opts.Retry[0] <= 0 {
		opts.Retry[0] = defaultRetryMin
	}
	if opts.Retry[1] < opts.Retry[0] {
		opts.Retry[1] = max(opts.Retry[0], defaultRetryMax)
	}
	return &poller{url: u, opts: opts.HTTP}, nil
}

// first gets the rules to begin with. An error beside rules says why they are the
// cache's.
func (h *poller) first(ctx context.Context) (*isolation.Rules, error) {
	data, _, err := h.ask(ctx, 0)
	var rules *isolation.Rules
	if err == nil {
		rules, err = h.parse(data)
	}
	if err == nil && !h.builtIn {
		h.stored, h.unkept = true, data
		return rules, nil
	}
	kept, cacheErr := h.cached()
	switch {
	case kept != nil:
		h.stored = true
		return kept, fmt.Errorf("the rules are those of %s: %w", h.opts.Cache, cmp.Or(err, errNothingStored))
	case err == nil && (cacheErr == nil || errors.Is(cacheErr, fs.ErrNotExist)):
		return rules, nil // nothing was ever stored
	}
	return nil, errors.Join(err, cacheErr)
}

// cached returns the rules of the cache, none without an error where there is no
// cache.
func (h *poller) cached() (*isolation.Rules, error) {
	if h.opts.Cache == "" {
		return nil, nil
	}
	data, err := readFile(h.opts.Cache)
	if err != nil {
		return nil, fmt.Errorf("nor is there a cached policy: %w", err)
	}
	return parseFile(h.opts.Cache, data)
}

// run polls until ctx ends.
func (h *poller) run(ctx context.Context, s *Source) {
	for h.failures == 0 || sleep(ctx, h.pause()) {
		began := time.Now()
		err := h.round(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.failures++
			s.fail(err)
			continue
		}
		h.failures = 0
		// A server that does not hold requests must not be asked without pause.
		if rest := h.opts.Retry[0] - time.Since(began); rest > 0 && !sleep(ctx, rest) {
			return
		}
	}
}

// pause grows with the failures, with full jitter so that a fleet does not come
// back as one.
func (h *poller) pause() time.Duration {
	limit := h.opts.Retry[1]
	if shift := h.failures - 1; shift < 20 {
		limit = min(limit, h.opts.Retry[0]<<shift)
	}
	return limit/2 + time.Duration(rand.Int64N(int64(limit/2)+1))
}

// round asks once, and puts what is new in force.
func (h *poller) round(ctx context.Context, s *Source) error {
	data, news, err := h.ask(ctx, h.opts.Wait)
	switch {
	case err != nil:
		return err
	case !news: // a bad policy that is still there was told when it came
		if h.etag == s.Status().Version {
			s.confirm()
		}
		return nil
	}
	rules, err := h.parse(data)
	switch {
	case err != nil:
		return err
	case rules.Version == s.Status().Version:
		s.confirm()
		return nil
	case h.builtIn && h.stored:
		return errNothingStored
	}
	s.replace(rules)
	if h.builtIn {
		return nil
	}
	h.stored = true
	return h.keep(data)
}

// ask sends one request. news is false where the server says that nothing changed.
func (h *poller) ask(ctx context.Context, wait time.Duration) (data []byte, news bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait+answerTime)
	defer cancel()
	u := *h.url
	if h.etag != "" && wait > 0 {
		q := u.Query()
		q.Set("wait", strconv.Itoa(max(1, int(wait.Seconds())))+"s")
		u.RawQuery = q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Accept", "application/yaml")
	maps.Copy(req.Header, h.opts.Header)
	if h.etag != "" {
		req.Header.Set("If-None-Match", h.etag)
	}
	resp, err := h.opts.Client.Do(req)
	if err != nil {
		return nil, false, fmt.Errorf("ask for the policy: %w", err)
	}
	defer resp.Body.Close()
	return h.answer(resp)
}

func (h *poller) answer(resp *http.Response) (data []byte, news bool, err error) {
	data, err = io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("read the policy from %s: %w", h.url.Redacted(), err)
	case resp.StatusCode == http.StatusNotModified && h.etag != "":
		return nil, false, nil
	case resp.StatusCode != http.StatusOK:
		return nil, false, fmt.Errorf("%s has no policy for us: %s%s", h.url.Redacted(), resp.Status, advice(resp.StatusCode))
	}
	h.etag, h.builtIn = resp.Header.Get("ETag"), resp.Header.Get("Policy-Version") == "0"
	return data, true, nil
}

func advice(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "; give a reader's token in Options.Header (Authorization)"
	case http.StatusNotFound:
		return "; the address must be that of /api/v1/policy, and a policy must be stored"
	}
	return ""
}

func (h *poller) parse(data []byte) (*isolation.Rules, error) {
	rules, err := parseFile(h.url.Redacted(), data)
	if err == nil && h.etag != "" {
		rules.Version = h.etag
	}
	return rules, err
}

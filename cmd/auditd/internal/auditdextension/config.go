package auditdextension

import (
	"errors"
	"fmt"
	"net"
	"time"

	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/dyetrace/dyetrace/cmd/auditd/internal/api"
	"github.com/dyetrace/dyetrace/cmd/auditd/internal/store"
)

// Config is the extension's settings; docs/auditd.md explains them.
type Config struct {
	// Endpoint of the API and /metrics, as host:port.
	Endpoint string `mapstructure:"endpoint"`
	// TLS of the API.
	TLS configoptional.Optional[configtls.ServerConfig] `mapstructure:"tls"`
	// Tokens of the API's clients. Without any the API answers on the loopback
	// interface only, and there to everybody.
	Tokens Tokens `mapstructure:"tokens"`
	// AllowOpen lets an API without tokens listen on other interfaces too.
	AllowOpen bool `mapstructure:"allow_open"`
	// AllowedOrigins are the web origins whose pages may read the API (CORS).
	AllowedOrigins []string `mapstructure:"allowed_origins"`
	// Data is the folder of the store.
	Data string `mapstructure:"data"`
	// PolicyFile becomes a new version of the policy when it has changed since it
	// was last taken: at the start and at SIGHUP.
	PolicyFile string    `mapstructure:"policy_file"`
	Retention  Retention `mapstructure:"retention"`
	// MaxSeries bounds the series of roll-ups and the combinations by which findings
	// are indexed; each may take 500 bytes of memory.
	MaxSeries int `mapstructure:"max_series"`
}

// Tokens are the credentials of the API. Writers may put policies, and read.
type Tokens struct {
	Readers []TokenSource `mapstructure:"readers"`
	Writers []TokenSource `mapstructure:"writers"`
}

// TokenSource is File, with a token on each line, or Env, the name of an
// environment variable.
type TokenSource struct {
	File string `mapstructure:"file"`
	Env  string `mapstructure:"env"`
}

// Retention is how long things are kept; negative is for ever.
type Retention struct {
	Findings time.Duration `mapstructure:"findings"`
	Minutes  time.Duration `mapstructure:"minutes"`
	Hours    time.Duration `mapstructure:"hours"`
	Policies time.Duration `mapstructure:"policies"`
	// MaxMiB is the size on disk, in MiB, at which the oldest goes early.
	MaxMiB int64 `mapstructure:"max_mib"`
	// Interval is how often the store is pruned.
	Interval time.Duration `mapstructure:"interval"`
}

func defaultConfig() *Config {
	r := store.Retention{}.WithDefaults()
	return &Config{
		Endpoint:  "127.0.0.1:4327",
		Data:      "dyetrace-data",
		MaxSeries: 65536,
		Retention: Retention{
			Findings: r.Findings, Minutes: r.Minutes, Hours: r.Hours, Policies: r.Policies,
			MaxMiB: r.Bytes >> 20, Interval: 5 * time.Minute,
		},
	}
}

// Validate tells all that is wrong with the settings; files are not read.
func (c *Config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("endpoint: %q: give host:port, such as 127.0.0.1:4327", c.Endpoint))
	}
	if c.Data == "" {
		errs = append(errs, errors.New("data: must name a folder"))
	}
	if c.MaxSeries < 1 {
		errs = append(errs, errors.New("max_series: must be above 0, such as 65536"))
	}
	if c.Retention.Interval <= 0 {
		errs = append(errs, errors.New("retention::interval: must be above 0, such as 5m"))
	}
	for _, s := range append(append([]TokenSource(nil), c.Tokens.Readers...), c.Tokens.Writers...) {
		if (s.File == "") == (s.Env == "") {
			errs = append(errs, errors.New("tokens: each source has either file or env"))
			break
		}
	}
	return errors.Join(errs...)
}

func (r Retention) store() store.Retention {
	bytes := int64(-1)
	if r.MaxMiB > 0 {
		bytes = r.MaxMiB << 20
	}
	return store.Retention{Findings: r.Findings, Minutes: r.Minutes, Hours: r.Hours, Policies: r.Policies, Bytes: bytes}
}

func sources(list []TokenSource) []api.TokenSource {
	out := make([]api.TokenSource, 0, len(list))
	for _, s := range list {
		out = append(out, api.TokenSource(s))
	}
	return out
}

package e2e

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/dyetrace/dyetrace/cmd/auditd/e2e/traffic"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	a := &authority{t: t, dir: t.TempDir(), key: key}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, &key.PublicKey, key)
	require.NoError(t, err)
	a.cert, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	a.pem("ca.crt", "CERTIFICATE", der)
	return a
}

func (a *authority) pem(name, kind string, der []byte) string {
	path := filepath.Join(a.dir, name)
	require.NoError(a.t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return path
}

// issue makes a certificate and key that end at a time.
func (a *authority) issue(name string, until time.Time) (cert, key string) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, &k.PublicKey, a.key)
	require.NoError(a.t, err)
	raw, err := x509.MarshalECPrivateKey(k)
	require.NoError(a.t, err)
	return a.pem(name+".crt", "CERTIFICATE", der), a.pem(name+".key", "EC PRIVATE KEY", raw)
}

func (a *authority) client(name string, until time.Time) *tls.Config {
	cert, err := tls.LoadX509KeyPair(a.issue(name, until))
	require.NoError(a.t, err)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
}

// TestStrangers: with TLS and tokens, who has no valid certificate or token gets
// nothing in and nothing out.
func TestStrangers(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.issue("server", time.Now().Add(time.Hour))
	secured := `{cert_file: ` + cert + `, key_file: ` + key + `, client_ca_file: ` + filepath.Join(a.dir, "ca.crt") + `}`
	d := start(t, t.TempDir(),
		"--set=extensions::bearertokenauth::token=secret", "--set=service::extensions=[auditd, nesting_limit, bearertokenauth]",
		"--set=receivers::otlp::protocols::grpc::auth::authenticator=bearertokenauth", "--set=receivers::otlp::protocols::grpc::tls="+secured,
		"--set=receivers::otlp::protocols::http::auth::authenticator=bearertokenauth", "--set=extensions::auditd::tls="+secured)
	valid, expired := a.client("valid", time.Now().Add(time.Hour)), a.client("expired", time.Now().Add(-time.Minute))
	for _, c := range []struct {
		name, token string
		config      *tls.Config
		code        codes.Code
	}{
		{"friend", "Bearer secret", valid, codes.OK},
		{"wrong token", "Bearer wrong", valid, codes.Unauthenticated},
		{"no token", "", valid, codes.Unauthenticated},
		{"expired certificate", "Bearer secret", expired, codes.Unavailable},
		{"no certificate", "Bearer secret", &tls.Config{RootCAs: valid.RootCAs, MinVersion: tls.VersionTLS12}, codes.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := d.sendAs(c.token, c.config)
			require.Equal(t, c.code, status.Code(err), "%v", err)
		})
	}
	r := request{http.MethodPost, "/v1/traces", asJSON, "", []byte("{}")}
	got, body := r.do(t, d.http)
	require.Equal(t, http.StatusUnauthorized, got, body)

	for name, want := range map[*tls.Config]bool{valid: true, expired: false} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: name}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.api+"/readyz", http.NoBody)
		require.NoError(t, err)
		resp, err := client.Do(req)
		require.Equal(t, want, err == nil, "%v", err)
		if err == nil {
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.NoError(t, resp.Body.Close())
		}
		client.CloseIdleConnections()
	}
	require.Eventually(t, func() bool { // the client may know of the end before the server
		return scrape(t, d, valid, "auditd_api_connections_failed_total") == 1
	}, patience, 20*time.Millisecond)
	require.True(t, strings.HasPrefix(d.api, "https://"), d.api)
	d.stop()
}

// sendAs exports a trace with a token, over TLS.
func (d *daemon) sendAs(token string, c *tls.Config) error {
	d.t.Helper()
	conn, err := grpc.NewClient(d.grpc, grpc.WithTransportCredentials(credentials.NewTLS(c)))
	require.NoError(d.t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(d.t.Context(), "authorization", token), patience)
	defer cancel()
	_, err = ptraceotlp.NewGRPCClient(conn).Export(ctx, ptraceotlp.NewExportRequestFromTraces(traffic.Whole(traffic.New(1).Next(time.Now()))))
	return err
}

// scrape reads one value of /metrics as a client with a certificate.
func scrape(t *testing.T, d *daemon, c *tls.Config, name string) float64 {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: c}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.api+"/metrics", http.NoBody)
	require.NoError(t, err)
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(value, 64)
			require.NoError(t, err)
			return v
		}
	}
	require.Fail(t, "no metric "+name)
	return 0
}

package nesting

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
)

// Type is the extension's name in a configuration.
const Type = "nesting_limit"

// Config is the extension's settings.
type Config struct {
	// MaxDepth is how deep fields may be in each other. A span's attribute is 5
	// deep, and an array in a value adds 2.
	MaxDepth int `mapstructure:"max_depth"`
}

// Validate tells what is wrong.
func (c *Config) Validate() error {
	const least = 10 // plain attributes of every signal
	if c.MaxDepth < least {
		return errors.New("max_depth: must be 10 or more, such as 1000")
	}
	return nil
}

// defaultDepth is ten times what protobuf's libraries take by default (100), so
// that nothing which others send is refused. It costs less than a MB of stack, and
// what is smaller than twice that many bytes need not be looked into.
const defaultDepth = 1000

// NewFactory returns the factory of the extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(component.MustNewType(Type),
		func() component.Config { return &Config{MaxDepth: defaultDepth} },
		create, component.StabilityLevelBeta)
}

// limiter is the extension: extensionmiddleware.HTTPServer and GRPCServer.
type limiter struct {
	component.StartFunc
	component.ShutdownFunc
	max     int
	refused metric.Int64Counter
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	refused, err := set.MeterProvider.Meter("github.com/dyetrace/dyetrace/cmd/auditd/internal/nesting").
		Int64Counter("auditd.otlp.too_deep", metric.WithUnit("{requests}"), metric.WithDescription("Requests refused because their values are nested too deep."))
	if err != nil {
		return nil, err
	}
	return &limiter{max: cfg.(*Config).MaxDepth, refused: refused}, nil //nolint:forcetypeassert // the collector hands the factory's own type
}

// jsonLevels is how many brackets of JSON are one field of protobuf, at most: the
// limit is a guard, not a measure.
const jsonLevels = 2

func (l *limiter) check(ctx context.Context, b []byte, protocol, kind string) error {
	var err error
	switch {
	case strings.Contains(kind, "json"):
		err = CheckJSON(b, jsonLevels*l.max)
	case strings.Contains(kind, "protobuf"):
		err = Check(b, l.max)
	}
	if err != nil {
		l.refused.Add(ctx, 1, metric.WithAttributes(attribute.String("protocol", protocol)))
	}
	return err
}

// GetHTTPHandler implements extensionmiddleware.HTTPServer. The handler stands
// behind decompression and the limit of the body's size.
func (l *limiter) GetHTTPHandler(context.Context) (func(context.Context, http.Handler) (http.Handler, error), error) {
	return func(_ context.Context, next http.Handler) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = l.check(r.Context(), body, "http", r.Header.Get("Content-Type"))
			}
			if errors.Is(err, ErrTooDeep) {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Body = &replay{bytes.NewReader(body), err, r.Body}
			next.ServeHTTP(w, r)
		}), nil
	}, nil
}

// replay is a body that was read, with the error at its end.
type replay struct {
	*bytes.Reader
	err error
	io.Closer
}

// Read implements io.Reader.
func (r *replay) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) && r.err != nil {
		err = r.err
	}
	return n, err
}

// GetGRPCServerOptions implements extensionmiddleware.GRPCServer.
func (l *limiter) GetGRPCServerOptions(context.Context) ([]grpc.ServerOption, error) {
	next := encoding.GetCodecV2(proto.Name)
	if next == nil {
		return nil, errors.New("nesting_limit: gRPC has no codec for protobuf")
	}
	return []grpc.ServerOption{grpc.ForceServerCodecV2(&codec{next, l})}, nil
}

// codec looks at messages before the codec behind it decodes them.
type codec struct {
	encoding.CodecV2
	limit *limiter
}

// Unmarshal implements encoding.CodecV2.
func (c *codec) Unmarshal(data mem.BufferSlice, v any) error {
	if data.Len() < harmless {
		return c.CodecV2.Unmarshal(data, v)
	}
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer whole.Free()
	if err := c.limit.check(context.Background(), whole.ReadOnlyData(), "grpc", "protobuf"); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return c.CodecV2.Unmarshal(mem.BufferSlice{whole}, v)
}

package envtag

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/baggage"
)

const (
	// Key is the baggage member that carries the tag, and the span attribute
	// that shows it.
	Key = "gray.env"

	// Property is the message property that carries the tag for broker
	// filters: SQL92 expressions cannot name properties with dots or dashes.
	Property = "gray_env"
)

// FromContext returns the tag of ctx, or "" for baseline traffic. A value that
// [Validate] refuses reads as no tag, so the result is safe wherever Validate
// says so. A baseline name ("base") is returned as it stands: compare with
// [Same] or [IsBaseline]. It does not allocate.
func FromContext(ctx context.Context) string {
	tag := baggage.FromContext(ctx).Member(Key).Value()
	if tag == "" || Validate(tag) != nil {
		return ""
	}
	return tag
}

// ContextWith returns ctx with its tag set to tag, replacing another one; the
// other baggage members stay. The empty tag strips, like [Without]. An invalid
// tag is refused with an error that wraps [ErrInvalid], and ctx is returned as
// it was.
func ContextWith(ctx context.Context, tag string) (context.Context, error) {
	if tag == "" {
		return Without(ctx), nil
	}
	if err := Validate(tag); err != nil {
		return ctx, err
	}
	member, err := baggage.NewMemberRaw(Key, tag)
	if err != nil {
		return ctx, fmt.Errorf("env tag %q: %w", tag, err)
	}
	bag, err := baggage.FromContext(ctx).SetMember(member)
	if err != nil {
		return ctx, fmt.Errorf("env tag %q: %w", tag, err)
	}
	return baggage.ContextWithBaggage(ctx, bag), nil
}

// Without returns ctx without a tag; the other baggage members stay. The
// witness in the trace state stays too: only an origin may rewrite it, so a
// tag that was stripped by mistake remains visible on the spans.
func Without(ctx context.Context) context.Context {
	bag := baggage.FromContext(ctx)
	if bag.Member(Key).Key() == "" {
		return ctx
	}
	return baggage.ContextWithBaggage(ctx, bag.DeleteMember(Key))
}

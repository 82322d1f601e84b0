package otlp

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// TestMemoryOfPdata: it is what this package takes it to be. If not, decoding is as
// right as before, and slower.
func TestMemoryOfPdata(t *testing.T) {
	text := textSort()
	require.NotNil(t, text)
	m := pcommon.NewMap()
	put(m, attrs{"text", "a", "empty", "", "number", 1, "yes", true, "list", list("a")})
	m.PutEmpty("none")
	seen := 0
	for k, v := range m.All() {
		at := &attributesOf(m)[seen]
		require.Equal(t, k, at.name)
		require.Equal(t, v.Str(), at.value.str(text))
		seen++
	}
	require.Len(t, attributesOf(m), seen)
	spans := ptrace.NewSpanSlice()
	spans.AppendEmpty()
	spans.AppendEmpty()
	require.NotEqual(t, address(spans.At(0)), address(spans.At(1)))
}

// TestOtherMemoryIsNotRead: what differs in any way from what is expected.
func TestOtherMemoryIsNotRead(t *testing.T) {
	type value struct{ Value any }
	type good struct {
		Value value
		Key   string
		Index int32
	}
	sorts := []any{
		good{},
		struct {
			Value value
			Key   string
		}{},
		struct {
			Index int32
			Value value
			Key   string
		}{},
		struct {
			Key   string
			Value value
			Index int32
		}{},
		struct {
			Value value
			Name  string
			Index int32
		}{},
		struct {
			Other value
			Key   string
			Index int32
		}{},
		struct {
			Value value
			Key   [2]int
			Index int32
		}{},
		struct {
			Value struct {
				Value *any
				b     int
			}
			Key   string
			Index int32
		}{},
		[5]int{},
	}
	for i, s := range sorts {
		require.Equal(t, i == 0, isKeyValue(reflect.TypeOf(s), reflect.TypeFor[value]()), "%d", i)
	}
	require.False(t, isKeyValue(nil, reflect.TypeFor[value]()))
	type two struct{ A, Value any }
	require.False(t, isKeyValue(reflect.TypeFor[struct {
		Value two
		Key   string
	}](), reflect.TypeFor[two]()))
	for _, wrapper := range []any{1, struct{}{}, struct{ a int }{}, struct{ a *int }{}, &struct{ a *[]int }{}} {
		require.Nil(t, itemOf(wrapper), "%T", wrapper)
	}
	require.Equal(t, reflect.TypeFor[int](), itemOf(struct{ a *[]int }{}))
}

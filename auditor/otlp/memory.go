package otlp

import (
	"reflect"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// keyValue is an attribute where pdata has it: a Map is the address of an array of
// these. There it tells where its name and its value lie before they are read.
type keyValue struct {
	value anyValue
	name  string
	_     int32
}

// anyValue is an interface.
type anyValue struct{ sort, data unsafe.Pointer }

// str returns the text of a value that is of the sort of a text, else "".
func (v *anyValue) str(text unsafe.Pointer) string {
	if v.sort != text {
		return ""
	}
	return *(*string)(v.data)
}

// attributesOf returns the attributes where they are, if textSort knows their memory.
func attributesOf(m pcommon.Map) []keyValue { return *(*[]keyValue)(address(m)) }

// textSort returns what anyValue.sort is of a text; nil where the memory of pdata is
// not what this file and ahead.go take it to be (it is that of pdata 1.65). Then
// attributes are read by pdata's methods only, and nothing is prefetched.
func textSort() unsafe.Pointer {
	attribute, example := itemOf(pcommon.Map{}), pcommon.NewValueStr("text")
	value := pointee(example)
	if !isKeyValue(attribute, value) || !holdsText(reflect.ValueOf(example)) {
		return nil
	}
	for _, array := range []any{ptrace.SpanLinkSlice{}, ptrace.ScopeSpansSlice{}, ptrace.SpanSlice{}} {
		if itemOf(array) == nil {
			return nil
		}
	}
	return (*anyValue)(address(example)).sort
}

// isKeyValue reports that an attribute, with a value, is as keyValue and anyValue say.
func isKeyValue(attribute, value reflect.Type) bool {
	if attribute == nil || attribute.Kind() != reflect.Struct || attribute.Size() != unsafe.Sizeof(keyValue{}) {
		return false
	}
	k, hasName := attribute.FieldByName("Key")
	v, hasValue := attribute.FieldByName("Value")
	return hasName && k.Offset == unsafe.Offsetof(keyValue{}.name) && k.Type.Kind() == reflect.String &&
		hasValue && v.Offset == unsafe.Offsetof(keyValue{}.value) && v.Type == value &&
		value.Kind() == reflect.Struct && value.NumField() == 1 && value.Field(0).Type.Kind() == reflect.Interface
}

// holdsText reports that the interface of a value which is a text holds the address
// of a string.
func holdsText(example reflect.Value) bool {
	data := example.Field(0).Elem().Field(0).Elem().Type()
	return data.Kind() == reflect.Pointer && data.Elem().Kind() == reflect.Struct && data.Elem().NumField() == 1 &&
		data.Elem().Field(0).Type.Kind() == reflect.String
}

// itemOf is the type of the items in the array that a wrapper of pdata stands for, nil
// if that is not what its first word is the address of.
func itemOf(wrapper any) reflect.Type {
	if t := pointee(wrapper); t != nil && t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return nil
}

func pointee(wrapper any) reflect.Type {
	t := reflect.TypeOf(wrapper)
	if t.Kind() != reflect.Struct || t.NumField() == 0 || t.Field(0).Type.Kind() != reflect.Pointer {
		return nil
	}
	return t.Field(0).Type.Elem()
}

// address is that of what a wrapper of pdata stands for: its first word.
func address[T any](wrapper T) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&wrapper))
}

// array is the address of the items of an array.
func array[T ptrace.SpanLinkSlice | ptrace.ScopeSpansSlice | ptrace.SpanSlice](list T) unsafe.Pointer {
	return *(*unsafe.Pointer)(address(list))
}

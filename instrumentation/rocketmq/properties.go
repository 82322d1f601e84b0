package rocketmq

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// ErrProperty tells of a message property that the client would corrupt.
var ErrProperty = errors.New("message property cannot be sent")

// separators are what the client puts between names, values and properties. It
// does not escape them: "a\x02b\x01c" arrives as "a" and a property b.
const separators = "\x01\x02"

// propertyView reads all properties of a message where they are. The client only
// hands out copies, at two allocations for each message, half of what the wrapper
// may add to a send. The zero view, and that of a client whose messages are laid
// out otherwise, reads copies.
type propertyView struct {
	inPlace      bool
	values, lock uintptr // offsets in primitive.Message
}

// newPropertyView finds the two unexported fields by name and type.
func newPropertyView() propertyView {
	message := reflect.TypeFor[primitive.Message]()
	values, found := message.FieldByName("properties")
	lock, locked := message.FieldByName("mutex")
	if !found || !locked || values.Type != reflect.TypeFor[map[string]string]() || lock.Type != reflect.TypeFor[sync.RWMutex]() {
		return propertyView{}
	}
	return propertyView{inPlace: true, values: values.Offset, lock: lock.Offset}
}

// check refuses names and values that hold a separator.
func (v propertyView) check(m *primitive.Message) error {
	if !v.inPlace {
		return checkProperties(m.Topic, m.GetProperties())
	}
	lock := (*sync.RWMutex)(unsafe.Add(unsafe.Pointer(m), v.lock)) //nolint:gosec // newPropertyView checked the type
	lock.RLock()
	defer lock.RUnlock()
	return checkProperties(m.Topic, *(*map[string]string)(unsafe.Add(unsafe.Pointer(m), v.values))) //nolint:gosec // as above
}

func checkProperties(topic string, properties map[string]string) error {
	for k, v := range properties {
		if strings.ContainsAny(k, separators) || strings.ContainsAny(v, separators) {
			return fmt.Errorf("%w: %q of a message to topic %s holds \\x01 or \\x02, which separate properties on the wire; encode the value, for example in base64",
				ErrProperty, k, topic)
		}
	}
	return nil
}

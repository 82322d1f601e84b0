package brokertest

import (
	"fmt"
	"sync"

	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// Resends knows messages that are in the broker twice. The client sends again what
// is not acknowledged within 3 s, a message and a failed one that it sends back,
// though the broker may have it. The second has the id of the first and another
// place; a redelivery has the same place, and a retry another attempt. The zero
// value is ready; it is safe for concurrent use.
type Resends struct{ places sync.Map } // by id and attempt

// Has reports that m is the second of two.
func (r *Resends) Has(m *primitive.MessageExt) bool {
	place, _ := r.places.LoadOrStore(fmt.Sprint(m.MsgId, " ", m.ReconsumeTimes), m.OffsetMsgId)
	return place != m.OffsetMsgId
}

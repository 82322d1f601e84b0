package otlp

// slot numbers an attribute that the decoder knows. The slots of one fact stand
// together, the name to prefer first, so that a run of bits selects them.
type slot uint8

const (
	slotSystem slot = iota
	slotOperationType
	slotOperation
	slotOperationName
	slotDestination
	slotDestinationOld
	slotGroup
	slotGroupRocketMQ
	slotGroupKafka
	slotGroupKafkaOld
	slotGroupRocketMQOld
	slotGroupOld
	slotMessageID
	slotMessageIDOld
	slotFilter
	slotFilterOld
	slotFilterHeader
	slotBatch
	slotBatchOld
	slotDelayLevel
	slotDelayLevelOld
	slotDelayLevelHeader
	slotDeliveryTime
	slotDeliveryTimeOld
	slotConsumption
	slotConsumptionOld
	slotAttempt
	slotReconsume
	slotDecision
	slotRealTopic
	slotRetryTopic
	slotOriginID
	slotMessageBaggage
	slotThread
	slotStore
	slotStoreOld
	slotRPCSystem
	slotRPCSystemOld
	slotRPCService
	slotRPCMethod
	slotMethod
	slotMethodOld
	slotURL
	slotURLOld
	slotRoute
	slotPath
	slotTarget
	slotRequestBaggage
	slotError
	slotTag      // the tag, by the policy's env keys
	slotProperty // and in captured message properties
	slotRequest  // and in captured request headers
	slotCount    // must not exceed 64, the bits of slots

	noSlot slot = 255
)

// slots is a set of slots.
type slots uint64

// The sets that are asked for: a run "first to last" is 1<<(last+1) - 1<<first.
const (
	onSystem       slots = 1 << slotSystem
	onOperation    slots = 1<<(slotOperationName+1) - 1<<slotOperationType
	onMessaging          = onSystem | onOperation
	onDestination  slots = 1<<(slotDestinationOld+1) - 1<<slotDestination
	onGroup        slots = 1<<(slotGroupOld+1) - 1<<slotGroup
	onMessageID    slots = 1<<(slotMessageIDOld+1) - 1<<slotMessageID
	onFilter       slots = 1<<(slotFilterHeader+1) - 1<<slotFilter
	onBatch        slots = 1<<(slotBatchOld+1) - 1<<slotBatch
	onDelayLevel   slots = 1<<(slotDelayLevelOld+1) - 1<<slotDelayLevel
	onDelayHeader  slots = 1 << slotDelayLevelHeader
	onDeliveryTime slots = 1<<(slotDeliveryTimeOld+1) - 1<<slotDeliveryTime
	onConsumption  slots = 1<<(slotConsumptionOld+1) - 1<<slotConsumption
	onAttempt      slots = 1 << slotAttempt
	onReconsume    slots = 1 << slotReconsume
	onDecision     slots = 1 << slotDecision
	onRealTopic    slots = 1 << slotRealTopic
	onRetryTopic   slots = 1 << slotRetryTopic
	onOriginID     slots = 1 << slotOriginID
	onBaggage      slots = 1<<slotMessageBaggage | 1<<slotRequestBaggage
	// onMessage is all that the facts of a message are made of, but the thread.
	onMessage slots = 1<<(slotOriginID+1) - 1<<slotSystem
	// onRare are what most messages have none of.
	onRare = onDelayLevel | onDelayHeader | onDeliveryTime | onConsumption | onAttempt |
		onReconsume | onDecision | onRealTopic | onRetryTopic | onOriginID
	onThread     slots = 1 << slotThread
	onStore      slots = 1<<(slotStoreOld+1) - 1<<slotStore
	onRPC        slots = 1<<(slotRPCMethod+1) - 1<<slotRPCSystem
	onRPCService slots = 1 << slotRPCService
	onRPCMethod  slots = 1 << slotRPCMethod
	onMethod     slots = 1<<(slotMethodOld+1) - 1<<slotMethod
	onURL        slots = 1<<(slotURLOld+1) - 1<<slotURL
	onHTTP             = onMethod | onURL
	onPath       slots = 1<<(slotPath+1) - 1<<slotRoute
	onTarget     slots = 1 << slotTarget
	onError      slots = 1 << slotError
	onTag        slots = 1 << slotTag
	onProperty   slots = 1 << slotProperty
	onRequest    slots = 1 << slotRequest
)

// attribute is one attribute name and its slot.
type attribute struct {
	key  string
	slot slot
}

// attributes lists what the rules read: semantic conventions 1.44.0, the names
// before them, and the project's own gray.*.
func attributes() []attribute {
	return append(messageAttributes(), []attribute{
		{"db.system.name", slotStore},
		{"db.system", slotStoreOld},
		{"rpc.system.name", slotRPCSystem},
		{"rpc.system", slotRPCSystemOld},
		{"rpc.service", slotRPCService},
		{"rpc.method", slotRPCMethod},
		{"http.request.method", slotMethod},
		{"http.method", slotMethodOld},
		{"url.full", slotURL},
		{"http.url", slotURLOld},
		{"http.route", slotRoute},
		{"url.path", slotPath},
		{"http.target", slotTarget},
		{"error.type", slotError},
		{"thread.name", slotThread},
	}...)
}

func messageAttributes() []attribute {
	return []attribute{
		{"messaging.system", slotSystem},
		{"messaging.operation.type", slotOperationType},
		{"messaging.operation", slotOperation},
		{"messaging.operation.name", slotOperationName},
		{"messaging.destination.name", slotDestination},
		{"messaging.destination", slotDestinationOld},
		{"messaging.consumer.group.name", slotGroup},
		{"messaging.rocketmq.client_group", slotGroupRocketMQ},
		{"messaging.kafka.consumer.group", slotGroupKafka},
		{"messaging.kafka.consumer_group", slotGroupKafkaOld},
		{"messaging.rocketmq.consumer_group", slotGroupRocketMQOld},
		{"messaging.consumer_group", slotGroupOld},
		{messageIDKey, slotMessageID},
		{messageIDOldKey, slotMessageIDOld},
		{"messaging.rocketmq.message.tag", slotFilter},
		{"messaging.rocketmq.message_tag", slotFilterOld},
		{"messaging.batch.message_count", slotBatch},
		{"messaging.batch_size", slotBatchOld},
		{"messaging.rocketmq.message.delay_time_level", slotDelayLevel},
		{"messaging.rocketmq.delay_time_level", slotDelayLevelOld},
		{"messaging.rocketmq.message.delivery_timestamp", slotDeliveryTime},
		{"messaging.rocketmq.delivery_timestamp", slotDeliveryTimeOld},
		{"messaging.rocketmq.consumption_model", slotConsumption},
		{"messaging.consumption_model", slotConsumptionOld},
		{"messaging.rocketmq.reconsume_times", slotReconsume},
		{"gray.message.attempt", slotAttempt},
		{"gray.decision", slotDecision},
	}
}

const (
	messageIDKey    = "messaging.message.id"
	messageIDOldKey = "messaging.message_id"
)

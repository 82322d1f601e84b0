package brokertest

// Version is a release of RocketMQ.
type Version string

// The releases that the instrumentation is tested with: the last of 4.9 on Maven
// Central, and one of 5.x.
const (
	V4 Version = "4.9.7"
	V5 Version = "5.3.3"
)

// Versions returns all of them.
func Versions() []Version { return []Version{V4, V5} }

// Package brokertest runs real RocketMQ brokers for tests: a name server and a
// broker of a release, from the jars of Maven Central, each in a JVM of its own on
// 127.0.0.1 with free ports. They end with the test, and with the test's process
// however that ends.
//
//	var brokers brokertest.Pool // one broker of each kind for all tests of a package
//
//	func TestMain(m *testing.M) { os.Exit(brokers.Run(m)) }
//
//	func TestOrder(t *testing.T) {
//		brokers.Each(t, func(t *testing.T, b *brokertest.Broker) { // on every version
//			topic := b.Topic(t, "ORDER", 4) // a name of this test alone
//			group := b.Group(t, "order")
//			…
//		})
//	}
//
// Needed are Java 8 or newer and Maven; .ci/brokers installs them. Without them
// tests skip, loudly; with CI=true they fail. The jars are kept below the user's
// cache folder; processes that need them at once wait for each other.
package brokertest

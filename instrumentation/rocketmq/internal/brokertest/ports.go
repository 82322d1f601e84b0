package brokertest

import (
	"fmt"
	"net"
)

// freePorts returns a port for a name server and one for a broker. A broker takes
// three: its own, the one two below (for clients of high priority) and the one
// above (for slaves). They are free when this returns; whoever takes one of them
// before the server does makes its start fail, and the start is tried again.
func freePorts() (nameServer, broker int, err error) {
	const tries = 100
	for range tries {
		held, port, err := listen(0)
		if err != nil {
			return 0, 0, err
		}
		others, ok := listenAll(port-2, port+1)
		name, nameServer, err := listen(0)
		closeAll(append(others, held, name))
		if ok && err == nil && port > 1026 {
			return nameServer, port, nil
		}
	}
	return 0, 0, fmt.Errorf("found no three free ports for a broker in %d tries", tries)
}

func listen(port int) (net.Listener, int, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)) //nolint:noctx // the port is given back at once
	if err != nil {
		return nil, 0, err
	}
	return l, l.Addr().(*net.TCPAddr).Port, nil
}

func listenAll(ports ...int) (held []net.Listener, ok bool) {
	for _, p := range ports {
		if p < 1 || p > 65535 {
			return held, false
		}
		l, _, err := listen(p)
		if err != nil {
			return held, false
		}
		held = append(held, l)
	}
	return held, true
}

func closeAll(held []net.Listener) {
	for _, l := range held {
		if l != nil {
			l.Close()
		}
	}
}

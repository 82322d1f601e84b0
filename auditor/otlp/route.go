package otlp

import "strings"

// maxRoutePart bounds each part that is put together into a route.
const maxRoutePart = 1024

// route names the entry operation of a SERVER span as the policy's ignore list
// does: "package.Service/Method" or "METHOD /route"; "" if nothing tells it.
func (d *Decoder) route() string {
	if d.seen&onRPCMethod != 0 {
		return d.rpcRoute()
	}
	path := d.path()
	method := d.str(onMethod)
	if path == "" || method == "" {
		return path
	}
	return d.join(method, ' ', path)
}

func (d *Decoder) rpcRoute() string {
	service, method := d.str(onRPCService), d.str(onRPCMethod)
	if service == "" || strings.Contains(method[:min(len(method), maxRoutePart)], "/") {
		return method // the newer conventions have the full name in one
	}
	return d.join(service, '/', method)
}

// path returns the route's template if there is one, else the path asked for.
func (d *Decoder) path() string {
	if p := d.str(onPath); p != "" {
		return p
	}
	if t := d.str(onTarget); t != "" {
		return untilQuery(t)
	}
	return urlPath(d.str(onURL))
}

// urlPath cuts the path out of an absolute URL, "/" where it has none.
func urlPath(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	rest = untilQuery(rest)
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return "/"
}

func untilQuery(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i]
	}
	return s
}

// join puts a and b together in scratch memory.
func (d *Decoder) join(a string, separator byte, b string) string {
	a, b = a[:min(len(a), maxRoutePart)], b[:min(len(b), maxRoutePart)]
	return d.built(append(append(append(d.buf, a...), separator), b...))
}

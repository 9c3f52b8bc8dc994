package courier

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// Where large packets are swallowed on the way and nobody says so, the system's
// TCP repeats them for ever. A handshake that goes in small segments then comes
// through where whole ones did not, and its SYN bounds what the centre sends too.
const (
	smallSegment = 1200             // bytes: with all headers no packet is above 1280
	silentHands  = 2                // handshakes that nobody answers, before one goes small
	smallFor     = time.Hour        // a network is known for it; then whole ones are tried again
	handsEvery   = 3 * time.Second  // another handshake, while the last has no answer
	handsTime    = 20 * time.Second // until a connection over which requests go stands
)

// holes are the networks on whose way large packets were swallowed.
type holes struct {
	network func() string
	mu      sync.Mutex
	until   map[string]time.Time
}

// here says whether large packets were lately swallowed in this network.
func (h *holes) here() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.until) > 0 && time.Now().Before(h.until[h.network()])
}

func (h *holes) note() {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.until, func(_ string, until time.Time) bool { return time.Now().After(until) })
	h.until[h.network()] = time.Now().Add(smallFor)
}

// hands are the handshakes that are tried beside one another for one connection.
type hands struct {
	holes  *holes
	mu     sync.Mutex
	silent [2]int // begun and not answered: with whole segments, with small ones
}

// small says whether the next handshake is to go in small segments.
func (h *hands) small() bool {
	if h.holes.here() {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.silent[0] >= silentHands && h.silent[1] < h.silent[0]
}

// shake does a handshake over a connection that stands, and takes in how it
// went. One that was given up, or overtaken by another, had no answer.
func (h *hands) shake(ctx context.Context, conn *tls.Conn, small bool) error {
	n := 0
	if small {
		n = 1
	}
	h.mu.Lock()
	h.silent[n]++
	h.mu.Unlock()
	err := conn.HandshakeContext(ctx)
	if err != nil && ctx.Err() != nil {
		return err
	}
	h.mu.Lock()
	h.silent[n]--
	swallowed := err == nil && small && h.silent[0] >= silentHands
	h.mu.Unlock()
	if swallowed {
		h.holes.note()
	}
	return err
}

// shrunk is a dialler of connections with small segments.
func shrunk(d net.Dialer) net.Dialer {
	control := d.Control
	d.Control = func(network, addr string, c syscall.RawConn) error {
		if err := shrink(c); err != nil || control == nil {
			return err
		}
		return control(network, addr, c)
	}
	return d
}

// secured dials for requests: handshakes follow one another until one is
// answered, as those of a stream do.
func (r *road) secured(d net.Dialer, conf *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, handsTime)
		defer cancel()
		conf := conf.Clone()
		conf.ServerName = hostOf(addr)
		h := &hands{holes: &r.holes}
		c, err := race(ctx, mostHands, handsEvery, func(ctx context.Context) (*tls.Conn, error) {
			small := h.small()
			under, err := r.dialAt(ctx, d, addr, small)
			if err != nil {
				return nil, err
			}
			c := tls.Client(under, conf)
			if err := h.shake(ctx, c, small); err != nil {
				under.Close()
				return nil, err
			}
			return c, nil
		}, func(c *tls.Conn) { c.NetConn().Close() })
		if err != nil {
			return nil, err // and no connection that is nil
		}
		return c, nil
	}
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

// proxyBeside is the proxy that secured does not ask for a way through itself.
func (r *road) proxyBeside(q *http.Request) (*url.URL, error) {
	u, err := r.proxy(q)
	if u != nil && tunnels(u) {
		return nil, err
	}
	return u, err
}

func tunnels(proxy *url.URL) bool { return proxy.Scheme == "http" || proxy.Scheme == "https" }

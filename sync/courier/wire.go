package courier

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// errNoStream says that who answered knows no streams: a centre of an earlier
// version, or something on the way that does not let them through.
var errNoStream = errors.New("no stream to be had")

// errBroke says that a connection was there and broke off before the stream.
var errBroke = errors.New("the connection broke off at its beginning")

// gathering is a connection whose writes are gathered until flush, so that
// several records of TLS go out in one.
type gathering struct {
	net.Conn
	mu  sync.Mutex
	on  bool
	buf []byte
}

const gatherMost = 128 << 10

func (g *gathering) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.on {
		return g.Conn.Write(b)
	}
	g.buf = append(g.buf, b...)
	if len(g.buf) > gatherMost {
		return len(b), g.out()
	}
	return len(b), nil
}

func (g *gathering) out() error {
	if len(g.buf) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.buf)
	g.buf = g.buf[:0]
	return err
}

func (g *gathering) flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.out()
}

// wire is a connection of a stream.
type wire struct {
	under   *gathering
	conn    *tls.Conn
	r       *bufio.Reader
	request *http.Request
	greeted bool // the centre's first answer was read
	server  string
}

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 8<<10) }

func (w *wire) close() { w.under.Conn.Close() }

// write sends bytes at once.
func (w *wire) write(b []byte) error {
	if _, err := w.conn.Write(b); err != nil {
		return err
	}
	return w.under.flush()
}

// greet reads the centre's first answer: whether there will be a stream.
func (w *wire) greet() error {
	const op = "courier.stream"
	if w.greeted {
		return nil
	}
	resp, err := http.ReadResponse(w.r, w.request)
	if err != nil {
		return err
	}
	w.greeted = true
	if resp.StatusCode == http.StatusSwitchingProtocols && resp.Header.Get("Upgrade") == parcel.StreamProtocol {
		w.server = resp.Header.Get(parcel.ServerHeader)
		return nil
	}
	p := &refusal{status: resp.StatusCode}
	if err := parcel.DecodeJSON(io.LimitReader(resp.Body, parcel.MaxJSON), parcel.MaxJSON, &p.Problem); err == nil && p.Kind != fault.Missing.String() {
		return asksFor(refused(op, p), resp.Header)
	}
	return fault.New(op, fault.Unsupported, errNoStream)
}

// dialTCP connects to the centre, through a proxy where there is one.
func (r *road) dialTCP(ctx context.Context, small bool) (net.Conn, error) {
	u, err := url.Parse(r.base)
	if err != nil {
		return nil, fault.New("courier.dial", fault.Input, err)
	}
	addr := u.Host
	if u.Port() == "" {
		addr = net.JoinHostPort(u.Hostname(), "443")
	}
	return r.dialAt(ctx, net.Dialer{KeepAlive: 15 * time.Second, Control: lowat}, addr, small)
}

// dialAt connects to an address, through a proxy where there is one.
func (r *road) dialAt(ctx context.Context, d net.Dialer, addr string, small bool) (net.Conn, error) {
	const op = "courier.dial"
	if r.dial != nil {
		return r.dial(ctx, addr)
	}
	if small {
		d = shrunk(d)
	}
	proxy, err := r.proxy(&http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: addr}})
	if err != nil {
		return nil, fault.New(op, fault.Offline, err)
	}
	switch {
	case proxy == nil:
		return d.DialContext(ctx, "tcp", addr)
	case !tunnels(proxy):
		return nil, fault.New(op, fault.Unsupported, errNoStream)
	}
	return tunnel(ctx, &d, proxy, addr)
}

// tunnel asks a proxy for a way through.
func tunnel(ctx context.Context, d *net.Dialer, proxy *url.URL, addr string) (net.Conn, error) {
	const op = "courier.proxy"
	at := proxy.Host
	if proxy.Port() == "" {
		at = net.JoinHostPort(proxy.Hostname(), map[string]string{"http": "80", "https": "443"}[proxy.Scheme])
	}
	conn, err := d.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if u := proxy.User; u != nil {
		word, _ := u.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+word)))
	}
	if err := req.Write(conn); err != nil {
		conn.Close()
		return nil, err
	}
	// Nothing comes behind the proxy's answer before the laptop speaks.
	resp, err := http.ReadResponse(bufio.NewReaderSize(oneByte{conn}, 16), req)
	switch {
	case err != nil:
	case resp.StatusCode == http.StatusProxyAuthRequired:
		err = fault.Say(op, fault.Offline, "上网代理要求登录，请检查代理的用户名和密码。", errors.New("the proxy wants a login"))
	case resp.StatusCode != http.StatusOK:
		err = fault.New(op, fault.Offline, fmt.Errorf("the proxy answered %d", resp.StatusCode))
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// oneByte reads a byte at a time, so that nothing behind the answer is taken.
type oneByte struct{ io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.Reader.Read(b[:min(len(b), 1)]) }

// newWire makes a wire of a connection, before its handshake.
func newWire(conn net.Conn, conf *tls.Config) *wire {
	w := &wire{under: &gathering{Conn: conn}}
	w.conn = tls.Client(w.under, conf)
	return w
}

// secure makes a stream's connection of one that is there. The centre's answer
// is read later, and its sender need not wait for it.
func (r *road) secure(ctx context.Context, conn net.Conn, h *hands, small bool, lane string) (*wire, error) {
	w := newWire(conn, r.stream)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err := h.shake(ctx, w.conn, small)
	if err == nil {
		err = r.upgrade(w, lane)
	}
	if err != nil {
		conn.Close()
		if k := fault.KindOf(err); k == fault.Other && ctx.Err() == nil && !refusedTLS(err) && !noTLS(err) {
			err = fmt.Errorf("%w: %w", errBroke, err)
		}
		return nil, err
	}
	return w, nil
}

// upgrade asks over a connection whose handshake is done for a stream.
func (r *road) upgrade(w *wire, lane string) (err error) {
	r.move()
	w.under.on = true
	w.r = newReader(w.conn)
	if w.request, err = http.NewRequest(http.MethodGet, r.base+parcel.StreamPath, nil); err != nil {
		return err
	}
	w.request.Header.Set("Connection", "Upgrade")
	w.request.Header.Set("Upgrade", parcel.StreamProtocol)
	w.request.Header.Set("User-Agent", "")
	w.request.Header.Set(parcel.LaneHeader, lane)
	if err := w.request.Write(w.conn); err != nil {
		return err
	}
	return w.under.flush()
}

// refusedTLS says whether the centre did not take this laptop's certificate.
func refusedTLS(err error) bool { return strings.Contains(err.Error(), "remote error: tls:") }

// noTLS says whether who answered speaks no TLS at all.
func noTLS(err error) bool {
	var h tls.RecordHeaderError
	return errors.As(err, &h) && h.Conn != nil || errors.Is(err, http.ErrSchemeMismatch)
}

// race begins an attempt, and another one whenever the last has been silent for
// some time, and gives the first that succeeds. Of more than most under way the
// oldest is given up. It ends with an error when all that were begun have
// failed, and no sooner than that.
func race[T any](ctx context.Context, most int, every time.Duration, begin func(context.Context) (T, error), drop func(T)) (T, error) {
	type end struct {
		t   T
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	ends := make(chan end)
	var under []context.CancelFunc // one for each attempt whose end was not read
	givenUp := 0
	try := func() {
		actx, stop := context.WithCancel(ctx)
		under = append(under, stop)
		if n := len(under) - givenUp; n > most {
			under[givenUp]()
			givenUp++
		}
		go func() {
			defer stop()
			t, err := begin(actx)
			ends <- end{t, err}
		}()
	}
	left := 0
	defer func() {
		cancel()
		for range left {
			if e := <-ends; e.err == nil {
				drop(e.t)
			}
		}
	}()
	try()
	left++
	begun := time.Now()
	for wait := every; ; {
		select {
		case e := <-ends:
			left--
			if e.err == nil || left == 0 {
				return e.t, e.err
			}
		case <-time.After(wait):
			try()
			left++
			if time.Since(begun) > eagerTime {
				wait = min(wait*5/4, 5*time.Second)
			}
		}
	}
}

// eagerTime is how long attempts follow one another quickly: a road that is
// closed for longer is looked at less often.
const eagerTime = 3 * time.Second

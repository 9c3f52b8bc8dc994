package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// relayTransport makes connections that are upgraded, which HTTP/2 has not.
func (r *road) relayTransport(conf *tls.Config) *http.Transport {
	conf.NextProtos = []string{"http/1.1"}
	d := net.Dialer{Timeout: 15 * time.Second, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 3}}
	one := new(http.Protocols)
	one.SetHTTP1(true)
	return &http.Transport{Proxy: r.proxyBeside, DialContext: d.DialContext, DialTLSContext: r.secured(d, conf), TLSClientConfig: conf, Protocols: one,
		TLSHandshakeTimeout: 20 * time.Second, ResponseHeaderTimeout: 20 * time.Second, DisableCompression: true, MaxResponseHeaderBytes: 32 << 10}
}

// relay connects to the centre's relay for a session. Whether the other laptop
// comes shows when it speaks.
func (p *Peers) relay(ctx context.Context, session, with uuid.UUID) (net.Conn, error) {
	c, elsewhere, err := p.relayAt(ctx, p.road.base, session, with)
	if elsewhere != "" {
		// Of a centre with several servers another one holds the session. It
		// must show a certificate of the same authority.
		if c, elsewhere, err = p.relayAt(ctx, elsewhere, session, with); elsewhere != "" {
			return nil, fault.New("courier.relay", fault.Offline, errors.New("sent from server to server"))
		}
	}
	return c, err
}

func (p *Peers) relayAt(ctx context.Context, base string, session, with uuid.UUID) (conn net.Conn, elsewhere string, err error) {
	const op = "courier.relay"
	var under net.Conn
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { under = i.Conn }})
	req, err := http.NewRequestWithContext(traced, "GET", base+"/v1/relay/"+session.String()+"?with="+with.String(), nil)
	if err != nil {
		return nil, "", fault.New(op, fault.Input, err)
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", parcel.RelayProtocol)
	resp, err := p.relays.RoundTrip(req)
	if err != nil {
		return nil, "", roadFault(ctx, op, err)
	}
	if body, ok := resp.Body.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols && under != nil &&
		resp.Header.Get("Upgrade") == parcel.RelayProtocol {
		return &relayConn{ReadWriteCloser: body, under: under}, "", nil
	}
	defer resp.Body.Close()
	typ, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	r := &refusal{status: resp.StatusCode}
	if resp.StatusCode < 400 || typ != parcel.TypeJSON || parcel.DecodeJSON(resp.Body, parcel.MaxJSON, &r.Problem) != nil {
		return nil, "", fault.New(op, fault.Untrusted, fmt.Errorf("status %d of type %q", resp.StatusCode, typ))
	}
	if r.Code == parcel.CodeElse {
		if r.Detail != "" {
			if elsewhere, err = address(r.Detail); err == nil {
				return nil, elsewhere, nil
			}
		}
		return nil, "", fault.New(op, fault.Offline, errors.New("at another server, whose address is not known"))
	}
	return nil, "", refused(op, r)
}

// relayConn is a net.Conn through the centre.
type relayConn struct {
	io.ReadWriteCloser
	under net.Conn
	until atomic.Int64 // the write deadline asked for; 0: none
}

// Write gives up when for as long as a stall no byte is taken.
func (c *relayConn) Write(b []byte) (int, error) {
	by := time.Now().Add(stall)
	if u := c.until.Load(); u != 0 && time.Unix(0, u).Before(by) {
		by = time.Unix(0, u)
	}
	if err := c.under.SetWriteDeadline(by); err != nil {
		return 0, err
	}
	return c.ReadWriteCloser.Write(b)
}

func (c *relayConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *relayConn) SetReadDeadline(t time.Time) error { return c.under.SetReadDeadline(t) }

func (c *relayConn) SetWriteDeadline(t time.Time) error {
	n := int64(0)
	if !t.IsZero() {
		n = t.UnixNano()
	}
	c.until.Store(n)
	if t.IsZero() {
		t = time.Now().Add(stall)
	}
	return c.under.SetWriteDeadline(t) // a write under way heeds it too
}

func (c *relayConn) LocalAddr() net.Addr  { return c.under.LocalAddr() }
func (c *relayConn) RemoteAddr() net.Addr { return c.under.RemoteAddr() }

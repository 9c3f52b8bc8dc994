package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// PeersConfig is what the road to other laptops works with.
type PeersConfig struct {
	Profile store.Profile
	Server  string           // address of the centre; empty: the profile's
	Now     func() time.Time // clock for certificates; nil: the system's
	Log     *slog.Logger     // nil: nothing is logged

	Loopback  bool // offer the loopback address too: both laptops on one machine
	RelayOnly bool // look for no direct way
	// HeadStart is how long the direct way is alone, from the other laptop's
	// answer on; 0: two seconds.
	HeadStart time.Duration
}

// Peers is the road to other laptops of the county, wherever they are: the
// centre tells them of one another, and they find a direct way, or else the
// centre passes their bytes on. Nothing runs and nothing is asked before Dial,
// Listen or Who.
type Peers struct {
	cfg    PeersConfig
	device uuid.UUID
	cert   tls.Certificate
	ca     *x509.Certificate
	road   *road
	relays *http.Transport
	wg     sync.WaitGroup // of users and refusals
	quit   context.Context
	stop   context.CancelFunc

	mu       sync.Mutex
	closed   bool
	users    int                // who wants signals
	hang     context.CancelFunc // ends the pump
	pumped   chan struct{}      // closed when it has ended
	again    context.CancelFunc // ends the question under way
	dialling map[uuid.UUID]*call
	listener *PeerListener
	ice      []peer.Server
	iceAt    time.Time
	refusing int
}

// call is a session that this laptop began.
type call struct {
	to  uuid.UUID
	box chan signal
}

// PeerConn is a connection to another laptop of the county, which has shown
// its certificate.
type PeerConn struct {
	*tls.Conn
	Device  uuid.UUID // the other one
	Relayed bool      // through the centre, which sees its size and time alone
}

const (
	pollTime   = 40 * time.Second // of one question, which the centre answers within 25
	iceFor     = 10 * time.Minute // the county's servers are not asked for again
	maxAnswer  = 2 << 20          // bytes of signals at once
	shakeTime  = 15 * time.Second
	maxRefusal = 4 // refusals under way
)

// NewPeers makes the road of an enrolled laptop. fault.Input for an address
// that is none, fault.Damaged when the profile has no usable certificates.
func NewPeers(cfg PeersConfig) (*Peers, error) {
	const op = "courier.NewPeers"
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.HeadStart == 0 {
		cfg.HeadStart = headStart
	}
	if cfg.Server == "" {
		cfg.Server = cfg.Profile.Server
	}
	r, err := deviceRoad(cfg.Server, cfg.Profile, cfg.Now)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	ca, err := x509.ParseCertificate(cfg.Profile.CADER)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("authority's certificate"))
	}
	p := &Peers{cfg: cfg, device: cfg.Profile.Device, ca: ca, road: r, dialling: map[uuid.UUID]*call{},
		cert: tls.Certificate{Certificate: [][]byte{cfg.Profile.CertDER}, PrivateKey: cfg.Profile.Signer.Crypto()}}
	p.relays = r.relayTransport(seal.DeviceTLS(p.cert, ca, cfg.Now))
	p.quit, p.stop = context.WithCancel(context.Background())
	return p, nil
}

// Close ends the listener and what is being dialled, and waits for both.
// Connections that were given out stay.
func (p *Peers) Close() error {
	p.mu.Lock()
	p.closed = true
	l := p.listener
	p.mu.Unlock()
	p.stop()
	if l != nil {
		l.Close()
	}
	p.wg.Wait()
	p.mu.Lock()
	pumped := p.pumped
	p.mu.Unlock()
	if pumped != nil {
		<-pumped
	}
	p.road.close()
	p.relays.CloseIdleConnections()
	return nil
}

// Who lists the laptops that can be called now.
func (p *Peers) Who(ctx context.Context) ([]parcel.PeerDevice, error) {
	r, err := p.peers(ctx, "")
	if err != nil {
		return nil, fault.Wrap("courier.Who", err)
	}
	return r.Devices, nil
}

// peers asks who can be called, or whether one device can.
func (p *Peers) peers(ctx context.Context, query string) (*parcel.PeersResponse, error) {
	var out parcel.PeersResponse
	_, b, err := p.road.ask(ctx, request{method: "GET", path: "/v1/peers" + query, want: parcel.TypeJSON, limit: parcel.MaxJSON})
	if err != nil {
		return nil, notHere(err)
	}
	if err := parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxJSON, &out); err != nil {
		return nil, err
	}
	ice := make([]peer.Server, 0, len(out.ICE))
	for _, s := range out.ICE {
		ice = append(ice, peer.Server(s))
	}
	p.mu.Lock()
	p.ice, p.iceAt = ice, time.Now()
	p.mu.Unlock()
	return &out, nil
}

// options say how to look for a direct way: with the county's servers, where
// it has any and they can be asked for.
func (p *Peers) options(ctx context.Context) peer.Options {
	p.mu.Lock()
	old := time.Since(p.iceAt) > iceFor
	p.mu.Unlock()
	if old {
		if _, err := p.peers(ctx, ""); err != nil {
			p.cfg.Log.Info("servers of the county not known", "kind", fault.KindOf(err).String())
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return peer.Options{Servers: p.ice, Loopback: p.cfg.Loopback}
}

// post sends a signal.
func (p *Peers) post(ctx context.Context, to uuid.UUID, s signal) error {
	b, err := s.encode()
	if err != nil {
		return err
	}
	_, _, err = p.road.ask(ctx, request{method: "POST", path: "/v1/signal/" + to.String(), typ: parcel.TypeChunk, body: b})
	return notHere(err)
}

// notHere gives the centre's word that it does not know a device the clerk's.
func notHere(err error) error {
	if r := (*refusal)(nil); errors.As(err, &r) && r.status == http.StatusNotFound {
		return fault.Say("courier.Peers", fault.Missing, "中心没有这台电脑的登记，或已停用它。", err)
	}
	return err
}

// use keeps the pump running until done is called.
func (p *Peers) use() (done func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fault.New("courier.Peers", fault.Cancelled, net.ErrClosed)
	}
	p.wg.Add(1)
	if p.users++; p.users == 1 {
		before := p.pumped
		ctx, cancel := context.WithCancel(p.quit)
		p.hang, p.pumped = cancel, make(chan struct{})
		go p.pump(ctx, before, p.pumped)
	} else if p.again != nil {
		p.again() // ask anew, for who listens may have changed
	}
	return sync.OnceFunc(func() {
		defer p.wg.Done()
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.users--; p.users == 0 {
			p.hang()
		}
	}), nil
}

// pump fetches signals and hands them on, until ctx ends.
func (p *Peers) pump(ctx context.Context, before, over chan struct{}) {
	defer close(over)
	if before != nil {
		<-before
	}
	var done []string
	seen := map[string]bool{}
	for fails := 0; ctx.Err() == nil; {
		got, err := p.fetch(ctx, done)
		switch {
		case ctx.Err() != nil:
			return
		case fault.KindOf(err) == fault.Cancelled:
			continue // asked to ask anew
		case err != nil:
			p.cfg.Log.Info("no signals", "kind", fault.KindOf(err).String(), "error", err.Error())
			t := time.NewTimer(min(backoff(fails), 15*time.Second))
			select {
			case <-t.C:
			case <-ctx.Done():
			}
			t.Stop()
			fails++
			continue
		}
		fails, done = 0, done[:0]
		if len(seen) > 1024 {
			clear(seen)
		}
		for _, s := range got {
			if done = append(done, s.ID); !seen[s.ID] {
				seen[s.ID] = true
				p.heed(s)
			}
		}
	}
}

func (p *Peers) fetch(ctx context.Context, done []string) ([]parcel.Signal, error) {
	const op = "courier.fetch"
	ctx, cancel := context.WithTimeoutCause(ctx, pollTime, errStalled)
	defer cancel()
	ctx, again := context.WithCancel(ctx)
	defer again()
	p.mu.Lock()
	p.again = again
	q := parcel.SignalQuestion{Done: done, Listen: p.listener != nil}
	p.mu.Unlock()
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	_, b, err := p.road.ask(ctx, request{method: "POST", path: "/v1/signal", typ: parcel.TypeJSON, body: body, want: parcel.TypeJSON, limit: maxAnswer})
	if err != nil {
		return nil, err
	}
	var out parcel.SignalAnswer
	if err := parcel.DecodeJSON(bytes.NewReader(b), maxAnswer, &out); err != nil {
		return nil, err
	}
	if len(out.Signals) > parcel.MaxDone {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	return out.Signals, nil
}

// heed hands a signal to whom it is for.
func (p *Peers) heed(s parcel.Signal) {
	m, err := parseSignal(s.Body)
	if err != nil {
		p.cfg.Log.Info("signal not understood", "from", s.From)
		return
	}
	p.mu.Lock()
	c, l := p.dialling[m.Session], p.listener
	p.mu.Unlock()
	switch {
	case m.Kind == signalAnswer || m.Kind == signalNo:
		if c != nil && c.to == s.From {
			select {
			case c.box <- m:
			default: // one answer is enough
			}
		}
	case l == nil || !l.take(s.From, m):
		p.refuse(s.From, m.Session)
	}
}

// refuse says that this laptop does not come, where it does not say so too
// often already.
func (p *Peers) refuse(to, session uuid.UUID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.refusing >= maxRefusal {
		return
	}
	p.refusing++
	p.wg.Go(func() {
		ctx, cancel := context.WithTimeout(p.quit, shakeTime)
		defer cancel()
		_ = p.post(ctx, to, signal{Session: session, Kind: signalNo}) // a courtesy
		p.mu.Lock()
		p.refusing--
		p.mu.Unlock()
	})
}

// shake makes of a way a connection with the other laptop and no other.
func (p *Peers) shake(ctx context.Context, raw net.Conn, with uuid.UUID, relayed, client bool) (*PeerConn, error) {
	const op = "courier.shake"
	conf := seal.NeighbourTLS(p.cert, p.ca, p.cfg.Now, func(device string) error {
		if device != with.String() {
			return fault.New(op, fault.Untrusted, errors.New("another laptop"))
		}
		return nil
	})
	conn := tls.Server(raw, conf)
	if client {
		conn = tls.Client(raw, conf)
	}
	ctx, cancel := context.WithTimeout(ctx, shakeTime)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, wayFault(ctx, op, err)
	}
	return &PeerConn{conn, with, relayed}, nil
}

// wayFault names what went wrong between two laptops.
func wayFault(ctx context.Context, op string, err error) error {
	if k := fault.KindOf(err); k != fault.Other && k != fault.Cancelled {
		return fault.Wrap(op, err)
	}
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return fault.New(op, fault.Cancelled, ctx.Err())
	}
	return fault.New(op, fault.Offline, err)
}

package courier

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
	"github.com/google/uuid"
)

const (
	dialTime   = 45 * time.Second
	answerTime = 15 * time.Second // for the other laptop's word
	headStart  = 2 * time.Second  // of the direct way, from that word on
)

// errNo is the other laptop's refusal.
func errNo() error {
	return fault.Say("courier.Dial", fault.Offline, "对方电脑现在不接受连接，请对方打开同步页面后重试。", errors.New("not now"))
}

func errSilent() error {
	return fault.Say("courier.Dial", fault.Offline, "对方电脑没有应答：可能没有开机、没有登录或没有联网。", errors.New("no answer"))
}

// dial is one call to another laptop.
type dial struct {
	*Peers
	call
	session  uuid.UUID
	answered chan struct{} // closed when the other one has spoken
	failed   chan struct{} // closed when there is no direct way
	ways     chan way      // of both kinds, each at most once
}

type way struct {
	conn    net.Conn
	relayed bool
	err     error
}

// Dial connects to another laptop of the county: by a direct way where there
// is one, else through the centre. fault.Offline with the clerk's words when
// it cannot be reached, fault.Missing when the centre does not know it,
// fault.Untrusted when who answers is another. After a broken connection the
// caller dials again: the way is looked for anew.
func (p *Peers) Dial(ctx context.Context, device uuid.UUID) (*PeerConn, error) {
	const op = "courier.Dial"
	done, err := p.use()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, dialTime, errSilent())
	closing := context.AfterFunc(p.quit, cancel)
	conn, err := p.dial(ctx, cancel, device, done)
	closing()
	return conn, fault.Wrap(op, err)
}

func (p *Peers) dial(ctx context.Context, cancel context.CancelFunc, device uuid.UUID, done func()) (*PeerConn, error) {
	who, err := p.peers(ctx, "?device="+device.String())
	if err == nil && len(who.Devices) == 0 {
		err = errSilent()
	}
	if err != nil {
		cancel()
		done()
		return nil, err
	}
	d := &dial{Peers: p, call: call{device, make(chan signal, 1)}, session: uuid.New(),
		answered: make(chan struct{}), failed: make(chan struct{}), ways: make(chan way, 2)}
	p.mu.Lock()
	p.dialling[d.session] = &d.call
	p.mu.Unlock()
	var looking sync.WaitGroup
	looking.Go(func() { d.lookDirect(ctx) })
	looking.Go(func() { d.lookRelay(ctx) })
	conn, err := d.first(ctx)
	cancel()
	// What lost ends by itself: Close waits for it, the caller need not.
	go func() {
		defer done()
		looking.Wait()
		close(d.ways)
		for w := range d.ways {
			if w.conn != nil {
				w.conn.Close()
			}
		}
		p.mu.Lock()
		delete(p.dialling, d.session)
		p.mu.Unlock()
	}()
	return conn, err
}

// first is the first way over which the other laptop shows who it is.
func (d *dial) first(ctx context.Context) (*PeerConn, error) {
	var worst error
	for range 2 {
		var w way
		select {
		case w = <-d.ways:
		case <-ctx.Done():
			return nil, roadFault(ctx, "courier.Dial", ctx.Err())
		}
		if w.err == nil {
			c, err := d.shake(ctx, w.conn, d.to, w.relayed, true)
			if err == nil {
				return c, nil
			}
			w.err = err
		}
		if k := fault.KindOf(worst); worst == nil || k == fault.Cancelled || fault.KindOf(w.err) == fault.Untrusted {
			worst = w.err
		}
	}
	return nil, worst
}

func (d *dial) lookDirect(ctx context.Context) {
	if d.cfg.RelayOnly {
		close(d.failed)
		d.ways <- way{err: fault.New("courier.Dial", fault.Cancelled, errors.New("no direct way wanted"))}
		return
	}
	conn, err := direct(peer.Dial(ctx, d.options(ctx), d.exchange))
	if err != nil {
		close(d.failed)
	}
	d.ways <- way{conn, false, err}
}

// exchange carries the offer to the other laptop and brings its answer.
func (d *dial) exchange(ctx context.Context, offer []byte) ([]byte, error) {
	if err := d.post(ctx, d.to, signal{d.session, signalOffer, offer}); err != nil {
		return nil, err
	}
	late := time.NewTimer(answerTime)
	defer late.Stop()
	select {
	case m := <-d.box:
		if m.Kind == signalNo {
			return nil, errNo()
		}
		close(d.answered)
		return m.Body, nil
	case <-late.C:
		return nil, errSilent()
	case <-ctx.Done():
		return nil, roadFault(ctx, "courier.exchange", ctx.Err())
	}
}

// lookRelay waits whether there is a direct way, and meets the other laptop
// at the centre when there seems to be none.
func (d *dial) lookRelay(ctx context.Context) {
	conn, err := d.viaCentre(ctx)
	d.ways <- way{conn, true, err}
}

func (d *dial) viaCentre(ctx context.Context) (net.Conn, error) {
	const op = "courier.viaCentre"
	select {
	case <-d.answered:
		t := time.NewTimer(d.cfg.HeadStart)
		defer t.Stop()
		select {
		case <-t.C:
		case <-d.failed:
		case <-ctx.Done():
			return nil, roadFault(ctx, op, ctx.Err())
		}
	case <-d.failed:
		// Without a word of the other laptop it would not come to the relay.
		if !d.cfg.RelayOnly {
			return nil, fault.New(op, fault.Cancelled, errors.New("no answer"))
		}
	case <-ctx.Done():
		return nil, roadFault(ctx, op, ctx.Err())
	}
	if err := d.post(ctx, d.to, signal{Session: d.session, Kind: signalRelay}); err != nil {
		return nil, err
	}
	return d.relay(ctx, d.session, d.to)
}

package courier

import (
	"context"
	"net"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
	"github.com/google/uuid"
)

// Limits of who calls.
const (
	maxSetups   = 8 // sessions being made at once
	maxSetupsOf = 2 // and of one laptop among them
	setupTime   = 45 * time.Second
)

// PeerListener gives the connections that other laptops of the county make.
// It is a net.Listener.
type PeerListener struct {
	peers *Peers
	ctx   context.Context
	end   context.CancelFunc
	leave func()
	conns chan *PeerConn
	wg    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	setups map[uuid.UUID]int
}

// Listen lets other laptops call this one until ctx ends or Close. There is
// one listener at a time: fault.Busy.
func (p *Peers) Listen(ctx context.Context) (*PeerListener, error) {
	const op = "courier.Listen"
	l := &PeerListener{peers: p, conns: make(chan *PeerConn), setups: map[uuid.UUID]int{}}
	l.ctx, l.end = context.WithCancel(ctx)
	p.mu.Lock()
	if p.listener != nil {
		p.mu.Unlock()
		l.end()
		return nil, fault.New(op, fault.Busy, nil)
	}
	p.listener = l
	p.mu.Unlock()
	var err error
	if l.leave, err = p.use(); err != nil {
		l.leave = func() {}
		l.Close()
		return nil, fault.Wrap(op, err)
	}
	return l, nil
}

// Accept gives the next connection, a *PeerConn; net.ErrClosed after the end.
func (l *PeerListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Addr names this laptop.
func (l *PeerListener) Addr() net.Addr { return peerAddr(l.peers.device.String()) }

type peerAddr string

func (peerAddr) Network() string  { return "doorstep-peer" }
func (a peerAddr) String() string { return string(a) }

// Close lets nobody call any more, and waits for sessions that are being made.
// Connections that Accept gave stay.
func (l *PeerListener) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.end()
	l.leave()
	l.peers.mu.Lock()
	if l.peers.listener == l {
		l.peers.listener = nil
	}
	l.peers.mu.Unlock()
	l.wg.Wait()
	return nil
}

// take makes a session of an offer or a call to the relay; false when there
// are enough.
func (l *PeerListener) take(from uuid.UUID, m signal) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := 0
	for _, n := range l.setups {
		all += n
	}
	if l.closed || l.ctx.Err() != nil || all >= maxSetups || l.setups[from] >= maxSetupsOf {
		return false
	}
	l.setups[from]++
	l.wg.Go(func() {
		ctx, cancel := context.WithTimeout(l.ctx, setupTime)
		defer cancel()
		c, err := l.setUp(ctx, from, m)
		l.mu.Lock()
		if l.setups[from]--; l.setups[from] == 0 {
			delete(l.setups, from)
		}
		l.mu.Unlock()
		if err != nil {
			l.peers.cfg.Log.Info("session not made", "from", from, "kind", fault.KindOf(err).String(), "way", m.Kind, "error", err.Error())
			return
		}
		select {
		case l.conns <- c:
		case <-ctx.Done():
			c.Close()
		}
	})
	return true
}

func (l *PeerListener) setUp(ctx context.Context, from uuid.UUID, m signal) (*PeerConn, error) {
	p := l.peers
	var raw net.Conn
	var err error
	if m.Kind == signalRelay {
		raw, err = p.relay(ctx, m.Session, from)
	} else {
		raw, err = direct(peer.Answer(ctx, p.options(ctx), m.Body, func(ctx context.Context, answer []byte) error {
			return p.post(ctx, from, signal{m.Session, signalAnswer, answer})
		}))
	}
	if err != nil {
		return nil, err
	}
	return p.shake(ctx, raw, from, m.Kind == signalRelay, false)
}

// direct keeps a nil of one type from becoming a way of another.
func direct(c *peer.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

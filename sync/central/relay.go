package central

import (
	"bufio"
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Limits of the relay.
const (
	relayWait   = 30 * time.Second // for the other half
	relayIdle   = 2 * time.Minute  // without a byte either way
	relayTake   = 30 * time.Second // that one half takes no byte
	relayLook   = 15 * time.Second // whether both may still be here
	relayBuffer = 32 << 10
	maxHalves   = 128 // connections to this server's relay
	maxOfDevice = 4
)

// half is one laptop's connection to the relay, waiting for the other's.
type half struct {
	device, with uuid.UUID
	other        chan *wire
	over         chan struct{} // closed when a newer one took its place
	done         chan struct{} // closed when nothing is passed on any more
}

// wire is a connection that was upgraded, with what was read ahead.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func (w *wire) Read(b []byte) (int, error) { return w.in.Read(b) }

// getRelay joins a laptop to another that asks for the same session.
func (c *Central) getRelay(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getRelay"
	session, sok := parseID(r.PathValue("session"))
	with, wok := parseID(r.URL.Query().Get("with"))
	if !sok || !wok || with == d.id || r.ProtoMajor != 1 || !strings.EqualFold(r.Header.Get("Upgrade"), parcel.RelayProtocol) {
		return fault.New(op, fault.Input, errors.New("session, device or upgrade"))
	}
	if err := c.board.allow(d.id, relaysAsked); err != nil {
		return err
	}
	if err := c.reaches(r.Context(), d, with); err != nil {
		return err
	}
	done, ok := c.board.begin()
	if !ok {
		return problemOf(op, fault.Busy, parcel.CodeBusy)
	}
	defer done()
	leave, err := c.board.enter(d.id)
	if err != nil {
		return err
	}
	defer leave()
	elsewhere, address, err := c.claim(r.Context(), session)
	if err != nil {
		return err
	}
	if elsewhere {
		b, _ := json.Marshal(parcel.Problem{Kind: fault.Conflict.String(), Code: parcel.CodeElse, Detail: address}) // strings
		send(w, http.StatusMisdirectedRequest, parcel.TypeJSON, b)
		return nil
	}
	h, first, err := c.board.meet(session, d.id, with)
	if err != nil {
		return err
	}
	conn, err := upgrade(w)
	if err != nil {
		c.board.giveUp(session, h, first)
		return err
	}
	defer conn.Close()
	c.metrics.sessions.Add(1)
	defer c.metrics.sessions.Add(-1)
	c.aside(context.WithoutCancel(r.Context()), func(ctx context.Context) {
		if first {
			defer close(h.done)
			c.relay(ctx, session, h, conn, d)
			return
		}
		h.other <- conn // has room for this one
		<-h.done
	})
	return nil
}

// enter counts a connection of a device; fault.Busy when there are enough.
func (s *switchboard) enter(d uuid.UUID) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.relays {
		all += n
	}
	if all >= maxHalves || s.relays[d] >= maxOfDevice {
		return nil, problemOf("central.relay", fault.Busy, parcel.CodeBusy)
	}
	s.relays[d]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.relays[d]--; s.relays[d] == 0 {
			delete(s.relays, d)
		}
	}, nil
}

// claim makes this server the session's, or says which one it is.
func (c *Central) claim(ctx context.Context, session uuid.UUID) (elsewhere bool, address string, err error) {
	const op = "central.claim"
	now := c.now()
	var server string
	err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.lock(ctx, tx, lockMeet); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM relays WHERE expires <= ?`, now.UnixMilli()); err != nil {
			return diskFault(op, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO relays (session, server, address, expires) VALUES (?, ?, ?, ?) ON CONFLICT (session) DO NOTHING`,
			session.String(), c.board.server.String(), c.address, now.Add(2*relayWait).UnixMilli()); err != nil {
			return diskFault(op, err)
		}
		return diskFault(op, tx.QueryRowContext(ctx, `SELECT server, address FROM relays WHERE session = ?`, session.String()).Scan(&server, &address))
	})
	return server != c.board.server.String(), address, err
}

// meet finds the half that waits for this device, or makes it the first.
func (s *switchboard) meet(session, device, with uuid.UUID) (h *half, first bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h = s.halves[session]
	switch {
	case h == nil:
	case h.device == with && h.with == device:
		delete(s.halves, session)
		return h, false, nil
	case h.device == device && h.with == with:
		close(h.over) // its laptop asks anew
	default:
		return nil, false, fault.New("central.meet", fault.Conflict, errors.New("session of others"))
	}
	h = &half{device: device, with: with, other: make(chan *wire, 1), over: make(chan struct{}), done: make(chan struct{})}
	s.halves[session] = h
	return h, true, nil
}

func (s *switchboard) forget(session uuid.UUID, h *half) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halves[session] == h {
		delete(s.halves, session)
	}
}

// giveUp ends a meeting in which one could not be upgraded.
func (s *switchboard) giveUp(session uuid.UUID, h *half, first bool) {
	s.forget(session, h)
	if first {
		close(h.done)
		return
	}
	h.other <- nil
}

// upgrade takes the connection out of HTTP.
func upgrade(w http.ResponseWriter) (*wire, error) {
	const op = "central.upgrade"
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, fault.New(op, fault.Unsupported, errors.New("the connection cannot be upgraded"))
	}
	_ = conn.SetDeadline(time.Now().Add(relayTake))
	_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+parcel.RelayProtocol+"\r\n\r\n")
	if err != nil {
		conn.Close()
		return nil, fault.New(op, fault.Offline, errors.New("gone"))
	}
	_ = conn.SetDeadline(time.Time{})
	if t, ok := conn.(*tls.Conn); ok {
		if t, ok := t.NetConn().(interface {
			SetKeepAliveConfig(net.KeepAliveConfig) error
		}); ok {
			_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 3})
		}
	}
	return &wire{conn, rw.Reader}, nil
}

// relay waits for the other half and passes bytes on until both have ended.
func (c *Central) relay(ctx context.Context, session uuid.UUID, h *half, a *wire, d *device) {
	end := time.NewTimer(relayWait)
	defer end.Stop()
	var b *wire
	select {
	case b = <-h.other:
	case <-end.C:
	case <-h.over:
	case <-c.board.quit:
	}
	c.board.forget(session, h)
	if b == nil {
		return
	}
	start := time.Now()
	up, down := c.pass(ctx, a, b, d, h.with)
	c.log.InfoContext(ctx, "relayed", "session", session, "device", h.device, "with", h.with, "up", up, "down", down,
		"seconds", int(time.Since(start).Seconds()))
	c.board.up.Add(up)
	c.board.down.Add(down)
	c.board.sessions.Add(1) // last: who counts it finds the rest
}

// pass carries bytes both ways, at the pace of who reads, until both sides
// have ended theirs, no byte moves, or one may no longer be here.
func (c *Central) pass(ctx context.Context, a, b *wire, d *device, with uuid.UUID) (up, down int64) {
	var moved atomic.Int64
	moved.Store(time.Now().UnixNano())
	var wg sync.WaitGroup
	var ups, downs atomic.Int64
	wg.Go(func() { carry(b, a, &moved, &ups) })
	wg.Go(func() { carry(a, b, &moved, &downs) })
	gone := make(chan struct{})
	go func() { wg.Wait(); close(gone) }()
	look := time.NewTicker(relayLook)
	defer look.Stop()
	for {
		select {
		case <-gone:
			return ups.Load(), downs.Load()
		case <-look.C:
			if time.Since(time.Unix(0, moved.Load())) < relayIdle && c.both(ctx, d, with) {
				continue
			}
		case <-c.board.quit:
		}
		a.Close()
		b.Close()
		<-gone
		return ups.Load(), downs.Load()
	}
}

// both says whether both devices are still of the county.
func (c *Central) both(ctx context.Context, d *device, with uuid.UUID) bool {
	_, err := c.device(ctx, d.id.String())
	return fault.KindOf(err) != fault.Denied && fault.KindOf(c.reaches(ctx, d, with)) != fault.Missing
}

// carry copies one way. An end that was meant is handed on; anything else ends
// both ways.
func carry(to, from *wire, moved, count *atomic.Int64) {
	buf := make([]byte, relayBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			moved.Store(time.Now().UnixNano())
			_ = to.SetWriteDeadline(time.Now().Add(relayTake))
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			} else {
				count.Add(int64(n))
				moved.Store(time.Now().UnixNano())
			}
		}
		switch {
		case err == io.EOF:
			if t, ok := to.Conn.(*tls.Conn); ok && t.CloseWrite() == nil {
				return
			}
			fallthrough
		case err != nil:
			to.Close()
			from.Close()
			return
		}
	}
}

// Relayed says what this server's relay has carried since it began.
func (c *Central) Relayed() (sessions, bytes int64) {
	return c.board.sessions.Load(), c.board.up.Load() + c.board.down.Load()
}

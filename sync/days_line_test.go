package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// sky is what a line does to the bytes on it.
type sky int

const (
	skyClear  sky = iota
	skyDown       // nobody can be reached, and connections break
	skySilent     // connections die without a word, and nobody answers
	skyFrozen     // nothing moves, and all of it does afterwards
)

// line is a network in memory, for a test whose clock stands still while all
// wait: real sockets would keep it from going on.
type line struct {
	mu    sync.Mutex
	door  chan net.Conn // of the centre; nil when nobody serves
	conns map[*wireEnd]bool
	sky   sky
	delay time.Duration // one way
	rate  int           // bytes a second each way; 0 as many as come
	cut   int64         // bytes until all connections break; 0 never
	free  [2]time.Time  // when the last byte of a way is through
	loss  *rand.Rand    // of one packet in fifty; nil: none is lost

	came atomic.Int64 // bytes that the centre got
}

// wireEnd is one of the two ends of a connection.
type wireEnd struct {
	l      *line
	up     int
	other  *wireEnd
	mu     sync.Mutex
	bytes  []flight
	lost   bool // silent for ever
	broken error
	until  time.Time // deadline of reads
	held   time.Time // until when what is written waits for one that was lost
	wake   chan struct{}
}

type flight struct {
	at time.Time // zero: it waits for the sky
	b  []byte
}

func newLine() *line { return &line{conns: map[*wireEnd]bool{}, delay: 20 * time.Millisecond} }

// Dial is a courier's way to the centre.
func (l *line) Dial(ctx context.Context, _ string) (net.Conn, error) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for {
		l.mu.Lock()
		sky, delay, door := l.sky, l.delay, l.door
		l.mu.Unlock()
		if sky == skyDown {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
		}
		wait := 2 * delay
		if sky != skyClear {
			wait = time.Second // the system asks again
		}
		select {
		case <-ctx.Done():
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
		case <-time.After(wait):
		}
		if sky != skyClear {
			continue
		}
		if door == nil {
			return nil, refused
		}
		a, b := &wireEnd{l: l, wake: make(chan struct{}, 1)}, &wireEnd{l: l, up: 1, wake: make(chan struct{}, 1)}
		a.other, b.other = b, a
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.door != door {
			return nil, refused
		}
		select {
		case door <- b:
			l.conns[a], l.conns[b] = true, true
			return a, nil
		default:
			return nil, refused
		}
	}
}

// serve opens a door for the centre.
func (l *line) serve() net.Listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.door = make(chan net.Conn, 256)
	return &lineDoor{l: l, conns: l.door, ended: make(chan struct{})}
}

// under changes the sky.
func (l *line) under(s sky, delay time.Duration, rate int, cut int64) {
	l.mu.Lock()
	l.sky, l.delay, l.rate, l.cut, l.free = s, delay, rate, cut, [2]time.Time{}
	ends := make([]*wireEnd, 0, len(l.conns))
	for e := range l.conns {
		ends = append(ends, e)
	}
	l.mu.Unlock()
	for _, e := range ends {
		e.mu.Lock()
		switch s {
		case skyDown:
			e.fail(syscall.ECONNRESET)
		case skySilent:
			e.lost, e.bytes = true, nil
		case skyClear:
			for i := range e.bytes {
				if e.bytes[i].at.IsZero() {
					e.bytes[i].at = time.Now().Add(delay)
				}
			}
			e.ring()
		}
		e.mu.Unlock()
	}
}

// shut lets nobody come to the centre any more, and ends all connections.
func (l *line) shut() {
	l.mu.Lock()
	l.door = nil
	l.mu.Unlock()
	l.breakAll()
}

// breakAll ends all connections.
func (l *line) breakAll() {
	l.mu.Lock()
	ends := l.conns
	l.conns = map[*wireEnd]bool{}
	l.mu.Unlock()
	for e := range ends {
		e.mu.Lock()
		e.fail(syscall.ECONNRESET)
		e.mu.Unlock()
	}
}

// weigh says when bytes that begin their way now arrive; broken, that they break
// the line.
func (l *line) weigh(n, up int) (at time.Time, broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut > 0 {
		if l.cut -= int64(n); l.cut <= 0 {
			l.cut = 0
			return at, true
		}
	}
	if l.sky == skyFrozen {
		return at, false
	}
	now := time.Now()
	if l.rate > 0 {
		if l.free[up].Before(now) {
			l.free[up] = now
		}
		l.free[up] = l.free[up].Add(time.Duration(n) * time.Second / time.Duration(l.rate))
		now = l.free[up]
	}
	return now.Add(l.delay), false
}

// fail breaks an end; the caller holds its lock.
func (e *wireEnd) fail(err error) {
	if e.broken == nil || e.broken == io.EOF {
		e.broken = err
	}
	e.ring()
}

func (e *wireEnd) ring() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *wireEnd) Write(b []byte) (int, error) {
	e.mu.Lock()
	broken, lost := e.broken, e.lost
	e.mu.Unlock()
	if broken != nil {
		return 0, broken
	}
	if lost {
		return len(b), nil
	}
	at, breaks := e.l.weigh(len(b), e.up)
	if breaks {
		e.l.breakAll()
		return 0, syscall.ECONNRESET
	}
	at = e.repaired(at, len(b))
	o := e.other
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.lost {
		o.bytes = append(o.bytes, flight{at, append([]byte(nil), b...)})
		o.ring()
	}
	return len(b), nil
}

// repaired is when bytes arrive of which some may be lost and go again: what is
// written behind them waits, on this connection alone.
func (e *wireEnd) repaired(at time.Time, n int) time.Time {
	e.l.mu.Lock()
	again := time.Duration(0)
	for ; e.l.loss != nil && n > 0; n -= 1440 {
		if e.l.loss.IntN(50) == 0 {
			again = 4 * e.l.delay
		}
	}
	e.l.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if at = at.Add(again); at.Before(e.held) {
		at = e.held
	}
	if again > 0 {
		e.held = at
	}
	return at
}

func (e *wireEnd) Read(b []byte) (int, error) {
	for {
		n, err, wait := e.take(b)
		if n > 0 || err != nil {
			return n, err
		}
		t := time.NewTimer(wait)
		select {
		case <-e.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// take reads what is there, or says how long to wait for it.
func (e *wireEnd) take(b []byte) (n int, err error, wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken != nil && e.broken != io.EOF {
		return 0, e.broken, 0
	}
	now := time.Now()
	wait = 1000 * time.Hour
	if !e.until.IsZero() {
		if wait = e.until.Sub(now); wait <= 0 {
			return 0, os.ErrDeadlineExceeded, 0
		}
	}
	if len(e.bytes) > 0 && !e.bytes[0].at.IsZero() {
		f := &e.bytes[0]
		if d := f.at.Sub(now); d > 0 {
			return 0, nil, min(wait, d)
		}
		if n = copy(b, f.b); n == len(f.b) {
			e.bytes = e.bytes[1:]
		} else {
			f.b = f.b[n:]
		}
		e.l.came.Add(int64(n * e.up))
		return n, nil, 0
	}
	if e.broken != nil && len(e.bytes) == 0 {
		return 0, e.broken, 0
	}
	return 0, nil, wait
}

func (e *wireEnd) Close() error {
	e.l.mu.Lock()
	delete(e.l.conns, e)
	e.l.mu.Unlock()
	e.mu.Lock()
	e.fail(net.ErrClosed)
	e.mu.Unlock()
	o := e.other
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.lost {
		o.fail(io.EOF) // behind what is on its way
	}
	return nil
}

func (e *wireEnd) SetReadDeadline(t time.Time) error {
	e.mu.Lock()
	e.until = t
	e.ring()
	e.mu.Unlock()
	return nil
}

// A write never waits.
func (e *wireEnd) SetWriteDeadline(time.Time) error { return nil }

func (e *wireEnd) SetDeadline(t time.Time) error { return e.SetReadDeadline(t) }
func (e *wireEnd) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1 + e.up}
}
func (e *wireEnd) RemoteAddr() net.Addr { return e.other.LocalAddr() }

// lineDoor is the listener of the centre.
type lineDoor struct {
	l     *line
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func (d *lineDoor) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.ended:
		return nil, net.ErrClosed
	}
}

func (d *lineDoor) Close() error {
	d.once.Do(func() {
		d.l.mu.Lock()
		if d.l.door == d.conns {
			d.l.door = nil
		}
		d.l.mu.Unlock()
		close(d.ended)
		for {
			select {
			case c := <-d.conns: // nobody took it
				c.Close()
			default:
				return
			}
		}
	})
	return nil
}

func (d *lineDoor) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }

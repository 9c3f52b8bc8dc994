package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
)

// relay is the road between the laptop and the centre: it passes bytes on, and
// can be cut and restored like a cable.
type relay struct {
	to      string
	address string

	mu       sync.Mutex
	listener net.Listener          // nil while cut
	ends     map[net.Conn]struct{} // both ends of what passes
	works    sync.WaitGroup
}

// newRelay passes what comes to address on to another one; a port of 0 takes a
// free one. Close it at the end.
func newRelay(address, to string) (*relay, error) {
	r := &relay{to: to, address: address, ends: map[net.Conn]struct{}{}}
	return r, r.restore()
}

// cut refuses new connections and breaks those there are, without a farewell.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		return
	}
	r.listener.Close()
	r.listener = nil
	for c := range r.ends {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		c.Close()
	}
}

// restore takes connections again, at the same address.
func (r *relay) restore() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != nil {
		return nil
	}
	var c net.ListenConfig
	l, err := c.Listen(context.Background(), "tcp", r.address)
	if err != nil {
		return err
	}
	r.listener, r.address = l, l.Addr().String()
	r.works.Go(func() { r.accept(l) })
	return nil
}

// close cuts the road and waits until nothing passes any more.
func (r *relay) close() {
	r.cut()
	r.works.Wait()
}

func (r *relay) accept(l net.Listener) {
	for {
		near, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		r.works.Go(func() { r.pass(l, near) })
	}
}

// pass carries one connection until either end is done.
func (r *relay) pass(l net.Listener, near net.Conn) {
	defer near.Close()
	if !r.hold(l, near) {
		return
	}
	defer r.drop(near)
	far, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	defer far.Close()
	if !r.hold(l, far) {
		return
	}
	defer r.drop(far)
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(near, far)
		near.Close()
	}()
	_, _ = io.Copy(far, near)
	far.Close()
	<-back
}

// hold notes an end of a connection, unless its listener was cut meanwhile.
func (r *relay) hold(l net.Listener, c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != l {
		return false
	}
	r.ends[c] = struct{}{}
	return true
}

func (r *relay) drop(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ends, c)
}

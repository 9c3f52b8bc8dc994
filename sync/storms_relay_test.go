package main

import (
	"net"
	"slices"
	"sync"
	"time"
)

// weather is what a link does to the next connections.
type weather struct {
	UpCut   int64 // bytes to the centre until the link breaks; 0 never
	DownCut int64 // bytes from the centre until it breaks
	Deaf    int64 // bytes from the centre until it answers nothing more
	Kill    int64 // bytes from the centre until the centre is killed, these acknowledged
	Jitter  int   // at most so many microseconds for each piece, so that lanes overtake one another
}

// relay carries TCP to wherever the centre is, under some weather.
type relay struct {
	l    net.Listener
	wg   sync.WaitGroup
	kill func(atOnce func())

	mu     sync.Mutex
	to     []string // servers in turn; none is down
	turn   int
	conns  map[net.Conn]bool
	sky    weather
	up     int64 // bytes under this sky
	down   int64
	shut   bool
	hush   *time.Timer // cuts the connections that went deaf
	dying  bool        // the centre is being killed
	breaks bool        // the link broke under this sky
}

func newRelay() *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(defeat{err.Error()})
	}
	r := &relay{l: l, conns: map[net.Conn]bool{}}
	r.wg.Go(r.accept)
	return r
}

func (r *relay) url() string { return "https://" + r.l.Addr().String() }

// point says where the centre is now; nowhere is down.
func (r *relay) point(to ...string) {
	r.mu.Lock()
	r.to = to
	r.mu.Unlock()
	r.cut()
}

// under changes the weather.
func (r *relay) under(w weather) {
	r.mu.Lock()
	r.sky, r.up, r.down, r.breaks = w, 0, 0, false
	r.mu.Unlock()
}

// still waits until no kill is under way.
func (r *relay) still() {
	for {
		r.mu.Lock()
		dying := r.dying
		r.mu.Unlock()
		if !dying {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// broke says whether the link broke under this weather.
func (r *relay) broke() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.breaks
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		c.Close()
	}
	clear(r.conns)
}

func (r *relay) close() {
	r.mu.Lock()
	r.shut = true
	r.mu.Unlock()
	r.l.Close()
	r.cut()
	r.wg.Wait()
}

func (r *relay) accept() {
	for {
		a, err := r.l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		to := r.to
		r.turn++
		turn := r.turn
		r.mu.Unlock()
		b, err := dialOne(to, turn)
		if err != nil {
			a.Close()
			continue
		}
		r.mu.Lock()
		if r.shut || !slices.Equal(r.to, to) {
			a.Close()
			b.Close()
		} else {
			r.conns[a], r.conns[b] = true, true
		}
		r.mu.Unlock()
		r.wg.Go(func() { r.pump(b, a, true) })
		r.wg.Go(func() { r.pump(a, b, false) })
	}
}

// dialOne dials the one whose turn it is, or another.
func dialOne(to []string, turn int) (c net.Conn, err error) {
	err = net.ErrClosed
	for i := range to {
		if c, err = net.Dial("tcp", to[(turn+i)%len(to)]); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// weigh says of n bytes how many of them pass, whether the link breaks behind
// them, and whether the centre is killed at them.
func (r *relay) weigh(n int64, up bool) (pass int64, breaks, kills bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if up {
		r.up += n
		if c := r.sky.UpCut; c > 0 && r.up >= c {
			r.sky.UpCut, r.breaks = 0, true
			return max(0, n-(r.up-c)), true, false
		}
		return n, false, false
	}
	r.down += n
	switch s := r.sky; {
	case s.DownCut > 0 && r.down >= s.DownCut:
		r.sky.DownCut, r.breaks = 0, true
		return max(0, n-(r.down-s.DownCut)), true, false
	case s.Kill > 0 && r.down >= s.Kill:
		r.sky.Kill, r.dying = 0, true
		return n, true, true
	case s.Deaf > 0 && r.down >= s.Deaf:
		// Whoever dials anew under this sky hears nothing either, and is not left
		// to wait for it.
		if r.hush == nil {
			r.hush = time.AfterFunc(10*time.Millisecond, func() {
				r.mu.Lock()
				r.hush, r.breaks = nil, true
				r.mu.Unlock()
				r.cut()
			})
		}
		return 0, false, false
	}
	return n, false, false
}

func (r *relay) pump(to, from net.Conn, up bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 8192)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			pass, breaks, kills := r.weigh(int64(n), up)
			if j := r.jitter(); j > 0 {
				time.Sleep(j)
			}
			send := func() { _, err = to.Write(buf[:pass]) }
			if kills && r.kill != nil {
				// The folder is copied, then the answer goes out: whatever it
				// acknowledges must be in the copy.
				r.kill(send)
				r.mu.Lock()
				r.dying = false
				r.mu.Unlock()
				return
			}
			if send(); breaks {
				r.cut()
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (r *relay) jitter() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sky.Jitter == 0 {
		return 0
	}
	r.sky.Jitter = (r.sky.Jitter*7919 + 13) % 400
	return time.Duration(r.sky.Jitter) * time.Microsecond
}

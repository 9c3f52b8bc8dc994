package courier

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// lane is one connection of a session. What is not said otherwise is under the
// session's lock.
type lane struct {
	s      *session
	number int
	w      *wire

	control [][]byte // frames that go first
	cargo   *cargo   // that the centre was told last
	flight  []sent   // not acknowledged, in order
	bytes   int      // of those
	sent    uint64   // bytes of data frames so far
	times   []stamp  // when they went
	heard   time.Time
	begun   time.Time // when it last had nothing under way and then had
	closed  bool      // no more comes of it
	doubted bool      // nothing more is given to it until it moves
	replace bool      // a successor is wanted, and the slot was told
	retired bool      // a successor works: it ends when nothing is under way
	lent    bool      // others send what is under way on it; until then it gets nothing
	proven  bool      // something came from the centre
	server  string    // where it ends; until known, where it is thought to
	known   bool
	tested  bool      // a silence began, and nothing came since
	spare   bool      // it lived through a silence, and is kept idle for the next
	tried   time.Time // when it was put to use again; zero: it moved since
	why     error     // it is closed
}

// stamp is when a piece went.
type stamp struct {
	end   uint64
	bytes int
	at    time.Time
}

// write sends what there is to send until the lane is closed.
func (l *lane) write() {
	s := l.s
	buf := make([]byte, 0, 8<<10)
	for {
		buf = buf[:0]
		s.mu.Lock()
		for !l.closed && len(l.control) == 0 {
			var ok bool
			if buf, ok = s.load(l, buf); ok {
				break
			}
			s.cond.Wait()
		}
		if l.closed {
			s.mu.Unlock()
			return
		}
		for _, b := range l.control {
			buf = append(buf, b...)
		}
		l.control = nil
		s.mu.Unlock()
		if err := l.w.write(buf); err != nil {
			l.end(err)
			return
		}
	}
}

// read takes what comes until the connection ends.
func (l *lane) read() error {
	if err := l.w.greet(); err != nil {
		return err
	}
	l.s.greeted(l)
	l.s.hear(l)
	for {
		h, err := parcel.ReadHead(l.w.r, false)
		if err != nil {
			return err
		}
		b := make([]byte, h.Len)
		if _, err := io.ReadFull(l.w.r, b); err != nil {
			return err
		}
		l.s.hear(l)
		switch h.Type {
		case parcel.FrameTaken:
			err = l.s.took(l, binary.BigEndian.Uint64(b))
		case parcel.FrameAnswer:
			var a *parcel.Answer
			if a, err = parcel.ParseAnswer(b); err == nil {
				l.s.answered(l, a)
			}
		case parcel.FrameLacking:
			l.s.answered(l, &parcel.Answer{ID: parcel.LackingID(b), Status: 200, Body: b})
		case parcel.FrameRefused:
			var r *parcel.Refused
			if r, err = parcel.ParseRefused(b); err == nil {
				l.s.refused(r)
			}
		}
		if err != nil {
			return fault.New("courier.lane", fault.Untrusted, err)
		}
	}
}

// end closes the lane; what was under way on it is in doubt.
func (l *lane) end(err error) {
	l.w.close()
	s := l.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.closed {
		return
	}
	l.closed, l.why = true, err
	s.doubt(l)
	s.lastErr = err
	s.cond.Broadcast()
}

var errReplaced = errors.New("another lane took its place")

package courier

import (
	"context"
	"crypto/tls"
	"time"
)

// door is a connection for the stream that is opened while a laptop enrols. Its
// handshake stands at the laptop's certificate until the centre's answer has
// brought that: two round trips fewer between enrolling and the first record.
type door struct {
	cancel context.CancelFunc
	cert   chan tls.Certificate // of one
	done   chan struct{}
	// The rest is read after done.
	w    *wire
	trip time.Duration // that the connection took
	err  error
}

// openDoor begins to open one, over a road that trusts the centre as the
// enrolment does. Who calls it closes it.
func (r *road) openDoor(ctx context.Context) *door {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d := &door{cancel: cancel, cert: make(chan tls.Certificate, 1), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		d.err = d.open(ctx, r)
	}()
	return d
}

func (d *door) open(ctx context.Context, r *road) error {
	begun := time.Now()
	conn, err := r.reach(ctx, dialEvery, false)
	if err != nil {
		return err
	}
	d.trip = time.Since(begun)
	conf := r.stream.Clone()
	conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		select {
		case c := <-d.cert:
			return &c, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	w := newWire(conn, conf)
	if err := w.conn.HandshakeContext(ctx); err != nil {
		conn.Close()
		return err
	}
	d.w = w
	return nil
}

// close ends what nobody took, and waits.
func (d *door) close() {
	if d == nil {
		return
	}
	d.cancel()
	<-d.done
	if d.w != nil {
		d.w.close()
	}
}

// enter is the connection, which is the caller's then, where it stands soon; else
// nil, and another one is to be dialled. Nothing is left to close.
func (d *door) enter(ctx context.Context) *wire {
	if d == nil {
		return nil
	}
	wait := time.NewTimer(handsEvery)
	defer wait.Stop()
	select {
	case <-d.done:
		w := d.w
		d.w = nil
		d.close()
		return w
	case <-wait.C:
	case <-ctx.Done():
	}
	d.close()
	return nil
}

// first connects the first lane, and says how long a round trip took: over the
// door that was opened while the laptop enrolled, where there is one.
func (r *road) first(ctx context.Context, lane string) (*wire, time.Duration, error) {
	d := r.enrolled.takeDoor()
	if w := d.enter(ctx); w != nil {
		if err := r.upgrade(w, lane); err == nil {
			return w, d.trip, nil
		}
		w.close()
	}
	start := time.Now()
	h := &hands{holes: &r.holes}
	w, err := race(ctx, mostHands, handsEvery, func(ctx context.Context) (*wire, error) {
		small := h.small()
		conn, err := r.reach(ctx, dialEvery, small)
		if err != nil {
			return nil, err
		}
		return r.secure(ctx, conn, h, small, lane)
	}, (*wire).close)
	return w, time.Since(start) / 2, err // two round trips, one of them longer
}

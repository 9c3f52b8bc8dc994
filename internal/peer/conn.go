package peer

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"doorstep/internal/fault"
	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v4"
)

const (
	pieceSize = 32 << 10 // of the stream, in one message
	endText   = "end"

	// Bytes written and not yet taken over by the other side: at the first
	// number Write waits, until there are no more than the second.
	maxBuffered = 1 << 20
	lowBuffered = 256 << 10

	// linger is how long Close waits for what was written to arrive.
	linger = 5 * time.Second
)

// Conn is a connection over a data channel. It is a net.Conn, and safe for use
// by several goroutines at once.
type Conn struct {
	pc      *webrtc.PeerConnection
	channel *datachannel.DataChannel // once open is closed
	open    chan struct{}
	dead    chan struct{} // closed when there is no way any more
	closing chan struct{} // closed by Close
	done    chan struct{} // closed when nothing of pion runs any more
	eof     chan struct{} // closed when "end" was received
	read    chan struct{} // closed when nothing more will be received

	in          chan []byte // what was received, lent to Read until used
	used        chan struct{}
	low         chan struct{} // a token when there is room again
	readBy      *deadline
	writeBy     *deadline
	readMu      sync.Mutex
	rest        []byte // of what is lent
	writeMu     sync.Mutex
	ended       bool // "end" was sent
	mu          sync.Mutex
	err         error // why it died
	die, finish sync.Once
}

func newConn(o Options) (*Conn, error) {
	const op = "peer.newConn"
	pc, err := connection(o)
	if err != nil {
		return nil, err
	}
	c := &Conn{pc: pc, open: make(chan struct{}), dead: make(chan struct{}), closing: make(chan struct{}), done: make(chan struct{}),
		eof: make(chan struct{}), read: make(chan struct{}), in: make(chan []byte), used: make(chan struct{}), low: make(chan struct{}, 1),
		readBy: newDeadline(), writeBy: newDeadline()}
	go c.run()
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed {
			c.fail(fault.Offline, errors.New("no word from the other side"))
		}
	})
	pc.OnDataChannel(func(*webrtc.DataChannel) {
		c.fail(fault.Untrusted, errors.New("the other side opened another channel"))
	})
	yes, number := true, uint16(0)
	d, err := pc.CreateDataChannel("", &webrtc.DataChannelInit{Negotiated: &yes, ID: &number, Ordered: &yes})
	if err != nil {
		c.abandon()
		return nil, fault.New(op, fault.Other, err)
	}
	d.OnOpen(func() { c.begin(d) })
	return c, nil
}

// begin takes the channel over from pion's own reader.
func (c *Conn) begin(d *webrtc.DataChannel) {
	raw, err := d.Detach()
	channel, ok := raw.(*datachannel.DataChannel)
	if err != nil || !ok {
		c.fail(fault.Other, errors.New("channel cannot be taken over"))
		return
	}
	channel.SetBufferedAmountLowThreshold(lowBuffered)
	channel.OnBufferedAmountLow(func() {
		select {
		case c.low <- struct{}{}:
		default:
		}
	})
	c.channel = channel
	close(c.open)
}

// run owns what runs beside: the receiver, and pion's part to its end.
func (c *Conn) run() {
	defer close(c.done)
	select {
	case <-c.open:
		go c.receive()
	case <-c.dead:
		close(c.read)
	case <-c.closing:
		close(c.read)
	}
	select {
	case <-c.dead:
	case <-c.closing:
		c.settle()
	}
	_ = c.pc.GracefulClose() // the other side may be gone: there is nothing to be done about it
}

// settle waits until what was written has arrived, or linger is over.
func (c *Conn) settle() {
	select {
	case <-c.open:
	default:
		return
	}
	if c.CloseWrite() != nil {
		return // the channel is gone
	}
	end := time.NewTimer(linger)
	defer end.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for c.channel.BufferedAmount() > 0 {
		select {
		case <-look.C:
		case <-end.C:
			return
		case <-c.dead:
			return
		case <-c.read:
			return // the other side has closed: nobody takes more
		}
	}
}

// receive lends what comes to Read, a message at a time: who does not read is
// sent no more than the receive window.
func (c *Conn) receive() {
	defer close(c.read)
	buf := make([]byte, pieceSize)
	for clean := false; ; {
		n, text, err := c.channel.ReadDataChannel(buf)
		switch {
		case err == nil && text && !clean && string(buf[:n]) == endText:
			clean = true
			close(c.eof)
			continue
		case errors.Is(err, io.ErrShortBuffer), err == nil && (text || clean || n == 0):
			c.fail(fault.Untrusted, errors.New("the other side does not keep to the form"))
			return
		case err != nil:
			if !clean {
				c.fail(fault.Offline, errors.New("the connection broke off"))
			}
			return
		}
		select {
		case c.in <- buf[:n]:
		case <-c.closing:
			return
		}
		select {
		case <-c.used:
		case <-c.closing:
			return
		}
	}
}

// fail says once that there is no way any more.
func (c *Conn) fail(k fault.Kind, err error) {
	c.die.Do(func() {
		c.mu.Lock()
		c.err = fault.New("peer.Conn", k, err)
		c.mu.Unlock()
		close(c.dead)
	})
}

func (c *Conn) cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// abandon closes without waiting for anything to arrive.
func (c *Conn) abandon() {
	c.fail(fault.Cancelled, errors.New("given up"))
	c.Close()
}

// Read gives the next bytes. io.EOF says that the other side ended them;
// fault.Offline that the connection broke off, fault.Untrusted that the other
// side did not keep to the form.
func (c *Conn) Read(p []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	if err := c.over(c.readBy); err != nil || len(p) == 0 {
		return 0, err
	}
	if len(c.rest) == 0 {
		select {
		case c.rest = <-c.in:
		case <-c.eof:
			return 0, io.EOF
		case <-c.read:
			return 0, c.lost()
		case <-c.closing:
			return 0, net.ErrClosed
		case <-c.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		}
	}
	n := copy(p, c.rest)
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		select {
		case c.used <- struct{}{}:
		case <-c.closing:
		}
	}
	return n, nil
}

// lost is why nothing more will be received.
func (c *Conn) lost() error {
	select {
	case <-c.eof:
		return io.EOF
	case <-c.closing:
		return net.ErrClosed
	default:
		return c.cause()
	}
}

// over is why nothing can be done now by this side's own word.
func (c *Conn) over(by *deadline) error {
	select {
	case <-c.closing:
		return net.ErrClosed
	case <-by.passed():
		return os.ErrDeadlineExceeded
	default:
		return nil
	}
}

// Write sends bytes. When it returns they may still be on the way: an answer
// of the other side alone says that they came. fault.Offline when the
// connection broke off.
func (c *Conn) Write(p []byte) (n int, err error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if c.ended {
		return 0, net.ErrClosed
	}
	for len(p) > 0 {
		if err := c.room(); err != nil {
			return n, err
		}
		k := min(len(p), pieceSize)
		if _, err := c.channel.WriteDataChannel(p[:k], false); err != nil {
			return n, c.broken()
		}
		n, p = n+k, p[k:]
	}
	return n, nil
}

// room waits until more may be written.
func (c *Conn) room() error {
	for {
		if err := c.over(c.writeBy); err != nil {
			return err
		}
		select {
		case <-c.dead:
			return c.cause()
		default:
		}
		if c.channel.BufferedAmount() < maxBuffered {
			return nil
		}
		select {
		case <-c.low:
		case <-c.read:
			return c.broken() // nobody is there to take it
		case <-c.dead:
		case <-c.closing:
		case <-c.writeBy.passed():
		}
	}
}

// broken is the error of a write that the channel does not take.
func (c *Conn) broken() error {
	if err := c.cause(); err != nil {
		return err
	}
	return fault.New("peer.Conn", fault.Offline, errors.New("the other side has closed"))
}

// CloseWrite tells the other side that no more bytes follow; reading goes on.
func (c *Conn) CloseWrite() error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if c.ended {
		return nil
	}
	c.ended = true
	if _, err := c.channel.WriteDataChannel([]byte(endText), true); err != nil {
		return c.broken()
	}
	return nil
}

// Close ends the connection once what was written has arrived, and at the
// latest five seconds later. When it returns nothing of it runs any more.
func (c *Conn) Close() error {
	c.finish.Do(func() { close(c.closing) })
	<-c.done
	<-c.read
	return nil
}

// SetDeadline is that of net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.readBy.set(t)
	c.writeBy.set(t)
	return nil
}

// SetReadDeadline is that of net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.readBy.set(t)
	return nil
}

// SetWriteDeadline is that of net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writeBy.set(t)
	return nil
}

// LocalAddr is this side's address on the way that was found.
func (c *Conn) LocalAddr() net.Addr { return c.address(true) }

// RemoteAddr is the other side's address on the way that was found.
func (c *Conn) RemoteAddr() net.Addr { return c.address(false) }

func (c *Conn) address(local bool) net.Addr {
	pair, err := c.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return &net.UDPAddr{}
	}
	a := pair.Remote
	if local {
		a = pair.Local
	}
	return &net.UDPAddr{IP: net.ParseIP(a.Address), Port: int(a.Port)}
}

package peer

import (
	"context"
	"errors"
	"io"
	"time"

	"doorstep/internal/fault"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// Server is a STUN or TURN server, such as stun:host:port or turn:host:port.
type Server struct {
	URL, Username, Credential string
}

// Options say how to look for a way. Without Servers only this machine's own
// addresses are offered, and nobody else is asked.
type Options struct {
	Servers  []Server
	Loopback bool // offer the loopback address too: both ends on one machine
}

// Times after which the other side counts as gone: without a word for quiet,
// it is suspected, and as long again, it is given up.
const (
	beat  = time.Second
	quiet = 4 * time.Second
)

// receiveWindow bounds what is held for a reader that does not read.
const receiveWindow = 1 << 20

// Dial pairs with a device to which exchange carries an offer, and from which
// it brings the answer, by whatever road. The error of exchange is handed on;
// fault.Input or fault.TooLarge when the answer is none, fault.Offline when no
// way is found, fault.Cancelled at the end of ctx. After a failure nothing
// runs any more.
func Dial(ctx context.Context, o Options, exchange func(ctx context.Context, offer []byte) (answer []byte, err error)) (*Conn, error) {
	const op = "peer.Dial"
	c, err := newConn(o)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	err = func() error {
		d, err := c.pc.CreateOffer(nil)
		if err != nil {
			return fault.New(op, fault.Other, err)
		}
		offer, err := c.describe(ctx, d)
		if err != nil {
			return err
		}
		answer, err := exchange(ctx, offer)
		if err != nil {
			return err
		}
		if err := c.heed(answer, webrtc.SDPTypeAnswer); err != nil {
			return err
		}
		return c.opened(ctx)
	}()
	return c.orClosed(op, err)
}

// Answer is the other side of Dial: it takes an offer, hands the answer to
// reply, and waits for the way. Its failures are those of Dial.
func Answer(ctx context.Context, o Options, offer []byte, reply func(ctx context.Context, answer []byte) error) (*Conn, error) {
	const op = "peer.Answer"
	c, err := newConn(o)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	err = func() error {
		if err := c.heed(offer, webrtc.SDPTypeOffer); err != nil {
			return err
		}
		d, err := c.pc.CreateAnswer(nil)
		if err != nil {
			return fault.New(op, fault.Input, errors.New("cannot be answered"))
		}
		answer, err := c.describe(ctx, d)
		if err != nil {
			return err
		}
		if err := reply(ctx, answer); err != nil {
			return err
		}
		return c.opened(ctx)
	}()
	return c.orClosed(op, err)
}

func (c *Conn) orClosed(op string, err error) (*Conn, error) {
	if err != nil {
		c.abandon()
		return nil, fault.Wrap(op, err)
	}
	return c, nil
}

// connection makes pion's part, with everything off that is not used.
func connection(o Options) (*webrtc.PeerConnection, error) {
	const op = "peer.connection"
	s := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}}
	s.DetachDataChannels()
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetICETimeouts(quiet, quiet, beat)
	s.SetSTUNGatherTimeout(2 * time.Second)
	s.SetIncludeLoopbackCandidate(o.Loopback)
	s.SetSCTPMaxReceiveBufferSize(receiveWindow)
	s.SetSCTPMaxMessageSize(pieceSize)
	s.SetSCTPRTOMax(2 * time.Second)
	s.EnableSCTPZeroChecksum(true) // DTLS and TLS check every byte
	var conf webrtc.Configuration
	for _, v := range o.Servers {
		conf.ICEServers = append(conf.ICEServers, webrtc.ICEServer{URLs: []string{v.URL}, Username: v.Username, Credential: v.Credential})
	}
	// Without these pion would make ready for sound and pictures.
	api := webrtc.NewAPI(webrtc.WithSettingEngine(s), webrtc.WithMediaEngine(&webrtc.MediaEngine{}),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(conf)
	if err != nil {
		return nil, fault.New(op, fault.Input, errors.New("address of a STUN or TURN server"))
	}
	return pc, nil
}

// describe makes d this side's own and gives it as a message, once the
// addresses are gathered.
func (c *Conn) describe(ctx context.Context, d webrtc.SessionDescription) ([]byte, error) {
	const op = "peer.describe"
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(d); err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return nil, fault.New(op, fault.Cancelled, ctx.Err())
	}
	return encode(c.pc.LocalDescription())
}

// heed takes the other side's message.
func (c *Conn) heed(b []byte, want webrtc.SDPType) error {
	d, err := decode(b, want)
	if err != nil {
		return err
	}
	if err := c.pc.SetRemoteDescription(d); err != nil {
		return fault.New("peer.heed", fault.Input, errors.New("session description is refused"))
	}
	return nil
}

// opened waits for the channel.
func (c *Conn) opened(ctx context.Context) error {
	const op = "peer.opened"
	select {
	case <-c.open:
		return nil
	case <-c.dead:
		return c.cause()
	case <-ctx.Done():
		return fault.New(op, fault.Cancelled, ctx.Err())
	}
}

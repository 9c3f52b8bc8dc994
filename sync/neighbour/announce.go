package neighbour

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"github.com/google/uuid"
	"golang.org/x/net/ipv4"
)

// How a laptop calls into the room.
const (
	announcePort  = 17311
	announceEvery = 4 * time.Second
	announceFirst = 500 * time.Millisecond // a few times at the start
	announceForm  = 1
	announceSize  = 1 + 16 + 2
	patience      = 3 // announcements heard before the one that should be dialled dials
)

func announceGroup() net.IP { return net.IPv4(239, 255, 77, 10) }

// heard is another laptop's announcement.
type heard struct {
	device uuid.UUID
	addr   netip.AddrPort
	again  bool // it was heard before, and nobody is connected yet
}

func announcement(device uuid.UUID, port uint16) []byte {
	b := append([]byte{announceForm}, device[:]...)
	return binary.BigEndian.AppendUint16(b, port)
}

// readAnnouncement opens what came from an address; fault.Untrusted for what is
// none of the county's.
func readAnnouncement(keys *seal.Room, b []byte, from netip.Addr) (heard, error) {
	plain, err := keys.Hear(b)
	if err != nil {
		return heard{}, err
	}
	h := heard{}
	if len(plain) != announceSize || plain[0] != announceForm {
		return h, fault.New("neighbour.hear", fault.Newer, errors.New("announcement of another form"))
	}
	h.device = uuid.UUID(plain[1:17])
	port := binary.BigEndian.Uint16(plain[17:])
	if h.device == uuid.Nil || port == 0 || !from.Is4() {
		return h, fault.New("neighbour.hear", fault.Untrusted, errors.New("announcement"))
	}
	h.addr = netip.AddrPortFrom(from, port)
	return h, nil
}

// find announces this laptop and hears others, on every interface, until ctx
// ends. Where there is no multicast it says so, and tries again.
func (r *Room) find(ctx context.Context, port uint16) {
	for {
		err := r.findOnce(ctx, port)
		if ctx.Err() != nil {
			return
		}
		r.update(func() { r.state.Quiet = err })
		if !pause(ctx, announceEvery) {
			return
		}
	}
}

func (r *Room) findOnce(ctx context.Context, port uint16) error {
	const op = "neighbour.find"
	quiet := func(err error) error {
		return fault.Tell(op, fault.Unavailable, "这个网络不能自动发现同室电脑，请在一台电脑上输入另一台的地址或连接码。", err)
	}
	c, err := ear()
	if err != nil {
		return quiet(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := ipv4.NewPacketConn(c)
	_ = p.SetMulticastTTL(1)         // never beyond this network
	_ = p.SetMulticastLoopback(true) // two programs on one machine
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.hear(ctx, c)
	}()
	err = r.call(ctx, p, announcement(r.self, port))
	cancel()
	c.Close()
	<-done
	if err != nil {
		return quiet(err)
	}
	return nil
}

// ear opens the socket by which announcements come. It names an interface, for
// without one the system wants a default route, which a room without internet
// may not have; the others are joined later.
func ear() (*net.UDPConn, error) {
	err := errors.New("no interface with multicast")
	for _, i := range multicasters() {
		var c *net.UDPConn
		if c, err = net.ListenMulticastUDP("udp4", &i, &net.UDPAddr{IP: announceGroup(), Port: announcePort}); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// call sends announcements until ctx ends, or while they go out on any
// interface.
func (r *Room) call(ctx context.Context, p *ipv4.PacketConn, plain []byte) error {
	group := &net.UDPAddr{IP: announceGroup(), Port: announcePort}
	joined := map[int]bool{}
	for n := 0; ; n++ {
		var last error
		sent := false
		for _, i := range multicasters() {
			// Also an interface that came up since: its index is a new one.
			if !joined[i.Index] && p.JoinGroup(&i, group) == nil {
				joined[i.Index] = true
			}
			if last = p.SetMulticastInterface(&i); last == nil {
				_, last = p.WriteTo(r.keys.Announce(plain), nil, group)
			}
			sent = sent || last == nil
		}
		if !sent {
			if last == nil {
				last = errors.New("no interface with multicast")
			}
			return last
		}
		r.mu.Lock()
		was := r.state.Quiet
		r.mu.Unlock()
		if was != nil {
			r.update(func() { r.state.Quiet = nil })
		}
		wait := announceEvery
		if n < 4 {
			wait = announceFirst
		}
		if !pause(ctx, wait) {
			return nil
		}
	}
}

// multicasters are the interfaces that are up and have multicast and an
// address; the loopback too, for programs on one machine.
func multicasters() []net.Interface {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(i net.Interface) bool {
		if i.Flags&net.FlagUp == 0 || i.Flags&(net.FlagMulticast|net.FlagLoopback) == 0 {
			return true
		}
		addrs, err := i.Addrs()
		return err != nil || !slices.ContainsFunc(addrs, func(a net.Addr) bool {
			n, ok := a.(*net.IPNet)
			return ok && n.IP.To4() != nil
		})
	})
}

// hear reads announcements until the socket is closed. What is not of the
// county is dropped without a word; what is costs one dialling at a time.
func (r *Room) hear(ctx context.Context, c *net.UDPConn) {
	buf := make([]byte, seal.MaxAnnouncement+1)
	times := map[uuid.UUID]int{}
	for ctx.Err() == nil {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !pause(ctx, 100*time.Millisecond) {
				return
			}
			continue
		}
		h, err := readAnnouncement(r.keys, buf[:n], from.Addr().Unmap())
		if err != nil || h.device == r.self {
			continue
		}
		r.mu.Lock()
		here := r.sessions[h.device] != nil
		r.mu.Unlock()
		if here {
			times[h.device] = 0
			continue
		}
		if times[h.device]++; len(times) > 1024 {
			clear(times)
		}
		h.again = times[h.device] > patience
		select {
		case r.heard <- h:
		default: // enough to do
		}
	}
}

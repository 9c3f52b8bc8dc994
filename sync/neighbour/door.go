package neighbour

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// Times of a connection.
const (
	shakeTime = 10 * time.Second // for knock and handshake
	maxShakes = 32               // at once, by whoever dials
	redial    = 3 * time.Second
	settling  = 10 * time.Second // in which two connections of a pair are one too many
)

func netipOf(ip net.IP) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(ip)
	return a.Unmap(), ok
}

func addrPort(a netip.Addr, port int) netip.AddrPort { return netip.AddrPortFrom(a, uint16(port)) }

// localIPs are this machine's IPv4 addresses on interfaces that are up, the
// loopback's only when there is no other.
func localIPs() []net.IP {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var out, loop []net.IP
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			n, ok := a.(*net.IPNet)
			if !ok || n.IP.To4() == nil {
				continue
			}
			if i.Flags&net.FlagLoopback != 0 {
				loop = append(loop, n.IP.To4())
			} else {
				out = append(out, n.IP.To4())
			}
		}
	}
	if len(out) == 0 {
		return loop
	}
	return out
}

// answer lets in who knocks, until the door is closed.
func (r *Room) answer(ctx context.Context, l net.Listener) {
	places := make(chan struct{}, maxShakes)
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			if !pause(ctx, 100*time.Millisecond) {
				return
			}
			continue
		}
		select {
		case places <- struct{}{}:
		default:
			c.Close()
			continue
		}
		r.wg.Go(func() {
			t, err := r.letIn(ctx, c)
			<-places
			if err != nil {
				c.Close()
				r.log.Info("not let in", "kind", fault.KindOf(err).String())
				return
			}
			if err := r.serve(ctx, t, false, Near); err != nil {
				r.log.Info("session", "error", err.Error())
			}
		})
	}
}

// letIn is the answering side of knock and handshake.
func (r *Room) letIn(ctx context.Context, c net.Conn) (*tls.Conn, error) {
	_ = c.SetDeadline(time.Now().Add(shakeTime))
	if err := r.keys.Answer(c); err != nil {
		return nil, err
	}
	return r.shake(ctx, tls.Server(c, r.tls))
}

func (r *Room) shake(ctx context.Context, t *tls.Conn) (*tls.Conn, error) {
	const op = "neighbour.shake"
	if err := t.HandshakeContext(ctx); err != nil {
		if k := fault.KindOf(err); k != fault.Other && k != fault.Cancelled {
			return nil, fault.Wrap(op, err)
		}
		if err := refusedUs(op, err); err != nil {
			return nil, err
		}
		return nil, fault.Tell(op, fault.Offline, "对方没有接受连接：请确认是本县注册的电脑，并已打开同室协作。", errors.New("handshake broke off"))
	}
	return t, t.SetDeadline(time.Time{})
}

// refusedUs says that the other end did not like this laptop's certificate; nil
// for any other error.
func refusedUs(op string, err error) error {
	if err == nil || !strings.Contains(err.Error(), "remote error: tls:") {
		return nil
	}
	return fault.Tell(op, fault.Denied, "对方不接受本机的证书，请核对两台电脑的时间和所属县。", errors.New("certificate refused"))
}

// dial connects to an address and serves the connection until it ends. With a
// fingerprint the laptop there must be the one.
func (r *Room) dial(ctx context.Context, s seal.Spot) error {
	const op = "neighbour.dial"
	d := net.Dialer{Timeout: shakeTime / 2}
	c, err := d.DialContext(ctx, "tcp", s.Addr.String())
	if err != nil {
		return fault.Tell(op, fault.Offline, "连不上这台电脑：请确认对方已打开同室协作、两台电脑在同一个网络，并允许防火墙通过。", errors.New("no connection"))
	}
	_ = c.SetDeadline(time.Now().Add(shakeTime))
	if err := r.keys.Knock(c); err != nil {
		c.Close()
		return fault.Wrap(op, err)
	}
	t, err := r.shake(ctx, tls.Client(c, r.tls))
	if err != nil {
		c.Close()
		return err
	}
	state := t.ConnectionState()
	if s.Fingerprint != [6]byte{} && seal.SpotFingerprint(state.PeerCertificates[0].Raw) != s.Fingerprint {
		c.Close()
		return fault.Tell(op, fault.Untrusted, "这个地址上的不是连接码所指的那台电脑，没有连接。", errors.New("another laptop's certificate"))
	}
	if id, _, err := seal.NeighbourDevice(&state); err == nil {
		if device, err := uuid.Parse(id); err == nil {
			r.mu.Lock()
			r.known[s.Addr.String()] = device
			r.mu.Unlock()
		}
	}
	return r.serve(ctx, t, true, Near)
}

// Dial asks to connect to a laptop by what a person typed or scanned: a
// connection code, or an address with or without a port. It goes on trying
// while the room is on. fault.Input for a text that is neither.
func (r *Room) Dial(text string) error {
	s, err := spotOf(text)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.typed[s.Addr.String()] = s
	r.mu.Unlock()
	r.Wake()
	return nil
}

func spotOf(text string) (seal.Spot, error) {
	text = strings.TrimSpace(text)
	if len(text) <= 64 {
		if a, err := netip.ParseAddrPort(text); err == nil && a.Port() != 0 && usable(a.Addr()) {
			return seal.Spot{Addr: a}, nil
		}
		if a, err := netip.ParseAddr(text); err == nil && usable(a) {
			return seal.Spot{Addr: addrPort(a, Port)}, nil
		}
	}
	s, err := seal.ParseSpot(text)
	if err != nil && strings.ContainsAny(text, ".:") {
		return s, fault.Tell("neighbour.Dial", fault.Input, "地址应为 192.168.1.5 或 192.168.1.5:"+strconv.Itoa(Port)+" 的形式，或输入对方屏幕上的连接码。", err)
	}
	return s, err
}

func usable(a netip.Addr) bool { return !a.IsUnspecified() && !a.IsMulticast() && a.Zone() == "" }

// meet dials who was heard and what was typed.
func (r *Room) meet(ctx context.Context) {
	t := time.NewTicker(redial)
	defer t.Stop()
	for {
		woken := r.woken()
		r.mu.Lock()
		spots := make([]seal.Spot, 0, len(r.typed))
		for _, s := range r.typed {
			spots = append(spots, s)
		}
		r.mu.Unlock()
		for _, s := range spots {
			r.begin(ctx, s, uuid.Nil)
		}
		select {
		case <-ctx.Done():
			return
		case h := <-r.heard:
			// One of a pair dials at once; the other only when that does not work.
			if slices.Compare(r.self[:], h.device[:]) < 0 || h.again {
				r.begin(ctx, seal.Spot{Addr: h.addr}, h.device)
			}
		case <-woken:
		case <-t.C:
		}
	}
}

// begin dials an address unless that is under way, or its device is here.
func (r *Room) begin(ctx context.Context, s seal.Spot, device uuid.UUID) {
	key := s.Addr.String()
	r.mu.Lock()
	if device == uuid.Nil {
		device = r.known[key]
	}
	busy := r.dials[key] || device != uuid.Nil && r.sessions[device] != nil
	if !busy {
		r.dials[key] = true
	}
	r.mu.Unlock()
	if busy {
		return
	}
	r.wg.Go(func() {
		err := r.dial(ctx, s)
		r.update(func() {
			delete(r.dials, key)
			if device != uuid.Nil {
				r.peer(device).Err = err
			} else if ctx.Err() == nil && r.typed[key] == s {
				r.state.Err = err
			}
		})
	})
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

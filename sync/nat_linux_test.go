package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"

	"github.com/pion/turn/v5"
	"golang.org/x/sys/unix"
)

// hostRole is a process that is no laptop: a router with one public address,
// or the county's
// STUN and TURN server.
func hostRole(role string) error {
	switch role {
	case "cone", "symmetric":
		return translate(os.Getenv("DOORSTEP_TEST_PUBLIC"), role == "symmetric")
	case "turn":
		return serveTURN(os.Getenv("DOORSTEP_TEST_PUBLIC"))
	}
	return errors.New("no such role")
}

// flow is what a router remembers of one sender inside.
type flow struct {
	inside netip.AddrPort
	seen   map[netip.AddrPort]bool // to whom it sent: only these may answer
}

type mapping struct {
	proto  byte
	inside netip.AddrPort
	to     netip.AddrPort // with a symmetric router
}

type outside struct {
	proto byte
	port  uint16
}

// router translates addresses of TCP and UDP over IPv4 as a home's router does:
// inwards passes what answers alone. A symmetric one shows each other side
// another port, so that nobody can tell where the next one must send.
type router struct {
	public    netip.Addr
	symmetric bool
	raw       int

	mu    sync.Mutex
	ports map[mapping]uint16
	flows map[outside]*flow
}

func translate(public string, symmetric bool) error {
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	r := &router{public: netip.MustParseAddr(public), symmetric: symmetric, raw: raw, ports: map[mapping]uint16{}, flows: map[outside]*flow{}}
	failed := make(chan error, 2)
	for name, turn := range map[string]func([]byte) bool{"in": r.outward, "out": r.inward} {
		fd, err := packets(name)
		if err != nil {
			return err
		}
		go func() { failed <- r.run(fd, turn) }()
	}
	fmt.Println("ready now")
	return <-failed
}

// packets opens what comes in on an interface.
func packets(name string) (int, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	proto := binary.NativeEndian.Uint16([]byte{unix.ETH_P_IP >> 8, unix.ETH_P_IP & 0xff})
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, int(proto))
	if err != nil {
		return 0, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: i.Index})
}

func (r *router) run(fd int, turn func([]byte) bool) error {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		l, ok := from.(*unix.SockaddrLinklayer)
		if !ok || l.Pkttype == unix.PACKET_OUTGOING || n < 20 {
			continue
		}
		p := buf[:min(n, int(binary.BigEndian.Uint16(buf[2:])))]
		head := int(p[0]&15) * 4
		if p[0]>>4 != 4 || p[9] != unix.IPPROTO_TCP && p[9] != unix.IPPROTO_UDP || len(p) < head+20 && p[9] == unix.IPPROTO_TCP || len(p) < head+8 ||
			binary.BigEndian.Uint16(p[6:])&0x3fff != 0 || !turn(p) {
			continue
		}
		checksums(p)
		if err := unix.Sendto(r.raw, p, 0, &unix.SockaddrInet4{Addr: [4]byte(p[16:20])}); err != nil {
			fmt.Println("dropped", len(p), err)
		}
	}
}

func end(p []byte, addr, port int) netip.AddrPort {
	head := int(p[0]&15) * 4
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(p[addr:addr+4])), binary.BigEndian.Uint16(p[head+port:]))
}

func setEnd(p []byte, addr, port int, to netip.AddrPort) {
	head := int(p[0]&15) * 4
	copy(p[addr:], to.Addr().AsSlice())
	binary.BigEndian.PutUint16(p[head+port:], to.Port())
}

func (r *router) outward(p []byte) bool {
	from, to := end(p, 12, 0), end(p, 16, 2)
	if to.Addr().IsPrivate() && to.Addr().As4()[0] == 192 {
		return false // for the router itself
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := mapping{proto: p[9], inside: from}
	if r.symmetric {
		m.to = to
	}
	port := r.ports[m]
	if port == 0 {
		port = uint16(20000 + 7*len(r.ports)%40000)
		r.ports[m] = port
		r.flows[outside{p[9], port}] = &flow{from, map[netip.AddrPort]bool{}}
	}
	r.flows[outside{p[9], port}].seen[to] = true
	setEnd(p, 12, 0, netip.AddrPortFrom(r.public, port))
	return true
}

func (r *router) inward(p []byte) bool {
	from, to := end(p, 12, 0), end(p, 16, 2)
	if to.Addr() != r.public {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.flows[outside{p[9], to.Port()}]
	if f == nil || !f.seen[from] {
		return false
	}
	setEnd(p, 16, 2, f.inside)
	return true
}

// checksums makes those of IPv4 and of TCP or UDP anew.
func checksums(p []byte) {
	head := int(p[0]&15) * 4
	p[10], p[11] = 0, 0
	binary.BigEndian.PutUint16(p[10:], fold(p[:head], 0))
	at := head + 16
	if p[9] == unix.IPPROTO_UDP {
		at = head + 6
	}
	p[at], p[at+1] = 0, 0
	sum := uint32(p[9]) + uint32(len(p)-head)
	for i := 12; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	c := fold(p[head:], sum)
	if c == 0 && p[9] == unix.IPPROTO_UDP {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(p[at:], c)
}

func fold(b []byte, sum uint32) uint16 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// serveTURN is the county's server: it tells everyone from where they ask, and
// relays for who knows the word.
func serveTURN(at string) error {
	c, err := net.ListenPacket("udp4", at)
	if err != nil {
		return err
	}
	ip := c.LocalAddr().(*net.UDPAddr).IP
	s, err := turn.NewServer(turn.ServerConfig{
		Realm: "county",
		AuthHandler: func(ra *turn.RequestAttributes) (string, []byte, bool) {
			return ra.Username, turn.GenerateAuthKey(ra.Username, "county", "word"), ra.Username == "laptop"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: c,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: ip, Address: ip.String()}}},
	})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Println("ready now")
	select {} // until it is killed
}

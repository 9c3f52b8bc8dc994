package neighbour

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Port is that of a laptop's door, where it is free.
const Port = 17310

// Place is what a laptop is in the room.
type Place struct {
	Name     string         `json:"name"` // its letter
	Stations []loan.Station `json:"stations"`
}

// Config is what a room works with.
type Config struct {
	Store  *store.Store
	Listen string // address of the door; empty: every interface, Port or a free one
	Alone  bool   // neither announce nor hear announcements: typed addresses alone
	Place  Place
	Online func() bool      // the centre is in reach, so that nobody need carry for this laptop; nil: it is not
	Fresh  func()           // something came that is to be sent to the centre; nil: nobody cares
	Now    func() time.Time // clock for certificates; nil: the system's
	Log    *slog.Logger     // ids and counts alone; nil: nothing is logged
}

// Room is this laptop among those around it.
type Room struct {
	store    *store.Store
	cfg      Config
	profile  store.Profile
	self     uuid.UUID
	keys     *seal.Room
	ca       *x509.Certificate
	pass     parcel.Passport
	tls      *tls.Config
	now      func() time.Time
	log      *slog.Logger
	running  sync.Mutex
	reaching sync.Mutex
	heard    chan heard // announcements
	looks    chan struct{}
	wg       sync.WaitGroup
	take     sync.Mutex // one case is taken in at a time

	telling  sync.Mutex // one state is told after the other; before mu
	mu       sync.Mutex
	state    State
	place    Place
	peers    map[uuid.UUID]*Peer
	sessions map[uuid.UUID]*session
	dials    map[string]bool // addresses being dialled
	typed    map[string]seal.Spot
	known    map[string]uuid.UUID // whose address it was last
	called   map[uuid.UUID]bool   // laptops in other places to be called; true: at once
	watch    map[int]func(State)
	watchers int
	kick     chan struct{} // closed and made anew to wake all sessions
}

// New makes a room of an open store; fault.Damaged when its profile has no
// usable certificates.
func New(cfg Config) (*Room, error) {
	const op = "neighbour.New"
	p := cfg.Store.Profile()
	r := &Room{store: cfg.Store, cfg: cfg, profile: p, self: p.Device, now: cfg.Now, log: cfg.Log, place: cfg.Place,
		heard: make(chan heard, 16), looks: make(chan struct{}, 1), peers: map[uuid.UUID]*Peer{}, sessions: map[uuid.UUID]*session{},
		dials: map[string]bool{}, typed: map[string]seal.Spot{}, known: map[string]uuid.UUID{}, called: map[uuid.UUID]bool{}, watch: map[int]func(State){}, kick: make(chan struct{})}
	if r.now == nil {
		r.now = time.Now
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if r.ca, err = x509.ParseCertificate(p.CADER); err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("authority's certificate"))
	}
	if _, err := x509.ParseCertificate(p.CertDER); err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("device's certificate"))
	}
	r.pass = parcel.NewPassport(p.CertDER, p.Signer, p.ChainKey())
	cert := tls.Certificate{Certificate: [][]byte{p.CertDER}, PrivateKey: p.Signer.Crypto()}
	r.tls = seal.NeighbourTLS(cert, r.ca, r.now, r.may)
	return r, nil
}

// may refuses this very laptop, and devices that the centre shut out as far as
// it is known here; all of them, where this one is shut out.
func (r *Room) may(device string) error {
	const op = "neighbour.may"
	if device == r.self.String() {
		return fault.Tell(op, fault.Refused, "对方与本机编号相同：本机数据可能被复制到了另一台电脑。请联系县资助中心。", errors.New("this device's own certificate"))
	}
	id, err := uuid.Parse(device)
	if err != nil {
		return fault.New(op, fault.Untrusted, errors.New("certificate of no device"))
	}
	for of, words := range map[uuid.UUID]string{id: "对方电脑已被县资助中心停用，没有连接。", r.self: "本机已被县资助中心停用，不能与其他电脑协作。请联系县资助中心。"} {
		out, err := r.store.ShutOut(context.Background(), of)
		if err != nil {
			return err
		}
		if out {
			return fault.Tell(op, fault.Denied, words, errors.New("revoked"))
		}
	}
	return nil
}

// Run opens the door, finds others and exchanges with them until ctx ends; it
// then gives fault.Cancelled, after all its goroutines have ended.
func (r *Room) Run(ctx context.Context) error {
	const op = "neighbour.Run"
	r.running.Lock()
	defer r.running.Unlock()
	r.keys = seal.NewRoom(r.profile.CountyKey)
	defer r.keys.Forget()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := r.open()
	if err != nil {
		r.update(func() { r.state.Err = err })
		return err
	}
	port := l.Addr().(*net.TCPAddr).Port
	r.update(func() {
		r.state.On, r.state.Err = true, nil
		r.state.Addrs, r.state.Codes = r.doors(l.Addr().(*net.TCPAddr))
	})
	defer r.update(func() {
		r.state.On, r.state.Addrs, r.state.Codes = false, nil, nil
		for _, p := range r.peers {
			if p.Way == Near {
				p.Online = false
			}
		}
	})
	r.wg.Go(func() { r.answer(ctx, l) })
	r.wg.Go(func() {
		<-ctx.Done()
		l.Close()
	})
	r.wg.Go(func() { r.meet(ctx) })
	r.wg.Go(func() {
		if err := r.tidy(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("tidy", "error", err.Error())
		}
	})
	r.wg.Go(func() { r.watchDoors(ctx, l.Addr().(*net.TCPAddr)) })
	if !r.cfg.Alone {
		r.wg.Go(func() { r.find(ctx, uint16(port)) })
	}
	<-ctx.Done()
	l.Close()
	r.wg.Wait()
	return fault.New(op, fault.Cancelled, ctx.Err())
}

// open opens the door: on the usual port, or on any.
func (r *Room) open() (net.Listener, error) {
	const op = "neighbour.open"
	try := []string{r.cfg.Listen}
	if r.cfg.Listen == "" {
		try = []string{":" + strconv.Itoa(Port), ":0"}
	}
	var err error
	for _, addr := range try {
		var l net.Listener
		if l, err = net.Listen("tcp", addr); err == nil {
			return l, nil
		}
	}
	return nil, fault.Tell(op, fault.Unavailable, "不能在本机开启同室协作（网络端口被占用或被防火墙禁止），请重新打开，或联系管理员。", err)
}

// doors are the addresses at which the door can be reached.
func (r *Room) doors(at *net.TCPAddr) (addrs, codes []string) {
	add := func(ip net.IP) {
		a := at.AddrPort().Addr()
		if v, ok := netipOf(ip); ok {
			a = v
		}
		s := seal.Spot{Addr: addrPort(a, at.Port), Fingerprint: seal.SpotFingerprint(r.profile.CertDER)}
		addrs, codes = append(addrs, s.Addr.String()), append(codes, s.String())
	}
	if !at.IP.IsUnspecified() {
		add(at.IP)
		return addrs, codes
	}
	for _, ip := range localIPs() {
		add(ip)
	}
	return addrs, codes
}

// watchDoors keeps the addresses up to date: a laptop may join a network later.
func (r *Room) watchDoors(ctx context.Context, at *net.TCPAddr) {
	for pause(ctx, redial) {
		addrs, codes := r.doors(at)
		r.mu.Lock()
		same := slices.Equal(addrs, r.state.Addrs)
		r.mu.Unlock()
		if !same {
			r.update(func() { r.state.Addrs, r.state.Codes = addrs, codes })
		}
	}
}

// Wake lets every session look at once for what there is to give.
func (r *Room) Wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.kick)
	r.kick = make(chan struct{})
}

func (r *Room) woken() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kick
}

// Idle says whether all that the laptops here are to have has been offered to
// them: no session is in the middle of giving.
func (r *Room) Idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		if s.giving.Load() {
			return false
		}
	}
	return true
}

// SetPlace changes what this laptop is in the room, and tells the others.
func (r *Room) SetPlace(p Place) {
	p.Stations = slices.Clone(p.Stations)
	r.update(func() { r.place = p })
	r.Wake()
}

func (r *Room) hello() Hello {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Hello{Version: helloVersion, Point: r.profile.Point, Name: r.place.Name, Stations: r.place.Stations, Passport: r.pass}
}

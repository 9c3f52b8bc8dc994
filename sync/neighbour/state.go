package neighbour

import (
	"cmp"
	"slices"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// State is what the window shows of the room.
type State struct {
	On      bool
	Err     error    // why the room does not work; nil when it does
	Quiet   error    // why others are not found by themselves: type an address
	Addrs   []string // host:port of this laptop's door
	Codes   []string // the same as connection codes
	Peers   []Peer   // by name
	Clash   bool     // another laptop of the room has this one's letter: choose another
	Afar    Distance // laptops in other places
	Arrived int      // cases that came or changed since the start
}

// Peer is another laptop of the room.
type Peer struct {
	Device   uuid.UUID
	Name     string // its letter
	Point    string
	Stations []loan.Station
	Way      Way // how it is, or was last, reached
	Online   bool
	Seen     time.Time // when it last answered
	Left     int       // cases for it that it has not got yet
	Err      error     // the last thing that went wrong with it; nil when nothing did
}

// Does says whether the laptop serves a station.
func (p *Peer) Does(s loan.Station) bool { return slices.Contains(p.Stations, s) }

// State is how things stand now.
func (r *Room) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.snapshot()
}

func (r *Room) snapshot() State {
	s := r.state
	s.Addrs, s.Codes = slices.Clone(s.Addrs), slices.Clone(s.Codes)
	s.Afar.Others = slices.Clone(s.Afar.Others)
	s.Peers = nil
	for _, p := range r.peers {
		s.Peers = append(s.Peers, *p)
		s.Clash = s.Clash || p.Online && p.Way == Near && p.Name != "" && p.Name == r.place.Name && slices.Compare(p.Device[:], r.self[:]) < 0
	}
	slices.SortFunc(s.Peers, func(a, b Peer) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Device[:], b.Device[:]))
	})
	return s
}

// FreeLetter is the first letter that no laptop of the room has.
func (s *State) FreeLetter() string {
	for c := 'A'; c <= 'Z'; c++ {
		if c == 'I' || c == 'O' {
			continue
		}
		if !slices.ContainsFunc(s.Peers, func(p Peer) bool { return p.Way == Near && p.Name == string(c) }) {
			return string(c)
		}
	}
	return "ZZ"
}

// Watch calls f with the state whenever it changed, the newest last, from the room's own
// goroutines: f must be quick and must not call the room. The function given
// back ends it.
func (r *Room) Watch(f func(State)) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers++
	id := r.watchers
	r.watch[id] = f
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watch, id)
	}
}

// update changes what is under mu and tells those who watch.
func (r *Room) update(change func()) {
	r.telling.Lock() // or an older state would be told last
	defer r.telling.Unlock()
	r.mu.Lock()
	change()
	s := r.snapshot()
	fs := make([]func(State), 0, len(r.watch))
	for _, f := range r.watch {
		fs = append(fs, f)
	}
	r.mu.Unlock()
	for _, f := range fs {
		f(s)
	}
}

// peer is the entry of a device, made when it is not there. The caller holds mu.
func (r *Room) peer(device uuid.UUID) *Peer {
	p := r.peers[device]
	if p == nil {
		p = &Peer{Device: device}
		r.peers[device] = p
	}
	return p
}

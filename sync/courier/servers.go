package courier

import (
	"slices"

	"doorstep/sync/parcel"
)

// Behind a balancer the lanes of a session may end at several servers of the
// centre, and until a blob is whole each knows alone what came to it. A server
// names itself when a lane begins. All of a blob goes to the server that its
// first bytes went to, and what is asked about it is asked there. Of a centre
// that names no server all lanes count as ended at one, until a receipt does not
// name what arrived.

// greeted takes in at which server a lane ended. What went over it earlier was
// meant for the server of the first lane that was answered; where that was
// wrong, it counts as not sent.
func (s *session) greeted(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.known = true
	if l.server == l.w.server {
		return
	}
	for i := range l.flight {
		p := &l.flight[i]
		if p.state == going && p.turn == p.cargo.turn {
			again := p.need.meet(p.from, p.to)
			s.freight.put(p.cargo, again)
			s.resent += again.size()
		}
		p.turn = noTurn
	}
	l.server = l.w.server
	if !s.reaches(s.server) {
		s.settleAt(l.server) // that one is gone, or was started anew, or none was known
	}
}

// settleAt makes a server the one where lanes are thought to end of which nothing
// is known. The caller holds s.mu.
func (s *session) settleAt(server string) {
	for _, l := range s.lanes {
		if !l.known && l.server == "" {
			l.server = server
		}
	}
	s.server = server
}

// noTurn is of what went to another server than it was meant for.
const noTurn = -1

// reaches says whether a lane works of which is known that it ends at a server.
// The caller holds s.mu.
func (s *session) reaches(server string) bool {
	return slices.ContainsFunc(s.lanes, func(l *lane) bool {
		return l.known && l.works() && l.server == server
	})
}

// others says whether another lane works that ends, or is thought to end, where
// one does. The caller holds s.mu.
func (s *session) others(than *lane) bool {
	return slices.ContainsFunc(s.lanes, func(l *lane) bool {
		return l != than && l.works() && l.server == than.server
	})
}

// works says whether a lane is there to send, not kept for later. The caller
// holds s.mu.
func (l *lane) works() bool { return !l.closed && !l.retired && !l.spare }

// several says whether lanes end at several servers. The caller holds s.mu.
func (s *session) several() bool {
	return slices.ContainsFunc(s.lanes, func(l *lane) bool {
		return l.known && !l.closed && l.server != s.server
	})
}

// stranded says whether a blob began to go to a server that no lane reaches,
// while others are reached. The caller holds s.mu.
func (s *session) stranded(c *cargo) bool {
	return c.server != "" && !s.reaches(c.server) && slices.ContainsFunc(s.lanes, func(l *lane) bool {
		return l.known && l.works()
	})
}

// settle notes where a blob is to go, by the answer of a server to what it lacks.
func (c *cargo) settle(l parcel.Lack, from *lane) {
	c.home, c.server = from, from.server
	if !l.Held && len(l.Ranges) == 1 && l.Ranges[0] == [2]int64{0, c.Size} {
		c.server = "" // it may go to any
	}
}

// astray lets those blobs be asked about anew of which parts are in doubt that
// another server answered about. The caller holds s.mu.
func (s *session) astray(q []sent) {
	for _, p := range q {
		if p.state == going && p.turn == p.cargo.turn {
			s.freight.anew(p.cargo)
		}
	}
}

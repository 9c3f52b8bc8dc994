package courier

import (
	"slices"
	"time"

	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// watch looks at the lanes until the session ends: who is silent, what is in
// doubt, and whether more lanes are worth their while.
func (s *session) watch() {
	t := time.NewTicker(tick)
	defer t.Stop()
	pinged := time.Now()
	for was := time.Now(); ; {
		select {
		case <-s.ctx.Done():
			return
		case <-t.C:
		}
		now := time.Now()
		// The one clock stands still while the machine sleeps.
		slept := now.Round(0).Sub(was.Round(0))-now.Sub(was) > asleep
		was = now
		s.mu.Lock()
		s.lanes = slices.DeleteFunc(s.lanes, func(l *lane) bool { return l.closed })
		s.look(now, slept)
		if s.busy() && now.Sub(s.heard) > pingEvery && now.Sub(pinged) > pingEvery {
			pinged = now
			if l := s.best(""); l != nil {
				l.control = append(l.control, parcel.AppendNumber(nil, parcel.FramePing, uint64(now.UnixNano())))
			}
		}
		for _, p := range s.asks {
			if l := p.lane; l == nil || l.closed || l.doubted || l.retired {
				if s.best("") != nil {
					s.give(p)
				}
			}
		}
		grow := s.slots < s.window.lanes(s.mostLanes(now)) && !s.silent && (s.freight.hasWork() || s.freight.hopes())
		number := s.slots
		if grow {
			s.slots++
		}
		s.lend(now)
		q := s.question()
		s.cond.Broadcast()
		s.mu.Unlock()
		if grow {
			s.wg.Go(func() { s.slot(number, nil) })
		}
		if q != nil {
			s.wg.Go(func() { s.resolve(q) })
		}
	}
}

// mostLanes is how many lanes the session may have. The caller holds s.mu.
func (s *session) mostLanes(now time.Time) int {
	if !s.silent && now.Sub(later(s.begun, s.back)) > calmTime {
		return calmLanes
	}
	return maxLanes
}

// hasWork says whether anything waits to be sent.
func (f *freight) hasWork() bool {
	return slices.ContainsFunc(f.open(), func(c *cargo) bool { return c.state == going && len(c.todo) > 0 })
}

// hopes says whether the first blobs are being asked about: lanes are dialled
// meanwhile.
func (f *freight) hopes() bool {
	return len(f.order) > 0 && f.order[0].state == asking
}

// busy says whether an answer is due. The caller holds s.mu.
func (s *session) busy() bool { return s.underWay() > 0 || len(s.asks) > 0 }

// look judges who is silent. The caller holds s.mu.
func (s *session) look(now time.Time, slept bool) {
	patience := s.window.patience()
	if !s.busy() && !slept {
		s.heard = now // nothing is due
	}
	if !s.silent && (now.Sub(s.heard) > patience || slept) {
		s.silent, s.since = true, s.heard
		s.test()
	}
	for _, l := range s.lanes {
		quiet := now.Sub(later(l.heard, l.begun))
		switch {
		case l.retired && len(l.flight) == 0 && s.spares(l):
		case l.retired && len(l.flight) == 0:
			l.w.close() // nothing more is due on it
		case !l.tried.IsZero() && now.Sub(l.tried) > s.window.stall()+mostQueue:
			l.tried, l.doubted, l.replace = time.Time{}, true, true
		case l.retired:
			// After a silence of some length the old connection sends again
			// within as long; then it is dead.
			grace := min(max(s.back.Sub(s.since), 0)+graceLeast, graceMost)
			if !s.silent && now.Sub(later(s.back, l.heard)) > grace {
				l.w.close()
			}
		case len(l.flight) > 0 && quiet > max(3*patience, 3*time.Second) && !l.replace:
			l.doubted, l.replace = true, true
		}
	}
}

// lend gives others what is late on a lane, once nothing else waits to be sent:
// at the end all would wait for the lane that repairs a loss. The centre takes
// whichever comes first. The caller holds s.mu.
func (s *session) lend(now time.Time) {
	if s.pause || s.silent || s.freight.hasWork() {
		return
	}
	for _, l := range s.lanes {
		if l.closed || l.lent || len(l.times) == 0 || !s.others(l) || now.Sub(l.times[0].at) < s.window.late() {
			continue
		}
		l.lent = true
		for i := range l.flight {
			p := &l.flight[i]
			if p.lent || p.alone || p.state != going || p.turn != p.cargo.turn || p.content == nil {
				continue
			}
			p.lent = true
			again := p.need.meet(p.from, p.to)
			s.freight.put(p.cargo, again)
			p.cargo.lane = nil
			s.resent += again.size()
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// question takes what is in doubt at one server, when it can be asked about. The
// caller holds s.mu.
func (s *session) question() []sent {
	if s.asked || len(s.doubts) == 0 || s.best("") == nil {
		return nil
	}
	s.asked = true
	var q, rest []sent
	for _, p := range s.doubts {
		if p.server == s.doubts[0].server && len(q) < parcel.MaxAsk {
			q = append(q, p)
		} else {
			rest = append(rest, p)
		}
	}
	s.doubts = rest
	return q
}

// resolve asks which parts that were in doubt came, and puts the others in
// front again.
func (s *session) resolve(q []sent) {
	var blobs []parcel.BlobSize
	seen := map[loan.Hash]bool{}
	s.mu.Lock()
	server := q[0].server
	s.mu.Unlock()
	for _, p := range q {
		if !seen[p.Hash] {
			seen[p.Hash] = true
			blobs = append(blobs, parcel.BlobSize{Hash: p.Hash, Size: p.Size})
		}
	}
	lacks, from, err := s.lack(s.ctx, server, blobs)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = false
	if err != nil {
		s.doubts = append(s.doubts, q...)
		return
	}
	if from.server != server {
		s.astray(q)
		s.tell()
		return
	}
	missing := map[loan.Hash]ranges{}
	for _, l := range lacks {
		missing[l.Hash] = l.Ranges
	}
	for _, p := range q {
		if p.state != going || p.turn != p.cargo.turn {
			continue
		}
		again := missing[p.Hash].meet(p.from, p.to)
		whole := false
		came := ranges{{p.from, p.to}}
		for _, x := range again {
			came = came.without(x[0], x[1])
		}
		for _, x := range came {
			_, w := s.freight.got(p, x[0], x[1])
			whole = whole || w
		}
		if whole {
			s.tell()
			continue
		}
		s.freight.put(p.cargo, again)
		s.resent += again.size()
	}
	s.cond.Broadcast()
}

package courier

import (
	"time"

	"github.com/google/uuid"
)

// speedSpan is how many seconds back the speed looks, standsAfter how long no
// byte moves before that is told.
const (
	speedSpan   = 5
	standsAfter = 2 * speedSpan * time.Second
)

// pace counts the bytes that the centre took, second by second.
type pace struct {
	seconds [speedSpan + 1]second
	began   time.Time // of the sending that goes on; zero: long ago
	last    time.Time // that any were taken
	sending bool
	counted time.Time // when they were last told
}

// second counts the bytes of one second.
type second struct {
	at int64
	n  int
	of map[uuid.UUID]int
}

func (p *pace) add(now time.Time, of uuid.UUID, n int) {
	s := &p.seconds[now.Unix()%(speedSpan+1)]
	if s.at != now.Unix() {
		*s = second{at: now.Unix(), of: map[uuid.UUID]int{}}
	}
	s.n += n
	s.of[of] += n
	p.last = now
}

// begin notes that sending begins, unless it only goes on.
func (p *pace) begin(now time.Time) {
	if now.Sub(p.last) > speedSpan*time.Second {
		p.began = now
	}
	p.sending = true
}

// stands says whether blobs are being sent, and nothing moves.
func (p *pace) stands(now time.Time) bool {
	return p.sending && now.Sub(p.began) > standsAfter && now.Sub(p.last) > standsAfter
}

// look gives the seconds that are over, as far back as the speed looks, and how
// long they were; none where sending has only just begun.
func (p *pace) look(now time.Time) (over []second, span float64) {
	const least = 0.5
	if span = min(time.Unix(now.Unix(), 0).Sub(p.began).Seconds(), speedSpan); span < least {
		return nil, 0
	}
	for _, s := range p.seconds {
		if age := now.Unix() - s.at; age >= 1 && age <= speedSpan {
			over = append(over, s)
		}
	}
	return over, span
}

// speed is how many bytes went in a second.
func (p *pace) speed(now time.Time) float64 {
	over, span := p.look(now)
	sum := 0
	for _, s := range over {
		sum += s.n
	}
	if sum == 0 {
		return 0
	}
	return float64(sum) / span
}

// speeds is the same of each case of which anything went.
func (p *pace) speeds(now time.Time) map[uuid.UUID]float64 {
	over, span := p.look(now)
	out := map[uuid.UUID]float64{}
	for _, s := range over {
		for of, n := range s.of {
			out[of] += float64(n) / span
		}
	}
	return out
}

// begun notes that blobs are being sent from now on, until ended.
func (c *Courier) begun() (ended func()) {
	c.mu.Lock()
	c.pace.begin(time.Now())
	c.mu.Unlock()
	c.update(func(s *State) { s.Phase = Sending })
	return func() {
		c.mu.Lock()
		c.pace.sending = false
		c.mu.Unlock()
	}
}

// sent counts bytes of a case's chunk that the centre has.
func (c *Courier) sent(of uuid.UUID, n int) {
	now := time.Now()
	c.mu.Lock()
	c.state.Sent += int64(n)
	c.pace.add(now, of, n)
	quiet := now.Sub(c.pace.counted) < 200*time.Millisecond
	if !quiet {
		c.pace.counted = now
	}
	c.mu.Unlock()
	if !quiet {
		c.update(func(*State) {})
	}
}

// Pace is at how many bytes a second each case goes that is being sent.
func (c *Courier) Pace() map[uuid.UUID]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pace.speeds(time.Now())
}

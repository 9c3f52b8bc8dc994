package contract

import (
	"encoding/binary"
	"errors"
	"math"

	"doorstep/internal/fault"
)

// Limits of a signature by hand: a minute at 250 points a second is 15,000.
const (
	maxStrokes = 512
	maxPoints  = 20000
	inkMark    = "DSI1"
	pointSize  = 10
)

// Stroke is what the pen drew between touching and leaving the pad.
type Stroke struct {
	Points []Point
}

// Point is one sample of the pen. X and Y are 0 to 1 from the pad's upper left
// corner (the pad is three times as wide as high), T is milliseconds since the
// signature began, P is the pressure from 0 to 1, 0 where the device has none.
type Point struct {
	X, Y float32
	T    uint32
	P    float32
}

// EncodeInk gives the bytes under which strokes are kept. Format, big endian:
// "DSI1" | strokes u16 | per stroke: points u16, then per point x u16, y u16,
// time u32, pressure u16, where 65535 stands for 1. Strokes and points past
// the limits are left out; values outside 0 to 1 are moved to the nearer end.
func EncodeInk(strokes []Stroke) []byte {
	strokes = strokes[:min(len(strokes), maxStrokes)]
	b := binary.BigEndian.AppendUint16([]byte(inkMark), uint16(len(strokes)))
	left := maxPoints
	for _, s := range strokes {
		points := s.Points[:min(len(s.Points), left)]
		left -= len(points)
		b = binary.BigEndian.AppendUint16(b, uint16(len(points)))
		for _, p := range points {
			b = binary.BigEndian.AppendUint16(b, unit16(p.X))
			b = binary.BigEndian.AppendUint16(b, unit16(p.Y))
			b = binary.BigEndian.AppendUint32(b, p.T)
			b = binary.BigEndian.AppendUint16(b, unit16(p.P))
		}
	}
	return b
}

func unit16(v float32) uint16 {
	if !(v > 0) { // also not a number
		return 0
	}
	return uint16(math.Round(float64(min(v, 1)) * 65535))
}

// DecodeInk is the inverse of EncodeInk up to the rounding of the format; any
// other bytes are fault.Damaged.
func DecodeInk(b []byte) ([]Stroke, error) {
	fail := func(why string) ([]Stroke, error) {
		return nil, fault.New("contract.DecodeInk", fault.Damaged, errors.New(why))
	}
	if len(b) < 6 || string(b[:4]) != inkMark {
		return fail("not ink")
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	b = b[6:]
	if n > maxStrokes {
		return fail("too many strokes")
	}
	out := make([]Stroke, 0, n)
	total := 0
	for range n {
		if len(b) < 2 {
			return fail("cut off")
		}
		k := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if total += k; total > maxPoints {
			return fail("too many points")
		}
		if len(b) < k*pointSize {
			return fail("cut off")
		}
		s := Stroke{Points: make([]Point, k)}
		for i := range s.Points {
			p := b[i*pointSize:]
			s.Points[i] = Point{
				X: float32(binary.BigEndian.Uint16(p)) / 65535,
				Y: float32(binary.BigEndian.Uint16(p[2:])) / 65535,
				T: binary.BigEndian.Uint32(p[4:]),
				P: float32(binary.BigEndian.Uint16(p[8:])) / 65535,
			}
		}
		b = b[k*pointSize:]
		out = append(out, s)
	}
	if len(b) != 0 {
		return fail("bytes behind the end")
	}
	return out, nil
}

// hasInk says whether the strokes hold at least one point.
func hasInk(strokes []Stroke) bool {
	for _, s := range strokes {
		if len(s.Points) > 0 {
			return true
		}
	}
	return false
}

// ink draws strokes as curves into a box whose lower left corner is x, y.
func (s *sheet) ink(strokes []Stroke, x, y, w, h float64) error {
	points := 0
	for _, k := range strokes {
		points += len(k.Points)
	}
	if len(strokes) > maxStrokes || points > maxPoints {
		return fault.Say("contract.ink", fault.TooLarge, "签名笔画过多，请清除后重新签名。", nil)
	}
	place := func(p Point) [2]float64 {
		return [2]float64{x + w*float64(unit16(p.X))/65535, y + h*(1-float64(unit16(p.Y))/65535)}
	}
	s.addf("q %s %s %s %s re W n 1 J 1 j 0.05 0.05 0.2 RG", num(x), num(y), num(w), num(h))
	for _, k := range strokes {
		s.inkStroke(thinned(k.Points), place)
	}
	s.addf("Q")
	return nil
}

// thinned drops samples too close to their neighbour to be seen.
func thinned(points []Point) []Point {
	var out []Point
	for i, p := range points {
		if n := len(out); n > 0 && i+1 < len(points) {
			dx, dy := float64(p.X-out[n-1].X)*3, float64(p.Y-out[n-1].Y)
			if dx*dx+dy*dy < 0.012*0.012 {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// inkStroke rounds the line through the samples: the middles of neighbouring
// samples are joined by curves that lean on the sample between them.
func (s *sheet) inkStroke(points []Point, place func(Point) [2]float64) {
	if len(points) == 0 {
		return
	}
	at := place(points[0])
	if len(points) == 1 {
		s.addf("1.8 w %s %s m %s %s l S", fine(at[0]), fine(at[1]), fine(at[0]), fine(at[1]))
		return
	}
	width := ""
	for i := 1; i < len(points); i++ {
		bend := place(points[i-1])
		end := place(points[i])
		if i+1 < len(points) {
			end = [2]float64{(bend[0] + end[0]) / 2, (bend[1] + end[1]) / 2}
		}
		if w := num(inkWidth(points[i])); w != width {
			if width != "" {
				s.addf("S")
			}
			s.addf("%s w %s %s m", w, fine(at[0]), fine(at[1]))
			width = w
		}
		s.addf("%s %s %s %s %s %s c",
			fine((at[0]+2*bend[0])/3), fine((at[1]+2*bend[1])/3),
			fine((end[0]+2*bend[0])/3), fine((end[1]+2*bend[1])/3), fine(end[0]), fine(end[1]))
		at = end
	}
	s.addf("S")
}

// fine is a place on the page to a hundredth of a point, which is finer than a
// printer prints.
func fine(v float64) string { return num(math.Round(v*100) / 100) }

// inkWidth is the line's width in points, in steps so that one path holds many
// samples.
func inkWidth(p Point) float64 {
	if p.P <= 0 {
		return 1.3
	}
	return math.Round((0.7+1.5*float64(unit16(p.P))/65535)*5) / 5
}

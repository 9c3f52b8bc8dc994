package contract

import (
	"bytes"
	"math"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestInkComesBack(t *testing.T) {
	want := testStrokes(1)
	got, err := DecodeInk(EncodeInk(want))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d strokes, want %d", len(got), len(want))
	}
	for i := range want {
		for j, p := range want[i].Points {
			q := got[i].Points[j]
			if math.Abs(float64(p.X-q.X)) > 1e-5 || math.Abs(float64(p.Y-q.Y)) > 1e-5 || p.T != q.T || math.Abs(float64(p.P-q.P)) > 1e-5 {
				t.Fatalf("stroke %d point %d: %v, want %v", i, j, q, p)
			}
		}
	}
}

func TestInkOfWildValuesStaysOnThePad(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	got, err := DecodeInk(EncodeInk([]Stroke{{Points: []Point{{X: nan, Y: inf, P: -3}, {X: -1, Y: 2, P: 9}}}}))
	if err != nil {
		t.Fatal(err)
	}
	want := []Point{{0, 1, 0, 0}, {0, 1, 0, 1}}
	for i, p := range got[0].Points {
		if p != want[i] {
			t.Errorf("point %d is %v, want %v", i, p, want[i])
		}
	}
	in := testInput(t)
	in.Strokes = map[loan.Party][]Stroke{loan.StudentParty: {{Points: []Point{{X: nan, Y: inf}, {X: inf}}}, {}, {Points: []Point{{X: .5, Y: .5}}}}}
	if bytes.Contains(mustFill(t, in), []byte("NaN")) {
		t.Error("NaN is written into the page")
	}
}

func TestDecodeInkRefuses(t *testing.T) {
	good := EncodeInk(testStrokes(1))
	for name, b := range map[string][]byte{
		"nothing":              nil,
		"another mark":         append([]byte("DSI2"), good[4:]...),
		"cut off":              good[:len(good)-1],
		"bytes behind the end": append(bytes.Clone(good), 0),
		"too many strokes":     {'D', 'S', 'I', '1', 255, 255},
		"too many points":      {'D', 'S', 'I', '1', 0, 1, 255, 255},
	} {
		if _, err := DecodeInk(b); fault.KindOf(err) != fault.Damaged {
			t.Errorf("%s: got %v, want damaged", name, err)
		}
	}
}

func TestInkPastTheLimitIsRefusedInAContract(t *testing.T) {
	in := testInput(t)
	in.Strokes[loan.StudentParty] = []Stroke{{Points: make([]Point, maxPoints+1)}}
	if _, err := testPress(t).Fill(in); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
	if got, err := DecodeInk(EncodeInk(in.Strokes[loan.StudentParty])); err != nil || len(got[0].Points) != maxPoints {
		t.Errorf("encoded past the limit: %v", err)
	}
}

func FuzzDecodeInk(f *testing.F) {
	f.Add(EncodeInk(testStrokes(1)))
	f.Add(EncodeInk(nil))
	f.Add([]byte("DSI1\x00\x02\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeInk(b)
		if err == nil && !bytes.Equal(EncodeInk(s), b) {
			t.Error("ink that was taken does not come back the same")
		}
	})
}

package contract

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"doorstep/internal/seal"
)

// grainyPortrait is as large as a portrait from a camera is: GA 461-2004 has 14 to
// 20 KB for most.
func grainyPortrait(t *testing.T, seed uint64) []byte {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(testPortrait(t, uint8(100*seed))))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	out := image.NewRGBA(img.Bounds())
	for y := range out.Bounds().Dy() {
		for x := range out.Bounds().Dx() {
			red, green, blue, _ := img.At(x, y).RGBA()
			grain := func(v uint32) uint8 { return uint8(min(255, max(0, int(v>>8)+r.IntN(17)-8))) }
			out.SetRGBA(x, y, color.RGBA{grain(red), grain(green), grain(blue), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWholeContractIsUnder150KB(t *testing.T) {
	id, tsa := newIdentity(t, seal.Device), newTSA(t)
	in := testInput(t)
	in.Portraits = [2][]byte{grainyPortrait(t, 1), grainyPortrait(t, 2)}
	for _, p := range in.Portraits {
		if len(p) < 20_000 {
			t.Fatalf("a portrait has %d bytes, want at least 20,000", len(p))
		}
	}
	base := mustFill(t, in)
	closed, _, _ := id.sealedTwice(t, base)
	whole := tsa.stamped(t, id.received(t, closed))
	t.Logf("portraits %d and %d, to be signed %d, closed %d, with receipt and stamp %d bytes",
		len(in.Portraits[0]), len(in.Portraits[1]), len(base), len(closed), len(whole))
	if len(whole) > 150_000 {
		t.Errorf("%d bytes, want at most 150,000", len(whole))
	}
	for i, rev := range mustRevisions(t, whole)[1:] {
		if room := rev.to - rev.from; room > 6000 {
			t.Errorf("revision %d takes %d bytes", i+1, room)
		}
	}
}

func mustRevisions(t *testing.T, b []byte) []*revision {
	t.Helper()
	d, err := parseDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	return d.revisions
}

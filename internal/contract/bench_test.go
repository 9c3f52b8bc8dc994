package contract

import (
	"testing"

	"doorstep/internal/seal"
)

func BenchmarkNewPress(b *testing.B) {
	for b.Loop() {
		if _, err := NewPress(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	p, in := testPress(b), testInput(b)
	size := 0
	for b.Loop() {
		out, err := p.Fill(in)
		if err != nil {
			b.Fatal(err)
		}
		size = len(out)
	}
	b.ReportMetric(float64(size), "bytes/file")
}

func BenchmarkSeal(b *testing.B) {
	id, pdf := newIdentity(b, seal.Device), mustFill(b, testInput(b))
	for b.Loop() {
		id.seal(b, pdf)
	}
}

func BenchmarkVerify(b *testing.B) {
	id := newIdentity(b, seal.Device)
	sealed := id.seal(b, mustFill(b, testInput(b)))
	for b.Loop() {
		if r := Verify(sealed, id.trust()); !r.OK {
			b.Fatal(r.Lines())
		}
	}
}

func BenchmarkReceipt(b *testing.B) {
	p, in := testPress(b), testReceipt(b)
	for b.Loop() {
		if _, err := p.Receipt(in); err != nil {
			b.Fatal(err)
		}
	}
}

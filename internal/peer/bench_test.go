package peer_test

import (
	"io"
	"testing"
)

// BenchmarkConn carries bytes one way over a data channel alone.
func BenchmarkConn(b *testing.B) {
	to, from := pair(b)
	const n = 16 << 20
	piece := bytesOf(9, 64<<10)
	b.SetBytes(n)
	for b.Loop() {
		done := make(chan error, 1)
		go func() {
			_, err := io.CopyN(io.Discard, from, n)
			done <- err
		}()
		for range n / len(piece) {
			if _, err := to.Write(piece); err != nil {
				b.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

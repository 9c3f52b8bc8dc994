//go:build unix

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
)

const benchBytes = 64 << 20

// spent is the time and the processor's time of this process.
type spent struct{ wall, cpu time.Duration }

func spending(b *testing.B, do func()) spent {
	b.Helper()
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start, before := time.Now(), cpu()
	do()
	return spent{time.Since(start), cpu() - before}
}

// pour sends the bytes one way and waits for the word that all have come.
func pour(b *testing.B, to, from net.Conn) {
	b.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, from, benchBytes)
		if err == nil {
			_, err = from.Write([]byte("."))
		}
		done <- err
	}()
	piece := noise("piece", 64<<10)
	for n := 0; n < benchBytes; n += len(piece) {
		if _, err := to.Write(piece); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := io.ReadFull(to, make([]byte, 1)); err != nil {
		b.Fatal(err)
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// overTLS is the floor: the same certificates and TLS over one TCP connection.
func overTLS(b *testing.B, p store.Profile) (to, from net.Conn) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	ca, err := x509.ParseCertificate(p.CADER)
	if err != nil {
		b.Fatal(err)
	}
	conf := seal.NeighbourTLS(tls.Certificate{Certificate: [][]byte{p.CertDER}, PrivateKey: p.Signer.Crypto()}, ca, time.Now, func(string) error { return nil })
	to, from = tls.Client(raw, conf), tls.Server(far, conf)
	b.Cleanup(func() { to.Close(); from.Close() })
	return to, from
}

// BenchmarkRoads carries the same bytes between two laptops of this process,
// over the direct way of WebRTC and over the centre's relay, beside TLS over
// TCP: A/B is their ratio, of time and of the processor's time.
func BenchmarkRoads(b *testing.B) {
	s := startServer(b, filepath.Join(b.TempDir(), "centre"), "127.0.0.1:0")
	home, profile := newPeers(b, s, nothing)
	l, err := home.Listen(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	open := func(change func(*courier.PeersConfig)) (to, from net.Conn) {
		p, _ := newPeers(b, s, change)
		to = dialled(b, p, profile.Device)
		if from, err = l.Accept(); err != nil {
			b.Fatal(err)
		}
		return to, from
	}
	bareTo, bareFrom := overTLS(b, profile)
	directTo, directFrom := open(nothing)
	relayTo, relayFrom := open(viaCentre)
	defer relayFrom.Close()
	defer directFrom.Close()
	b.SetBytes(benchBytes)
	var bare, direct, relay spent
	for b.Loop() {
		for _, k := range []struct {
			sum      *spent
			to, from net.Conn
		}{{&bare, bareTo, bareFrom}, {&direct, directTo, directFrom}, {&relay, relayTo, relayFrom}} {
			one := spending(b, func() { pour(b, k.to, k.from) })
			k.sum.wall += one.wall
			k.sum.cpu += one.cpu
		}
	}
	ratio := func(a, b time.Duration) float64 { return float64(a) / float64(b) }
	b.ReportMetric(ratio(direct.wall, bare.wall), "webrtc/tls")
	b.ReportMetric(ratio(direct.cpu, bare.cpu), "webrtc-cpu/tls-cpu")
	b.ReportMetric(ratio(relay.wall, bare.wall), "relay/tls")
	b.ReportMetric(ratio(relay.cpu, bare.cpu), "relay-cpu/tls-cpu")
	b.ReportMetric(float64(benchBytes)*float64(b.N)/1e6/direct.wall.Seconds(), "webrtc-MB/s")
	b.ReportMetric(float64(benchBytes)*float64(b.N)/1e6/bare.wall.Seconds(), "tls-MB/s")
}

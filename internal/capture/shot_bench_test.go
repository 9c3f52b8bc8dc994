package capture

import (
	"context"
	"encoding/json"
	"image"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"doorstep/internal/peer"
	"doorstep/internal/photo"
)

// BenchmarkPhoneToPage takes a phone's picture of 5 MB from the phone to
// the page as it is kept: over the channel, decoded, its edges looked for,
// judged and pressed. The ratio is to decoding it alone.
func BenchmarkPhoneToPage(b *testing.B) {
	p, err := ServePhone(b.Context(), PhoneOptions{Title: "页", Loopback: true})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	_, token, _ := strings.Cut(p.address("127.0.0.1"), "#")
	answers := make(chan []byte, 1)
	conn, err := peer.Dial(b.Context(), peer.Options{Loopback: true}, func(_ context.Context, offer []byte) ([]byte, error) {
		asked, err := json.Marshal(pairing{string(offer), offerMAC(token, string(offer))})
		if err != nil {
			return nil, err
		}
		words, mac, err := readPairing(token, asked)
		if err != nil || !p.begin(mac) || !p.start() {
			b.Fatal("not paired")
		}
		go func() {
			defer p.running.Done()
			p.join(words, answers)
		}()
		return <-answers, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	img := image.NewGray(image.Rect(0, 0, 4000, 3000))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(138 + r.IntN(58) + 60*(i/4000/40%2))
	}
	shot, err := photo.JPEG(img)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(shot)))
	var bare time.Duration
	rounds := 0
	for b.Loop() {
		b.StopTimer()
		began := time.Now()
		if _, _, err := photo.Decode(shot); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(began)
		rounds++
		b.StartTimer()
		go func() { _ = writeRecord(conn, recordShot, shot) }() // what fails is seen below
		var got *Shot
		for got == nil {
			e, err := p.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			got = e.Shot
		}
		page, _, err := photo.Decode(got.Data)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := photo.FindPaper(page); err != nil {
			b.Fatal(err)
		}
		if _, _, err := photo.Scan(page); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(shot))/1e6, "MB/shot")
	b.ReportMetric(float64(b.Elapsed())/float64(bare), "page/decode")
}

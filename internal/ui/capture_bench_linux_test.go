package ui

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"

	"golang.org/x/sys/unix"
)

// serialLine is a pseudo terminal on which a made-up chip answers, and its name.
func serialLine(b *testing.B, cards func() []capture.Card) string {
	b.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Skipf("no pseudo terminals here: %v", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		b.Fatal(err)
	}
	line := os.NewFile(uintptr(fd), "pty")
	var ended sync.WaitGroup
	over := make(chan struct{})
	ended.Go(func() {
		const head = 5 // bytes before the length
		var got []byte
		answer := capture.NewFakeChip(cards()...)
		for buf := make([]byte, 64); ; {
			n, err := line.Read(buf)
			select {
			case <-over:
				return
			default:
			}
			if err != nil { // nobody has the line open
				time.Sleep(time.Millisecond)
				answer = capture.NewFakeChip(cards()...)
				continue
			}
			for got = append(got, buf[:n]...); len(got) >= head+5; got = got[head+5:] {
				line.Write(answer(binary.BigEndian.Uint16(got[head+2:])))
			}
		}
	})
	b.Cleanup(func() {
		close(over)
		line.Close()
		ended.Wait()
	})
	return fmt.Sprintf("/dev/pts/%d", n)
}

// BenchmarkReaderToForm lays a card on a reader of a serial line until the form
// of the window is filled and saved. The ratio is to the exchange with the
// reader alone.
func BenchmarkReaderToForm(b *testing.B) {
	line := serialLine(b, func() []capture.Card { return []capture.Card{testCard(), testCard()} })
	open := func(ctx context.Context) (*capture.Reader, error) {
		return capture.OpenReader(ctx, capture.ReaderInfo{ID: line, Name: "读卡器"})
	}
	r := newRig(b, kit.Light)
	r.u.deps.Reader = open
	var bare time.Duration
	for b.Loop() {
		b.StopTimer()
		began := time.Now()
		reader, err := open(b.Context())
		if err == nil {
			_, err = reader.Card(b.Context(), func(string) {})
			reader.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
		bare += time.Since(began)
		v := r.open(loan.First, false)
		r.ui(func() { v.show(stepStudent) })
		r.settle()
		b.StartTimer()
		r.ui(func() { v.steps[stepStudent].(*studentStep).person.readCard() })
		r.until("the form is filled", func() bool {
			return v.c.App.Student.Name == testCard().Name && len(v.c.Slot(loan.CardStudent)) == 1
		})
	}
	b.ReportMetric(float64(b.Elapsed())/float64(bare), "form/exchange")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/form")
}

// shotFiles are as many pictures of papers as a phone makes them: 8 million
// pixels, about 3 MB.
func shotFiles(tb testing.TB, n int) []string {
	tb.Helper()
	paper := testPicture(2448, 3264).(*image.Gray)
	r := rand.New(rand.NewPCG(1, 2))
	var out []string
	for i := range n {
		for range 60000 {
			paper.Pix[r.IntN(len(paper.Pix))] ^= 63
		}
		var buf bytes.Buffer
		if err := jpeg.Encode(&buf, paper, &jpeg.Options{Quality: 92}); err != nil {
			tb.Fatal(err)
		}
		out = append(out, filepath.Join(tb.TempDir(), fmt.Sprintf("%d.jpg", i)))
		if err := os.WriteFile(out[i], buf.Bytes(), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return out
}

// BenchmarkShotToAttached is from a picture of 5 MB, sent by the page that the
// laptop serves, to the page in the laptop's file: taken in, decoded, edges looked
// for, judged, pressed, saved. The ratio is to decoding it.
func BenchmarkShotToAttached(b *testing.B) {
	paper := testPicture(4000, 3000).(*image.Gray)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range paper.Pix {
		paper.Pix[i] ^= uint8(r.IntN(16))
	}
	var shot bytes.Buffer
	if err := jpeg.Encode(&shot, paper, &jpeg.Options{Quality: 92}); err != nil {
		b.Fatal(err)
	}
	w := newRig(b, kit.Light)
	slot := loan.DocSlot(loan.HukouBook)
	var bare time.Duration
	for b.Loop() {
		b.StopTimer()
		began := time.Now()
		if _, err := desk.DecodeImage(shot.Bytes()); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(began)
		v := w.open(loan.First, false)
		w.ui(func() { v.show(stepImages) })
		images := v.steps[stepImages].(*imagesStep)
		d := w.opens(func() { images.openPhone(slot, "户口簿", true, nil, func() {}, func() {}) })
		b.StartTimer()
		post(b, d.phone, shot.Bytes())
		w.until("the page is kept", func() bool { return len(v.c.Slot(slot)) == 1 && images.busy[slot] == "" })
		b.StopTimer()
		w.answer()
		w.settle()
		b.StartTimer()
	}
	b.ReportMetric(float64(shot.Len())/1e6, "MB/shot")
	b.ReportMetric(float64(b.Elapsed())/float64(bare), "attached/decode")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/attached")
}

// twelve are the slots that twelve papers of a case go to.
func twelve() []loan.Slot {
	docs := []loan.Doc{loan.StudentIDCard, loan.CoborrowerIDCard, loan.HukouBook, loan.ApplicationForm, loan.AdmissionLetter, loan.HukouBook}
	var out []loan.Slot
	for i := range 12 {
		out = append(out, loan.DocSlot(docs[i%len(docs)]))
	}
	return out
}

// takeTwelve lets the window take twelve papers in, one after the other, each to
// the page as it is kept.
func (r *rig) takeTwelve(v *visit, files []string) {
	r.t.Helper()
	images := v.steps[stepImages].(*imagesStep)
	for i, slot := range twelve() {
		before := 0
		r.ui(func() {
			before = len(v.c.Slot(slot))
			images.addFiles(slot, files[i:i+1])
		})
		r.until("the page is kept", func() bool {
			if d := r.dialog(); d != nil && !d.YesButton().Disabled() && !d.YesButton().Busy() {
				d.YesButton().Tapped(nil) // a page that was cut out is looked at first
			}
			return len(v.c.Slot(slot)) == before+1 && images.busy[slot] == ""
		})
	}
}

// BenchmarkTwelvePapers is from the twelve files of a case to twelve pages in
// the laptop's file: decoded, edges looked for, judged, pressed, saved. The ratio
// is to decoding the twelve.
func BenchmarkTwelvePapers(b *testing.B) {
	files := shotFiles(b, 12)
	r := newRig(b, kit.Light)
	var bare time.Duration
	for b.Loop() {
		b.StopTimer()
		began := time.Now()
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err == nil {
				_, err = desk.DecodeImage(data)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(began)
		v := r.open(loan.First, false)
		r.ui(func() { v.show(stepImages) })
		r.settle()
		b.StartTimer()
		r.takeTwelve(v, files)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(bare), "twelve/decode")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/twelve")
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

const benchCases = 100

// benchSizes are the blobs of one case: two portraits, three scans, the filled
// contract, ink and the sealed contract.
func benchSizes() []int { return []int{60_000, 60_000, 110_000, 115_000, 115_000} }

// fill puts finished cases into a laptop's store, a commit for each, and gives
// the bytes of their blobs.
func fill(b *testing.B, l *laptop, round int) (bytes int64) {
	b.Helper()
	for i := range benchCases {
		id := uuid.Must(uuid.NewV7())
		name := fmt.Sprintf("%d/%d", round, i)
		entry := func(op string, kind loan.ChangeKind, body any) store.Entry {
			return store.Entry{Case: id, Operator: op, Kind: kind, Body: body}
		}
		var blobs []store.Blob
		var manifest []loan.Attachment
		blob := func(part string, n int, media string) loan.Attachment {
			c := noise(name+part, n)
			bytes += int64(n)
			blobs = append(blobs, store.Blob{Hash: l.BlobName(c), Content: c})
			return loan.Attachment{Blob: l.BlobName(c), Size: int64(n), Media: media}
		}
		const clerk = "practice-clerk"
		entries := []store.Entry{entry(clerk, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})}
		for j, n := range benchSizes() {
			a := blob(fmt.Sprint(j), n, "image/jpeg")
			a.Slot = loan.DocSlot(loan.Docs()[j])
			manifest = append(manifest, a)
			entries = append(entries, entry(clerk, loan.ChangeAttach, loan.AttachBody{Attachment: a}))
		}
		pdf, ink, sealed := blob("pdf", 110_000, "application/pdf"), blob("ink", 5_000, "ink"), blob("sealed", 115_000, "application/pdf")
		for n := range 20 {
			entries = append(entries, entry(clerk, loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}, Reason: fmt.Sprint(n)}))
		}
		entries = append(entries,
			entry(clerk, loan.ChangeSubmit, nil), entry("practice-reviewer", loan.ChangeReview, loan.ReviewBody{Pass: true}),
			entry(clerk, loan.ChangeContract, loan.ContractBody{Template: "t", Blob: pdf.Blob, Size: pdf.Size, Pages: 4, AsOf: "2026-08-01"}),
			entry(clerk, loan.ChangeSign, loan.SignBody{Party: loan.StudentParty, By: loan.InPerson, Contract: pdf.Blob, Ink: ink.Blob, Size: ink.Size}),
			entry(clerk, loan.ChangeSeal, loan.SealBody{Blob: sealed.Blob, Size: sealed.Size}),
			entry(clerk, loan.ChangeFinish, loan.FinishBody{Blobs: append(manifest, ink, sealed)}))
		if _, err := l.Commit(b.Context(), entries, blobs); err != nil {
			b.Fatal(err)
		}
	}
	return bytes
}

// bare writes as many bytes into one file, with a sync every 4 MB.
func bare(b *testing.B, bytes int64) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	piece := noise("bare", 1<<20)
	start := time.Now()
	for n := int64(0); n < bytes; n += 1 << 20 {
		if _, err := f.Write(piece[:min(1<<20, bytes-n)]); err != nil {
			b.Fatal(err)
		}
		if n>>20%4 == 3 || n+1<<20 >= bytes {
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	}
	return time.Since(start)
}

// BenchmarkCarry100Cases is a day of two desks, over loopback, both ends
// durable and in one process. bare/op is the time to write the same bytes to
// the same disk.
func BenchmarkCarry100Cases(b *testing.B) {
	s := startServer(b, filepath.Join(b.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(b, s)
	var floor, spent time.Duration
	round := 0
	for b.Loop() {
		b.StopTimer()
		bytes := fill(b, l, round)
		round++
		floor += bare(b, bytes)
		b.SetBytes(bytes)
		b.StartTimer()
		start := time.Now()
		if err := l.carry(b, ""); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(start)
	}
	b.ReportMetric(float64(spent)/float64(floor), "x-bare")
	b.ReportMetric(float64(benchCases*round)/spent.Seconds(), "cases/s")
	received := 0
	for _, k := range s.holdings(b).Cases {
		if k.Whole() {
			received++
		}
	}
	if received != benchCases*round {
		b.Errorf("%d cases received, want %d", received, benchCases*round)
	}
}

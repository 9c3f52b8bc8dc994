package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// foreign puts cases that another laptop wrote into the centre, and into the
// news of a laptop, one case after another.
func foreign(t testing.TB, s *server, to uuid.UUID, cases int) {
	t.Helper()
	db := database(t, s.dir)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := tx.Exec(numbered(q), args...); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(b []byte) loan.Hash { return seal.International.Sum(b) }
	device, counter, seq, prev := uuid.Must(uuid.NewV7()), uint64(0), 0, loan.Hash{}
	for i := range cases {
		id := uuid.Must(uuid.NewV7())
		var seen []uuid.UUID
		add := func(kind loan.ChangeKind, body any) {
			t.Helper()
			b, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			counter++
			seq++
			ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: device, Counter: counter, Prev: prev, Seen: seen, Operator: "practice-clerk",
				Case: id, Kind: kind, At: time.UnixMilli(1_800_000_000_000).UTC(), Body: b}
			ch.BodyHash = loan.BodyHashOf(sum, ch.Salt, b)
			prev, seen = ch.HeaderHash(sum), []uuid.UUID{ch.ID}
			exec(`INSERT INTO changes (device, counter, id, case_id, kind, header, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				device.String(), int64(counter), ch.ID.String(), id.String(), string(kind), prev[:], ch.Encode())
			exec(`INSERT INTO news (device, seq, of_device, counter) VALUES (?, ?, ?, ?)`, to.String(), seq, device.String(), int64(counter))
		}
		add(loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
		for j, f := range []string{"student.name", "student.address", "coborrowers", "study.school_name", "study.major", "student.phone", "loan.amount"} {
			v := any(strings.Repeat("字", 60+j))
			switch f {
			case "student.name":
				v = fmt.Sprint("测", i%97)
			case "student.phone":
				v = "15400000001"
			case "loan.amount":
				v = 5800
			case "coborrowers":
				continue
			}
			raw, _ := json.Marshal(v)
			add(loan.ChangeEdit, loan.EditBody{Fields: map[string]json.RawMessage{f: raw}})
		}
		for j := range 4 {
			h := loan.Hash(sum(fmt.Appendf(nil, "%d %d", i, j)))
			add(loan.ChangeAttach, loan.AttachBody{Source: "file", Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: h, Size: 200_000, Media: "image/jpeg"}})
		}
		add(loan.ChangeSubmit, nil)
	}
	exec(`UPDATE devices SET news = ? WHERE id = ?`, seq, to.String())
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkNewsOf10000Cases is the first sync of a new laptop: how long until
// all is there, and until a case of its own made meanwhile is at the centre.
func BenchmarkNewsOf10000Cases(b *testing.B) {
	const cases = 10_000
	for range b.N {
		b.StopTimer()
		s := startServer(b, filepath.Join(b.TempDir(), "centre"), "127.0.0.1:0")
		l := newLaptop(b, s)
		foreign(b, s, l.Profile().Device, cases)
		c, err := courier.New(courier.Config{Store: l.Store})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		b.StartTimer()
		start := time.Now()
		go func() { done <- c.RunUntilEmpty(ctx) }()
		for l.Count().Cases < 500 {
			time.Sleep(10 * time.Millisecond)
		}
		first := time.Since(start)
		mine := l.draft(b, noise("mine", 100_000))
		saved := time.Since(start) - first
		for sum, _ := l.Summary(mine); !sum.Sent; sum, _ = l.Summary(mine) {
			time.Sleep(10 * time.Millisecond)
		}
		sent := time.Since(start) - first - saved
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		cancel()
		if n := l.Count().Cases; n != cases+1 {
			b.Fatalf("%d cases", n)
		}
		b.ReportMetric(first.Seconds(), "s/first-500")
		b.ReportMetric(saved.Seconds(), "s/own-saved")
		b.ReportMetric(sent.Seconds(), "s/own-sent")
		b.ReportMetric(time.Since(start).Seconds(), "s/all")
	}
}

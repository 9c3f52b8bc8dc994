package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/loan"
)

// intake is a store with cases that go the whole way to the centre, by a clock
// that stands still unless it is set.
type intake struct {
	t      testing.TB
	s      *Store
	now    time.Time
	centre uuid.UUID
	said   uint64 // changes of the centre
	held   map[loan.Hash]bool
}

func newIntake(t testing.TB) *intake {
	t.Helper()
	i := &intake{t: t, now: time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC), centre: uuid.New(), held: map[loan.Hash]bool{}}
	o := options(t.TempDir())
	o.Now = func() time.Time { return i.now }
	s, err := Create(context.Background(), o, profile(), clerk("c1"), []byte(password))
	noErr(t, err)
	i.s = s
	t.Cleanup(func() { i.s.Close() })
	return i
}

func (i *intake) commit(id uuid.UUID, kind loan.ChangeKind, operator string, body any, blobs ...Blob) *loan.Change {
	i.t.Helper()
	made, err := i.s.Commit(context.Background(), []Entry{{Case: id, Kind: kind, Operator: operator, Body: body}}, blobs)
	noErr(i.t, err)
	return made[0]
}

func (i *intake) blob(content string) Blob {
	b := bytes.Repeat([]byte(content+"|"), 3000)
	return Blob{i.s.BlobName(b), b}
}

// family is a case under way, with the names of what it brought.
type family struct {
	id     uuid.UUID
	finish uuid.UUID
	images []loan.Hash
	papers []loan.Hash // contract and ink
}

func (f family) all() []loan.Hash { return append(append([]loan.Hash{}, f.images...), f.papers...) }

// open begins a case of an academic year, with two images.
func (i *intake) open(n, year int) family {
	i.t.Helper()
	f := family{id: must(uuid.NewV7())}
	e := openEntry(f.id, personOf(n))
	body := e.Body.(loan.OpenBody)
	body.Application.AcademicYear = year
	i.commit(f.id, loan.ChangeOpen, "c1", body)
	for _, slot := range []loan.Slot{loan.PortraitStudent, loan.DocSlot(loan.HukouBook)} {
		b := i.blob(fmt.Sprint("image ", n, slot))
		i.attach(&f, slot, b)
	}
	return f
}

func (i *intake) attach(f *family, slot loan.Slot, b Blob) {
	i.t.Helper()
	i.commit(f.id, loan.ChangeAttach, "c1", loan.AttachBody{Attachment: loan.Attachment{Slot: slot, Blob: b.Hash,
		Media: "image/jpeg", Size: int64(len(b.Content))}}, b)
	f.images = append(f.images, b.Hash)
}

// finished is a case that waits for the road.
func (i *intake) finished(n, year int) family {
	i.t.Helper()
	f := i.open(n, year)
	i.finishIt(&f, n)
	return f
}

func (i *intake) finishIt(f *family, n int) {
	i.t.Helper()
	i.commit(f.id, loan.ChangeSubmit, "c1", nil)
	i.commit(f.id, loan.ChangeReview, "r1", loan.ReviewBody{Pass: true})
	shown := i.blob(fmt.Sprint("shown ", n))
	i.commit(f.id, loan.ChangeContract, "c1", loan.ContractBody{Template: "t", Blob: shown.Hash, Size: 1, Pages: 1, AsOf: "2026-08-01"})
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		ink := i.blob(fmt.Sprint("ink ", n, p))
		i.commit(f.id, loan.ChangeSign, "c1", loan.SignBody{Party: p, By: loan.InPerson, Contract: shown.Hash, Ink: ink.Hash, Size: int64(len(ink.Content))}, ink)
		f.papers = append(f.papers, ink.Hash)
	}
	pdf := i.blob(fmt.Sprint("sealed ", n))
	i.commit(f.id, loan.ChangeSeal, "c1", loan.SealBody{Blob: pdf.Hash, Size: int64(len(pdf.Content))}, pdf)
	f.papers = append(f.papers, pdf.Hash)
	f.finish = i.commit(f.id, loan.ChangeFinish, "c1", loan.FinishBody{}).ID
}

// carry lets the centre acknowledge all changes, and blobs.
func (i *intake) carry(at time.Time, blobs ...loan.Hash) {
	i.t.Helper()
	r := receipt(i.t, i.s, must(i.s.Outbox(context.Background())).Last, blobs...)
	r.At = at
	noErr(i.t, i.s.Acknowledge(context.Background(), r))
	for _, h := range blobs {
		i.held[h] = true
	}
}

// hear takes in what the centre says of a case.
func (i *intake) hear(id uuid.UUID, kind loan.ChangeKind, body any, at time.Time) {
	i.t.Helper()
	i.said += 2 // no two are neighbours
	raw := must(json.Marshal(body))
	ch := &loan.Change{ID: must(uuid.NewV7()), Device: i.centre, Counter: i.said, Operator: "centre", Case: id, Kind: kind, At: at, Body: raw}
	if c, err := i.s.Case(context.Background(), id); err == nil {
		ch.Seen = c.Heads
	}
	ch.BodyHash = loan.BodyHashOf(i.s.Sum, ch.Salt, raw)
	noErr(i.t, i.s.Receive(context.Background(), []*loan.Change{ch}))
}

func (i *intake) received(f family, at time.Time) {
	i.t.Helper()
	i.hear(f.id, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "1", Finish: f.finish.String()}, at)
}

// delivered is a case that the centre has, and has said so, at the clock's time.
func (i *intake) delivered(n, year int) family {
	i.t.Helper()
	f := i.finished(n, year)
	i.carry(i.now, f.all()...)
	i.received(f, i.now)
	return f
}

func (i *intake) retain() Erased {
	i.t.Helper()
	out, err := i.s.Retain(context.Background(), i.now)
	noErr(i.t, err)
	return out
}

func (i *intake) reopen() {
	i.t.Helper()
	noErr(i.t, i.s.Close())
	i.s = unlocked(i.t, i.s.o)
}

const days = 24 * time.Hour

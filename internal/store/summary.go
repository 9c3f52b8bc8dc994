package store

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Summary is a case in a list. It holds personal data in full: who shows it
// masks it.
type Summary struct {
	ID             uuid.UUID
	Name           string // of the student
	Coborrower     string // name
	CoborrowerIDNo string // number
	IDNo           string // of the student
	Phone          string // of the student
	IDTail         string // last four
	PhoneTail      string // last four
	School         string
	Kind           loan.Kind
	Supplementary  bool
	Status         loan.Status
	Amount         int
	Opened         time.Time
	Updated        time.Time
	Operator       string // who opened it
	Problems       int    // conflicts, changes set aside, other cases of the student, consents taken back after signing and a review that sent it back, which wait for a person
	Sent           bool   // the centre has acknowledged all of it
	Holders        []Holder
	Ticket         string // the number its people are called by, with its laptop's mark
	TicketDay      loan.Date
	Urgency        loan.Urgency
}

// Holder is a laptop that holds a case in a room's pipeline.
type Holder struct {
	Device  uuid.UUID
	Station loan.Station
	Name    string // what the room calls the laptop
	By      string // the operator by whom it has it; empty in what an earlier program wrote
	Taken   bool   // he took it over, and it was not passed on
	Number  bool   // loan.Holding.Number
}

// HeldBy says whether a device holds the case by name.
func (s *Summary) HeldBy(device uuid.UUID) bool {
	return slices.ContainsFunc(s.Holders, func(h Holder) bool { return h.Device == device })
}

// row is a summary as stored, with what only the store needs.
type row struct {
	Summary
	coPhone string
	last    uint64  // counter of this device's last change to the case
	changes uint32  // changes listed under the case
	brought [2]Part // contracts, images: blobs that came with it
	erased  bool    // the case's content is gone; no list shows it
}

// fill takes everything but last and changes from the case.
func (r *row) fill(c *loan.Case) {
	a := &c.App
	r.Summary = Summary{ID: c.ID, Name: a.Student.Name, IDNo: a.Student.IDNo, Phone: a.Student.Phone,
		School: a.Study.SchoolName, Kind: a.Kind, Supplementary: a.Loan.Supplementary, Status: c.Status,
		Amount: a.Loan.Amount, Opened: c.Opened, Updated: c.Updated, Operator: c.OpenedBy,
		Problems: len(c.Conflicts) + len(c.Aside), Urgency: c.Urgency}
	for _, h := range c.Holders {
		r.Holders = append(r.Holders, Holder{h.Device, h.Station, h.Name, h.By, h.Reason != "", h.Number})
	}
	if c.Ticket != nil {
		r.Ticket, r.TicketDay = c.TicketLabel(), c.Ticket.Day
	}
	if len(c.Same) > 0 && c.Status != loan.Void {
		r.Problems++
	}
	if len(c.TakenBack()) > 0 {
		r.Problems++
	}
	if c.SentBack() != nil {
		r.Problems++
	}
	r.coPhone = ""
	if len(a.Coborrowers) > 0 {
		r.Coborrower, r.CoborrowerIDNo, r.coPhone = a.Coborrowers[0].Name, a.Coborrowers[0].IDNo, a.Coborrowers[0].Phone
	}
	r.tails()
}

func (r *row) tails() { r.IDTail, r.PhoneTail = tail(r.IDNo), tail(r.Phone) }

func tail(s string) string {
	if len(s) < 8 {
		return ""
	}
	return s[len(s)-4:]
}

// The forms of a summary: the last two are of a case in a room's pipeline, and
// version 3 did not say how and by whom a laptop holds it. Version 1 had neither
// the urgency nor what the changes brought.
const (
	summaryVersion = 2
	summaryInRoom  = 3
	summaryHeldBy  = 4
)

// How a laptop holds a case, in a summary.
const (
	heldPassed = iota
	heldTaken
	heldNumber
)

// inRoom says whether the case was passed on, or has a number.
func (s *Summary) inRoom() bool { return len(s.Holders) > 0 || s.Ticket != "" }

// Flags of a summary.
const (
	flagSupplementary = 1 << iota
	flagErased
	flagUrgent
	flagDisaster
)

func (r *row) flags() byte {
	f := yes(r.Supplementary)*flagSupplementary | yes(r.erased)*flagErased
	switch r.Urgency {
	case loan.Urgent:
		f |= flagUrgent
	case loan.Disaster:
		f |= flagDisaster
	}
	return f
}

func urgencyOf(flags byte) loan.Urgency {
	switch {
	case flags&flagDisaster != 0:
		return loan.Disaster
	case flags&flagUrgent != 0:
		return loan.Urgent
	}
	return loan.NotUrgent
}

// encode gives the row's bytes; doc.go has the form.
func (r *row) encode() []byte {
	version := byte(summaryVersion)
	if r.inRoom() {
		version = summaryHeldBy
	}
	b := append(make([]byte, 0, 256), version)
	b = append(b, r.ID[:]...)
	b = append(b, byte(r.Status), r.flags())
	b = binary.AppendVarint(b, int64(r.Amount))
	b = binary.AppendVarint(b, r.Opened.UnixMilli())
	b = binary.AppendVarint(b, r.Updated.UnixMilli())
	b = binary.AppendUvarint(b, uint64(r.Problems))
	b = binary.AppendUvarint(b, r.last)
	b = binary.AppendUvarint(b, uint64(r.changes))
	for _, p := range r.brought {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(p.Blobs)), uint64(p.Bytes))
	}
	for _, s := range r.texts() {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		b = append(b, *s...)
	}
	if version == summaryHeldBy {
		b = r.appendRoom(b)
	}
	return b
}

func (r *row) appendRoom(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(r.Holders)))
	for _, h := range r.Holders {
		b = append(b, h.Device[:]...)
		for _, s := range []string{string(h.Station), h.Name} {
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		}
		b = append(b, yes(h.Taken)*heldTaken|yes(h.Number)*heldNumber)
		b = append(binary.AppendUvarint(b, uint64(len(h.By))), h.By...)
	}
	for _, s := range []string{r.Ticket, string(r.TicketDay)} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

// room reads what appendRoom wrote, in a summary of a version.
func (r *row) room(d *decoder, version byte) {
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		var h Holder
		if len(d.b) < 16 {
			d.bad = true
			return
		}
		copy(h.Device[:], d.b)
		d.b = d.b[16:]
		h.Station, h.Name = loan.Station(d.text()), d.text()
		if version >= summaryHeldBy {
			if len(d.b) == 0 || d.b[0] > heldNumber {
				d.bad = true
				return
			}
			h.Taken, h.Number = d.b[0] == heldTaken, d.b[0] == heldNumber
			d.b = d.b[1:]
			h.By = d.text()
		}
		r.Holders = append(r.Holders, h)
	}
	r.Ticket, r.TicketDay = d.text(), loan.Date(d.text())
	d.bad = d.bad || !r.inRoom()
}

func (r *row) texts() []*string {
	return []*string{(*string)(&r.Kind), &r.Name, &r.Coborrower, &r.IDNo, &r.Phone, &r.CoborrowerIDNo, &r.coPhone, &r.School, &r.Operator}
}

func yes(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// decodeSummary is the inverse of encode; anything else is fault.Damaged.
func decodeSummary(b []byte) (*row, error) {
	const op = "store.decodeSummary"
	bad := func() (*row, error) { return nil, fault.New(op, fault.Damaged, errors.New("summary")) }
	if len(b) < 19 {
		return bad()
	}
	if b[0] > summaryHeldBy {
		return nil, fault.New(op, fault.Newer, nil)
	}
	r := &row{}
	copy(r.ID[:], b[1:17])
	r.Status, r.Supplementary, r.erased = loan.Status(b[17]), b[18]&flagSupplementary != 0, b[18]&flagErased != 0
	r.Urgency = urgencyOf(b[18])
	d := decoder{b: b[19:], texts: string(b)}
	r.Amount = int(d.varint())
	r.Opened, r.Updated = time.UnixMilli(d.varint()).UTC(), time.UnixMilli(d.varint()).UTC()
	r.Problems, r.last, r.changes = int(d.uvarint()), d.uvarint(), uint32(d.uvarint())
	if b[0] > 1 {
		for i := range r.brought {
			r.brought[i] = Part{Blobs: int(d.uvarint()), Bytes: int64(d.uvarint())}
		}
	}
	for _, s := range r.texts() {
		*s = d.text()
	}
	if b[0] >= summaryInRoom {
		r.room(&d, b[0])
	}
	if d.bad || len(d.b) != 0 || b[0] == 0 || b[18] >= flagDisaster<<1 || b[0] == 1 && b[18] >= flagUrgent {
		return bad()
	}
	r.tails()
	return r, nil
}

type decoder struct {
	b     []byte
	texts string // ends where b does; the texts found share its memory
	bad   bool
}

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.bad, d.b = true, nil
		return
	}
	d.b = d.b[n:]
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	d.skip(n)
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.skip(n)
	return v
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return ""
	}
	at := len(d.texts) - len(d.b)
	d.b = d.b[n:]
	return d.texts[at : at+int(n)]
}

package desk

import (
	"context"
	"slices"
	"strings"
	"sync"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// maxOffers is how many students of one name are offered; of more the ID number
// has to be typed.
const maxOffers = 4

// Offer is a student of a pre-application roster that a case may be filled in
// from, masked.
type Offer struct {
	Name, IDNo string // masked; of one found by the name no more than the number's end
	School     string // the high school
	Group      string
	Approved   bool
	student    loan.Preapplied
	byNumber   bool
}

// ByNumber says whether the student was found by the whole ID number. One who was
// found by a name alone is told of, and not filled in.
func (o Offer) ByNumber() bool { return o.byNumber }

// preapplied is every student of the rosters in force, by number and by name.
type preapplied struct {
	mu      sync.Mutex
	mark    uint64 // of the store's bulletins, when it was made
	made    bool
	rosters []*loan.Roster
	byID    map[string][]place
	byName  map[string][]place
}

type place struct{ roster, student int32 }

// load makes the index where the store has taken bulletins since.
func (p *preapplied) load(ctx context.Context, d *Desk) error {
	mark := d.store.BulletinMark()
	if p.made && p.mark == mark {
		return nil
	}
	p.rosters, p.byID, p.byName = nil, map[string][]place{}, map[string][]place{}
	for _, h := range d.store.Bulletins(bulletin.Roster) {
		b, err := d.store.Bulletin(ctx, h.Kind, h.Name)
		if fault.KindOf(err) == fault.Missing {
			continue // it was withdrawn meanwhile
		}
		if err != nil {
			return err
		}
		r, err := loan.ParseRoster(b)
		if err != nil {
			return err
		}
		for i, s := range r.People {
			at := place{int32(len(p.rosters)), int32(i)}
			p.byID[s.IDNo] = append(p.byID[s.IDNo], at)
			p.byName[s.Name] = append(p.byName[s.Name], at)
		}
		p.rosters = append(p.rosters, r)
	}
	p.mark, p.made = mark, true
	return nil
}

// Offers lists the students of the rosters of the case's school year who have
// the whole ID number typed, or without one the whole name; of a name that more
// than a few have, none, and crowded says so. Who could not be this case's
// student, for number or name differ from what is entered, is not offered, nor
// is one from whom nothing is left to take.
func (d *Desk) Offers(ctx context.Context, c *loan.Case, idNo, name string) (offers []Offer, crowded bool, err error) {
	const op = "search roster"
	if d.would(ctx, guard.Edit, c) != nil || c.App.Kind != loan.First {
		return nil, false, nil
	}
	id, _ := loan.IDNumber(strings.ToUpper(strings.TrimSpace(idNo))).Canonical()
	name, _ = loan.NormalizeName(strings.TrimSpace(name))
	p := &d.preapplied
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(ctx, d); err != nil {
		return nil, false, fault.Wrap(op, err)
	}
	found := p.byID[string(id)]
	if id == "" {
		found = p.byName[name]
	}
	for _, at := range found {
		r := p.rosters[at.roster]
		s := r.People[at.student]
		if r.Year != c.App.AcademicYear || name != "" && name != s.Name || len(fills(&c.App, s)) == 0 {
			continue
		}
		o := Offer{Name: guard.MaskName(s.Name), IDNo: guard.MaskIDNo(s.IDNo), School: r.School, Group: r.Group,
			Approved: s.Approved, student: s, byNumber: id != ""}
		if !o.byNumber {
			o.IDNo = numberEnd(s.IDNo)
		}
		offers = append(offers, o)
	}
	if len(offers) > maxOffers {
		return nil, true, nil
	}
	return offers, false, nil
}

// numberEnd leaves of a number what tells apart a few of one name, and is no help in
// trying numbers out.
func numberEnd(s string) string {
	n := max(len(s)-2, 0)
	return strings.Repeat("*", n) + s[n:]
}

// fills is what an offer would set in an application: fields that are empty,
// and that the pre-application passed. None when number or name differ.
func fills(a *loan.Application, s loan.Preapplied) map[string]any {
	have := a.Student
	if id, _ := loan.IDNumber(have.IDNo).Canonical(); id != "" && string(id) != s.IDNo || have.Name != "" && have.Name != s.Name {
		return nil
	}
	out := map[string]any{}
	empty := func(path, now, value string) {
		if now == "" && value != "" {
			out["student."+path] = value
		}
	}
	id := loan.IDNumber(s.IDNo)
	empty("name", have.Name, s.Name)
	empty("id_no", have.IDNo, s.IDNo)
	if t, ok := id.Birth(); ok {
		empty("birth", string(have.Birth), string(loan.DateOf(t)))
	}
	empty("sex", string(have.Sex), string(id.Sex()))
	empty("ethnic", have.Ethnic, s.Ethnic)
	empty("phone", have.Phone, s.Phone)
	empty("address", have.Address, s.Address)
	if s.Approved && !a.Hardship.PreApplied {
		out["hardship.pre_applied"] = true
	}
	if len(a.Hardship.Categories) == 0 && len(s.Categories) > 0 {
		out["hardship.categories"] = s.Categories
	}
	return out
}

// TakeOffer fills the case in from a roster, and notes which. fault.Input without the
// student's whole number, by which it was found or which the case has: a name does
// not give out what the roster has of a person.
func (d *Desk) TakeOffer(ctx context.Context, id uuid.UUID, o Offer) (*loan.Case, error) {
	const op = "take offer"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Edit, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if no := numberOf(c, loan.StudentParty); !o.byNumber && (no == "" || string(no) != o.student.IDNo) {
		return nil, fault.Say(op, fault.Input, "请先输入完整的身份证号或读身份证，再从名单填入。", nil)
	}
	fields := fills(&c.App, o.student)
	if len(fields) == 0 {
		return nil, fault.Say(op, fault.Conflict, "已填的姓名或身份证号与名单不同，没有填入。", nil)
	}
	body, err := editBody(fields)
	if err != nil {
		return nil, err
	}
	return d.setFields(ctx, op, id, guard.Edit, body.Fields, entry(loan.ChangeEdit, body),
		entry(loan.ChangeView, loan.ViewBody{Detail: guard.RosterTaken + o.Group}))
}

// Listed is what the rosters in force say of a case's student.
type Listed uint8

// What the rosters say.
const (
	NoRoster  Listed = iota // none of the school year is here, or there is no number yet
	NotListed               // the number stands in none
	Refused                 // it does, and the pre-application did not pass
	Approved                // it does, and passed
)

// Listed says what the rosters of the case's school year say of its student.
func (d *Desk) Listed(ctx context.Context, c *loan.Case) (Listed, error) {
	p := &d.preapplied
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(ctx, d); err != nil {
		return NoRoster, fault.Wrap("search roster", err)
	}
	of := func(r *loan.Roster) bool { return r.Year == c.App.AcademicYear }
	id, _ := loan.IDNumber(c.App.Student.IDNo).Canonical()
	if id == "" || !slices.ContainsFunc(p.rosters, of) {
		return NoRoster, nil
	}
	out := NotListed
	for _, at := range p.byID[string(id)] {
		if r := p.rosters[at.roster]; of(r) && r.People[at.student].Approved {
			return Approved, nil
		} else if of(r) {
			out = Refused
		}
	}
	return out, nil
}

package rig

import (
	"math/rand/v2"

	"github.com/google/uuid"

	"doorstep/internal/loan"
)

// verb is what an operation asks of the store.
type verb uint8

const (
	commit   verb = iota
	receive       // a change of the centre comes home
	receipt       // the centre's signed word comes home
	setting       // a setting is kept
	roster        // an account of the centre's roster is kept
	password      // an account may sign in, or has another password
	backup        // all of the store goes to a stick
	retain        // images whose time is over are erased
	season        // cases of a season are erased whole
	compact       // the database file is written anew
)

// op is one operation.
type op struct {
	n       int64
	verb    verb
	entries []entry
	blobs   []ref  // commit: content that goes with the entries
	key     string // setting: its name; roster, password: the account
	on      bool   // roster: the account is switched on
	through uint64 // receipt
	held    []ref  // receipt: the blobs it names
	epoch   int    // receipt: which centre
	erase   *erasing
}

// marked says whether the operation takes several steps and then a setting.
func (o *op) marked() bool {
	return o.verb == password || o.verb == backup || o.verb == compact || o.erase != nil && len(o.erase.cases) == 0
}

// entry is one change of a commit.
type entry struct {
	kind    loan.ChangeKind
	who     string
	on      *kase // nil: no case
	sets    []set
	piece   piece
	under   ref // read, sign: the contract
	party   loan.Party
	purpose string
	pass    bool
	list    []piece
	text    string
	erased  *erasing
}

// set is a field of an application and its value.
type set struct {
	path  string
	value any
}

// active is how many of the newest cases are worked on.
const active = 10

// planner draws one operation.
type planner struct {
	m *model
	r *rand.Rand
	n int64
	o *op
}

// next is operation n, which follows all that the model has taken. It changes
// nothing.
func (m *model) next(n int64) *op {
	p := &planner{m: m, n: n, r: rand.New(rand.NewPCG(uint64(m.seed), uint64(n))), o: &op{n: n}}
	k := p.pick()
	x := p.r.IntN(1000)
	switch {
	case x < 50 || k == nil && x < 600:
		p.open()
	case x < 75 || k == nil && x < 700:
		p.look(nil)
	case x < 110 || k == nil:
		p.o.verb, p.o.key = setting, p.name("rig/", 6)
	case x < 122:
		p.o.verb, p.o.key, p.o.on = roster, p.name("roster-", 5), p.r.IntN(4) > 0
	case x < 128:
		p.o.verb, p.o.key = password, p.name("desk-", 3)
	case x < 131 && p.n > 50:
		p.o.verb = backup
	case x < 137:
		p.o.verb = compact
	case x < 150:
		p.erase()
	case x < 195:
		p.receipt()
	case (k.rung == loan.ToReview || k.rung == loan.ToSign) && x < 830:
		p.advance(k) // work on a case in review sends it back: seldom
	case x < 430:
		p.edit(k)
	case x < 500:
		p.attach(k)
	case x < 520:
		p.detach(k)
	case x < 600:
		p.vouch(k)
	case x < 950:
		p.advance(k)
	case x < 960:
		p.end(k)
	default:
		p.look(k)
	}
	return p.o
}

func (p *planner) name(prefix string, of int) string {
	return prefix + string(rune('a'+p.r.IntN(of)))
}

// pick is a case to work on; nil while there is none.
func (p *planner) pick() *kase {
	var open []*kase
	for i := len(p.m.cases) - 1; i >= 0 && len(open) < active; i-- {
		if k := p.m.cases[i]; !k.gone && k.rung != loan.Void && k.rung != loan.Accepted {
			open = append(open, k)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return open[p.r.IntN(len(open))]
}

func (p *planner) add(e entry) {
	if e.who == "" {
		e.who = clerk
	}
	p.o.entries = append(p.o.entries, e)
}

// open starts a case; every third comes whole, with its papers.
func (p *planner) open() {
	k := &kase{id: p.caseID()}
	p.add(entry{kind: loan.ChangeOpen, on: k, sets: p.person()})
	if p.r.IntN(3) > 0 {
		return
	}
	p.add(entry{kind: loan.ChangeEdit, on: k, sets: p.fields(3)})
	for _, s := range []loan.Slot{loan.PortraitStudent, loan.PortraitCoborrower, loan.DocSlot(loan.StudentIDCard), loan.DocSlot(loan.HukouBook)} {
		p.add(entry{kind: loan.ChangeAttach, on: k, piece: p.fresh(s)})
	}
	p.add(entry{kind: loan.ChangeAttest, on: k, party: loan.StudentParty})
}

// caseID begins with the time of the opening, as every UUIDv7 does.
func (p *planner) caseID() uuid.UUID {
	var id uuid.UUID
	ms := uint64(at(p.n).UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	for i := 6; i < 16; i++ {
		id[i] = byte(p.r.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

// fresh is a new piece for a slot, or now and then one that is there already.
func (p *planner) fresh(s loan.Slot) piece {
	size := 40<<10 + p.r.IntN(100<<10)
	switch x := p.r.IntN(12); {
	case s == loan.PortraitStudent || s == loan.PortraitCoborrower:
		size = 20<<10 + p.r.IntN(40<<10)
	case x == 0 && len(p.m.blobs) > 0:
		known := p.m.blobs[max(0, len(p.m.blobs)-20):]
		return piece{s, "image/jpeg", known[p.r.IntN(len(known))].ref}
	case x == 1:
		size = 64 << 10 * (1 + p.r.IntN(3)) // whole chunks
	}
	return p.content(s, "image/jpeg", size)
}

// content is a piece of new content that comes with this operation.
func (p *planner) content(s loan.Slot, media string, size int) piece {
	at := piece{s, media, ref{p.n, len(p.o.blobs), size}}
	p.o.blobs = append(p.o.blobs, at.ref)
	return at
}

func (p *planner) edit(k *kase) {
	fields := p.fields(1 + p.r.IntN(3))
	if k.contract != nil && k.contract.sealed != nil {
		fields = []set{{"hardship.pre_applied", p.r.IntN(2) == 0}}
	}
	if !k.editable() {
		p.look(k)
		return
	}
	p.add(entry{kind: loan.ChangeEdit, on: k, sets: fields})
	if p.r.IntN(4) == 0 {
		p.look(k)
	}
}

func (p *planner) attach(k *kase) {
	if !k.editable() {
		p.look(k)
		return
	}
	slots := []loan.Slot{loan.PortraitStudent, loan.PortraitCoborrower}
	for _, d := range loan.Docs() {
		slots = append(slots, loan.DocSlot(d))
	}
	for range 1 + p.r.IntN(2) {
		p.add(entry{kind: loan.ChangeAttach, on: k, piece: p.fresh(slots[p.r.IntN(len(slots))])})
	}
}

func (p *planner) detach(k *kase) {
	if !k.editable() || len(k.pieces) == 0 {
		p.look(k)
		return
	}
	p.add(entry{kind: loan.ChangeDetach, on: k, piece: k.pieces[p.r.IntN(len(k.pieces))]})
}

// vouch has the clerk attest, or a party consent or take that back.
func (p *planner) vouch(k *kase) {
	party := []loan.Party{loan.StudentParty, loan.CoborrowerParty}[p.r.IntN(2)]
	purpose := []string{loan.ConsentSensitive, loan.ConsentCredit}[p.r.IntN(2)]
	switch {
	case !k.editable():
		p.look(k)
	case p.r.IntN(2) == 0 && k.portrait(party):
		p.add(entry{kind: loan.ChangeAttest, on: k, party: party})
	default:
		p.add(entry{kind: loan.ChangeConsent, on: k, party: party, purpose: purpose, text: "consent/" + p.name("v", 3), pass: p.r.IntN(5) > 0})
	}
}

// advance takes a case a rung up its ladder.
func (p *planner) advance(k *kase) {
	switch k.rung {
	case loan.Draft, loan.Corrected:
		work := []func(*kase){p.edit, p.vouch, p.attach, p.edit, p.detach, p.edit}
		if i := p.r.IntN(len(work) + 3); i < len(work) {
			work[i](k)
			return
		}
		p.add(entry{kind: loan.ChangeSubmit, on: k})
	case loan.ToReview:
		p.add(entry{kind: loan.ChangeReview, who: reviewer, on: k, pass: p.r.IntN(8) > 0, text: p.name("note ", 9)})
	case loan.ToSign:
		p.sign(k)
	case loan.Signed:
		p.add(entry{kind: loan.ChangeFinish, on: k, list: k.manifest()})
		if p.r.IntN(2) == 0 {
			p.add(entry{kind: loan.ChangePrint, on: k, text: p.name("slip ", 9)})
		}
	case loan.Queued:
		p.o.verb = receive
		p.add(entry{kind: loan.ChangeReceive, who: centre, on: k, text: p.name("R", 26)})
	case loan.Received:
		p.o.verb = receive
		kind := []loan.ChangeKind{loan.ChangeAccept, loan.ChangeAccept, loan.ChangeReturn}[p.r.IntN(3)]
		p.add(entry{kind: kind, who: centre, on: k, text: p.name("note ", 9)})
	case loan.Returned:
		p.correct(k)
	}
}

func (p *planner) sign(k *kase) {
	c := k.contract
	switch {
	case c == nil:
		p.add(entry{kind: loan.ChangeContract, on: k, piece: p.content(loan.ContractSlot, "application/pdf", 60<<10+p.r.IntN(60<<10))})
	case c.read == 0:
		p.add(entry{kind: loan.ChangeRead, on: k, under: c.ref})
	case c.signed[loan.StudentParty].n == 0:
		p.add(entry{kind: loan.ChangeSign, on: k, party: loan.StudentParty, under: c.ref, piece: p.ink(loan.InkStudent)})
	case c.signed[loan.CoborrowerParty].n == 0:
		p.add(entry{kind: loan.ChangeSign, on: k, party: loan.CoborrowerParty, under: c.ref, piece: p.ink(loan.InkCoborrower)})
	default:
		p.add(entry{kind: loan.ChangeSeal, on: k, piece: p.content(loan.ContractSlot, "application/pdf", 70<<10+p.r.IntN(60<<10))})
		p.look(k)
	}
}

func (p *planner) ink(s loan.Slot) piece {
	return p.content(s, "application/vnd.doorstep.ink", 2<<10+p.r.IntN(14<<10))
}

func (p *planner) correct(k *kase) {
	if k.contract == nil || p.r.IntN(2) == 0 {
		p.edit(k)
		return
	}
	p.add(entry{kind: loan.ChangeCorrect, on: k, sets: p.fields(1), text: p.name("reason ", 9)})
}

// end voids a case or corrects a signed one.
func (p *planner) end(k *kase) {
	if k.contract != nil && k.contract.sealed != nil {
		p.correct(k)
		return
	}
	p.add(entry{kind: loan.ChangeVoid, on: k, text: p.name("reason ", 9)})
}

func (p *planner) look(k *kase) {
	kinds := []loan.ChangeKind{loan.ChangeView, loan.ChangeReveal, loan.ChangePrint, loan.ChangeExport}
	if k == nil {
		kinds = []loan.ChangeKind{loan.ChangeSearch, loan.ChangeSignIn}
	}
	p.add(entry{kind: kinds[p.r.IntN(len(kinds))], on: k, text: p.name("look ", 26)})
}

// receipt acknowledges some of what waits; every twentieth is by a centre that
// was restored from a backup and knows less, or more, than the last.
func (p *planner) receipt() {
	m, o := p.m, p.o
	o.epoch = m.epoch
	restored := m.epoch > 0 && p.r.IntN(20) == 0
	switch {
	case m.counter == 0 || !restored && m.counter <= m.acked:
		p.o.verb, p.o.key = setting, p.name("rig/", 6)
		return
	case restored:
		o.epoch, o.through = m.epoch+1, uint64(p.r.Int64N(int64(m.counter)+1))
	default:
		o.epoch, o.through = max(1, m.epoch), m.acked+1+uint64(p.r.Int64N(int64(m.counter-m.acked)))
	}
	o.verb = receipt
	for _, b := range m.blobs {
		if (restored || b.waits) && b.order <= o.through && p.r.IntN(4) > 0 {
			o.held = append(o.held, b.ref)
		}
	}
}

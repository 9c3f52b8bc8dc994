package rig

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"doorstep/internal/loan"
)

// model is what the store must hold, kept as plainly as can be.
type model struct {
	seed    int64
	applied int64
	cases   []*kase
	log     []logged // the device's own changes
	counter uint64
	acked   uint64
	epoch   int
	receipt *op     // the last one
	done    int64   // bytes of blobs acknowledged since none waited
	blobs   []*blob // in order of arrival
	byRef   map[ref]*blob
	keys    map[string]int64 // settings: which operation set them
	roster  map[string]*op   // accounts without a password
	desks   map[string]*op   // accounts with one
	stick   int64            // the operation that made the last backup
}

// logged is a change as it must stand in the device's chain.
type logged struct {
	n int64
	entry
}

type blob struct {
	ref
	contract bool
	of       uuid.UUID // the case
	order    uint64
	waits    bool
	acked    int64  // the last receipt that named it
	rule     string // by which it was erased
}

// piece is content in a slot.
type piece struct {
	slot  loan.Slot
	media string
	ref
}

// kase is a case; the word itself is Go's.
type kase struct {
	id              uuid.UUID
	app             loan.Application
	rung            loan.Status
	opened, updated int64
	authors         map[string]bool
	pieces          []piece
	attests         map[loan.Party]int64
	consents        map[loan.Party]map[string]string
	review          *word
	contract        *contract
	former          []*contract
	finish          *finish
	received        *word
	returned        *word
	changes         int
	bodies          int // of its changes, those that go with the case
	last            uint64
	brought         []ref // content that its changes brought, also what was taken out again
	home            int64 // when the centre last said that it has the case
	gone            bool  // erased whole
}

// word is somebody's word in operation n.
type word struct {
	n    int64
	pass bool
	text string
}

type contract struct {
	piece
	n      int64
	read   int64
	signed map[loan.Party]signature
	sealed *piece
	at     int64
}

type signature struct {
	n   int64
	ink ref
}

type finish struct {
	n    int64
	list []piece
}

func newModel(seed int64) *model {
	return &model{seed: seed, byRef: map[ref]*blob{}, keys: map[string]int64{}, roster: map[string]*op{}, desks: map[string]*op{}}
}

// modelOf is the model after some operations.
func modelOf(seed, applied int64) *model {
	m := newModel(seed)
	for n := int64(1); n <= applied; n++ {
		m.take(m.next(n))
	}
	return m
}

// take folds an operation into the model.
func (m *model) take(o *op) {
	m.applied = o.n
	switch o.verb {
	case commit:
		for _, e := range o.entries {
			m.counter++
			m.log = append(m.log, logged{o.n, e})
			m.change(o.n, e, m.counter)
		}
		m.arrive(o)
	case receive:
		for _, e := range o.entries {
			m.change(o.n, e, 0)
		}
	case receipt:
		m.count(o)
		if o.epoch > 1 && o.epoch != m.epoch {
			for _, b := range m.blobs {
				b.waits = b.rule == ""
			}
		}
		for _, r := range o.held {
			m.byRef[r].waits, m.byRef[r].acked = false, o.n
		}
		m.acked, m.epoch, m.receipt = o.through, o.epoch, o
		if !slices.ContainsFunc(m.blobs, func(b *blob) bool { return b.waits }) {
			m.done = 0
		}
	case setting:
		m.keys[o.key] = o.n
	case roster:
		m.roster[o.key] = o
	case password:
		m.desks[o.key] = o
	case backup:
		m.stick = o.n
	case retain, season:
		m.erase(o)
	}
	if o.marked() {
		m.keys[mark] = o.n
	}
}

// count adds what waited and is named by a receipt to the bytes sent.
func (m *model) count(o *op) {
	seen := map[ref]bool{}
	for _, r := range o.held {
		if b := m.byRef[r]; b.waits && !seen[r] {
			seen[r] = true
			m.done += int64(b.size)
		}
	}
}

// mark is the setting that ends an operation of several steps.
const mark = "rig/mark"

// arrive keeps the blobs that came with a commit.
func (m *model) arrive(o *op) {
	contract := slices.ContainsFunc(o.entries, func(e entry) bool {
		return e.kind == loan.ChangeContract || e.kind == loan.ChangeSign || e.kind == loan.ChangeSeal
	})
	for _, r := range o.blobs {
		b := &blob{ref: r, contract: contract, of: o.entries[0].on.id, order: m.counter, waits: true}
		m.blobs, m.byRef[r] = append(m.blobs, b), b
	}
}

// change folds one change into its case; counter is 0 for the centre's.
func (m *model) change(n int64, e entry, counter uint64) {
	k := e.on
	if k == nil {
		return
	}
	if e.kind == loan.ChangeOpen {
		k.authors, k.attests = map[string]bool{}, map[loan.Party]int64{}
		k.consents = map[loan.Party]map[string]string{loan.StudentParty: {}, loan.CoborrowerParty: {}}
		k.opened = n
		m.cases = append(m.cases, k)
	}
	k.changes++
	if e.kind != loan.ChangeSubmit && !outlives(e.kind) {
		k.bodies++
	}
	switch e.kind {
	case loan.ChangeAttach, loan.ChangeContract, loan.ChangeSign, loan.ChangeSeal:
		if !slices.Contains(k.brought, e.piece.ref) {
			k.brought = append(slices.Clone(k.brought), e.piece.ref)
		}
	case loan.ChangeReceive:
		k.home = n
	}
	k.last = max(k.last, counter)
	if !k.act(n, e) {
		return
	}
	k.updated = n
	switch e.kind {
	case loan.ChangeOpen, loan.ChangeEdit, loan.ChangeAttach, loan.ChangeDetach, loan.ChangeAttest, loan.ChangeConsent, loan.ChangeCorrect, loan.ChangeSubmit:
		k.authors[e.who] = true
	}
}

// act does what a change does to its case; false for a look.
func (k *kase) act(n int64, e entry) bool {
	switch e.kind {
	case loan.ChangeOpen:
		for _, s := range e.sets {
			assign(&k.app, s)
		}
	case loan.ChangeEdit:
		k.touch()
		for _, s := range e.sets {
			assign(&k.app, s)
		}
	case loan.ChangeAttach, loan.ChangeDetach:
		k.touch()
		k.place(e.piece, e.kind == loan.ChangeAttach)
	case loan.ChangeAttest:
		k.touch()
		k.attests[e.party] = n
	case loan.ChangeConsent:
		k.touch()
		delete(k.consents[e.party], e.purpose)
		if e.pass {
			k.consents[e.party][e.purpose] = e.text
		}
	case loan.ChangeVoid:
		k.rung = loan.Void
	case loan.ChangeCorrect:
		for _, s := range e.sets {
			assign(&k.app, s)
		}
		k.former = append(k.former, k.contract)
		k.contract, k.review, k.finish, k.rung = nil, nil, nil, loan.Corrected
	default:
		return k.climb(n, e)
	}
	return true
}

// climb does what takes a case up its ladder.
func (k *kase) climb(n int64, e entry) bool {
	switch e.kind {
	case loan.ChangeSubmit:
		k.rung = loan.ToReview
	case loan.ChangeReview:
		k.review = &word{n, e.pass, e.text}
		switch {
		case !e.pass:
			k.rung = loan.Draft
		case k.contract != nil && k.contract.sealed != nil:
			k.rung = loan.Signed
		default:
			k.rung = loan.ToSign
		}
	case loan.ChangeContract:
		k.contract = &contract{piece: e.piece, n: n, signed: map[loan.Party]signature{}}
	case loan.ChangeRead:
		k.contract.read = n
	case loan.ChangeSign:
		k.contract.signed[e.party] = signature{n, e.piece.ref}
	case loan.ChangeSeal:
		k.contract.sealed, k.contract.at, k.rung = &e.piece, n, loan.Signed
	case loan.ChangeFinish:
		k.finish, k.rung = &finish{n, e.list}, loan.Queued
		k.received, k.returned = nil, nil
	case loan.ChangeReceive:
		k.received, k.rung = &word{n: n, text: e.text}, loan.Received
	case loan.ChangeAccept:
		k.rung = loan.Accepted
	case loan.ChangeReturn:
		k.returned, k.rung = &word{n: n, text: e.text}, loan.Returned
	default:
		return false
	}
	return true
}

func (k *kase) editable() bool {
	signed := k.contract != nil && len(k.contract.signed) > 0
	switch k.rung {
	case loan.Draft, loan.ToReview, loan.Returned, loan.Corrected:
		return true
	}
	return k.rung == loan.ToSign && !signed
}

// touch is before whatever alters what a reviewer has seen.
func (k *kase) touch() {
	switch k.rung {
	case loan.ToReview, loan.ToSign:
		k.rung = loan.Draft
		if k.review != nil && k.review.pass { // why it was sent back stays
			k.review = nil
		}
		if k.contract != nil && k.contract.sealed == nil {
			k.contract = nil
		}
	case loan.Returned:
		k.rung = loan.Corrected
	}
}

// place puts a piece into its slot or takes it out. A portrait takes the place
// of the one before and of the word on it.
func (k *kase) place(p piece, in bool) {
	for party, slot := range portraits() {
		if p.slot == slot {
			delete(k.attests, party)
			if in {
				k.pieces = slices.DeleteFunc(slices.Clone(k.pieces), func(x piece) bool { return x.slot == slot })
			}
		}
	}
	if !in {
		k.pieces = slices.DeleteFunc(slices.Clone(k.pieces), func(x piece) bool { return x.slot == p.slot && x.ref == p.ref })
	} else if !slices.Contains(k.pieces, p) {
		k.pieces = append(slices.Clone(k.pieces), p)
	}
}

func portraits() map[loan.Party]loan.Slot {
	return map[loan.Party]loan.Slot{loan.StudentParty: loan.PortraitStudent, loan.CoborrowerParty: loan.PortraitCoborrower}
}

func (k *kase) portrait(p loan.Party) bool {
	return slices.ContainsFunc(k.pieces, func(x piece) bool { return x.slot == portraits()[p] })
}

// manifest is every piece that the case consists of.
func (k *kase) manifest() []piece {
	out := slices.Clone(k.pieces)
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if s, ok := k.contract.signed[p]; ok {
			out = append(out, piece{loan.Slot("ink/" + string(p)), "application/vnd.doorstep.ink", s.ink})
		}
	}
	return append(out, *k.contract.sealed)
}

func (s *names) attachment(p piece) loan.Attachment {
	return loan.Attachment{Slot: p.slot, Blob: s.of(p.ref), Media: p.media, Size: int64(p.size)}
}

func fieldsOf(sets []set) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, s := range sets {
		b, err := json.Marshal(s.value)
		if err != nil {
			panic(err) // texts, numbers and yes or no alone
		}
		out[s.path] = b
	}
	return out
}

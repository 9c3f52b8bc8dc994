package loan_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	. "doorstep/internal/loan"
)

func TestTwoDesksAndOneField(t *testing.T) {
	// apart is a case that two laptops edit without seeing each other.
	apart := func(first, second any) (*laptop, *laptop) {
		a, b := newLaptop(1), newLaptop(2)
		opened(a)
		b.get(a)
		a.write("anna", ChangeEdit, fields("loan.amount", first, "student.phone", "15400000001"))
		b.write("bert", ChangeEdit, fields("loan.amount", second, "student.address", "测试乡示例村一组001号"))
		return a, b
	}
	t.Run("keep both values as a conflict", func(t *testing.T) {
		a, b := apart(8000, 9000)
		a.get(b)
		b.get(a)
		c := mustFold(t, a)
		if len(c.Conflicts) != 1 || c.Conflicts[0].Field != "loan.amount" || len(c.Conflicts[0].Values) != 2 {
			t.Fatalf("conflicts: got %+v", c.Conflicts)
		}
		v := c.Conflicts[0].Values
		if v[0].Value != "8000" || v[0].Operator != "anna" || v[1].Value != "9000" || v[1].Operator != "bert" {
			t.Errorf("values: got %+v", v)
		}
		if c.App.Loan.Amount != 9000 {
			t.Errorf("shown: got %d, want the last value", c.App.Loan.Amount)
		}
		if c.App.Student.Phone == "" || c.App.Student.Address == "" {
			t.Error("a field that only one of them set is lost")
		}
		if got := shown(b.fold()); got != shown(c) {
			t.Errorf("the two laptops show\n%s\n%s", got, shown(c))
		}
	})
	t.Run("have no conflict when both set the same", func(t *testing.T) {
		a, b := apart(8000, 8000)
		a.get(b)
		if c := mustFold(t, a); len(c.Conflicts) != 0 {
			t.Errorf("conflicts: got %+v", c.Conflicts)
		}
	})
	t.Run("have it ended by a person who has seen both", func(t *testing.T) {
		a, b := apart(8000, 9000)
		a.get(b)
		a.write("anna", ChangeResolve, fields("loan.amount", 8000))
		if c := mustFold(t, a); len(c.Conflicts) != 0 || c.App.Loan.Amount != 8000 {
			t.Errorf("got %+v and %d", c.Conflicts, c.App.Loan.Amount)
		}
	})
	t.Run("have it again when both resolve it differently", func(t *testing.T) {
		a, b := apart(8000, 9000)
		a.get(b)
		b.get(a)
		a.write("anna", ChangeResolve, fields("loan.amount", 8000))
		b.write("bert", ChangeResolve, fields("loan.amount", 9000))
		a.get(b)
		if c := mustFold(t, a); len(c.Conflicts) != 1 || len(c.Conflicts[0].Values) != 2 {
			t.Errorf("conflicts: got %+v", c.Conflicts)
		}
	})
	t.Run("have no conflict when the second had seen the first", func(t *testing.T) {
		a, b := newLaptop(2), newLaptop(1)
		opened(a)
		a.write("anna", ChangeEdit, fields("loan.amount", 8000))
		b.get(a)
		b.write("bert", ChangeEdit, fields("loan.amount", 9000))
		if c := mustFold(t, b); len(c.Conflicts) != 0 || c.App.Loan.Amount != 9000 {
			t.Errorf("got %+v and %d", c.Conflicts, c.App.Loan.Amount)
		}
	})
	t.Run("void against edit: the void holds and the edit is not lost", func(t *testing.T) {
		a, b := newLaptop(1), newLaptop(2)
		opened(a)
		b.get(a)
		a.write("anna", ChangeVoid, ReasonBody{"重复"})
		edit := b.write("bert", ChangeEdit, fields("loan.amount", 9000))
		a.get(b)
		c := a.fold()
		kept := c.App.Loan.Amount == 9000 || len(c.Aside) == 1 && c.Aside[0].Change == edit.ID
		if c.Status != Void || !kept {
			t.Errorf("got %s, aside %v", c.Status, c.Aside)
		}
	})
}

func TestCorrectionVoidsTheSignatures(t *testing.T) {
	l := signing(Queued)
	before := mustFold(t, l)
	l.write("clerk", ChangeCorrect, CorrectBody{Fields: fields("loan.amount", 9000).Fields, Reason: "金额录错"})
	c := mustFold(t, l)
	if c.Status != Corrected || c.App.Loan.Amount != 9000 {
		t.Errorf("got %s, %d", c.Status, c.App.Loan.Amount)
	}
	if c.Contract != nil || c.Review != nil || c.Finish != nil || c.App.Signatures != (Signatures{}) {
		t.Error("contract, review, finish or signatures outlive the correction")
	}
	if len(c.Former) != 1 || c.Former[0].Sealed == nil || c.Former[0].Sealed.Blob != before.Contract.Sealed.Blob {
		t.Errorf("former contracts: got %+v", c.Former)
	}
	if c.SignedInFull() {
		t.Error("signed in full without signatures")
	}
}

func TestSignedContractFieldsAreFixed(t *testing.T) {
	l := signing(Returned)
	c := mustFold(t, l)
	err := c.Apply(l.make("clerk", ChangeEdit, fields("loan.amount", 9000), c.Heads))
	if fault.KindOf(err) != fault.Denied {
		t.Errorf("edit of a signed field: got %v, want denied", err)
	}
	err = c.Apply(l.make("clerk", ChangeAttach, AttachBody{Attachment: Attachment{Slot: DocSlot(HukouBook), Blob: blob(9), Media: "image/jpeg", Size: 1}}, c.Heads))
	if err != nil || c.Status != Corrected {
		t.Errorf("a better scan after a return: got %v, %s", err, c.Status)
	}
	if c.Contract == nil || c.Contract.Sealed == nil {
		t.Error("the sealed contract is gone")
	}
}

// TestLadder tries every kind of change on every rung.
func TestLadder(t *testing.T) {
	all := []Status{Draft, ToReview, ToSign, Signed, Queued, Received, Accepted, Returned, Corrected, Void}
	doc := Attachment{Slot: DocSlot(HukouBook), Blob: blob(8), Media: "image/jpeg", Size: 1}
	tests := []struct {
		kind    ChangeKind
		body    any
		allowed map[Status]Status // from → to
	}{
		{ChangeEdit, fields("student.phone", "15400000009"), map[Status]Status{Draft: Draft, ToReview: Draft, Corrected: Corrected}},
		{ChangeAttach, AttachBody{Attachment: doc}, map[Status]Status{Draft: Draft, ToReview: Draft, Returned: Corrected, Corrected: Corrected}},
		{ChangeConsent, ConsentBody{StudentParty, ConsentCredit, "text-1", true}, map[Status]Status{Draft: Draft, ToReview: Draft, Returned: Corrected, Corrected: Corrected}},
		{ChangeSubmit, nil, map[Status]Status{Draft: ToReview, Corrected: ToReview}},
		{ChangeReview, ReviewBody{Pass: true}, map[Status]Status{ToReview: ToSign}},
		{ChangeReview, ReviewBody{Note: "照片模糊"}, map[Status]Status{ToReview: Draft}},
		{ChangeContract, ContractBody{Template: "t", Blob: blob(7)}, map[Status]Status{ToSign: ToSign}},
		{ChangeSeal, SealBody{Blob: blob(4)}, map[Status]Status{ToSign: Signed}},
		{ChangeFinish, FinishBody{}, map[Status]Status{Signed: Queued}},
		{ChangeAccept, AcceptBody{}, map[Status]Status{Received: Accepted}},
		{ChangeReturn, ReturnBody{}, map[Status]Status{Received: Returned, Accepted: Returned}},
		{ChangeVoid, ReasonBody{"重复"}, map[Status]Status{Draft: Void, ToReview: Void, ToSign: Void, Signed: Void,
			Queued: Void, Received: Void, Accepted: Void, Returned: Void, Corrected: Void}},
		{ChangeCorrect, CorrectBody{fields("loan.amount", 9000).Fields, "改"}, map[Status]Status{ToSign: Corrected,
			Signed: Corrected, Queued: Corrected, Received: Corrected, Accepted: Corrected, Returned: Corrected}},
	}
	for _, tt := range tests {
		for _, from := range all {
			t.Run(string(tt.kind)+" from "+from.String(), func(t *testing.T) {
				l := signing(from)
				c := mustFold(t, l)
				if c.Status != from {
					t.Fatalf("the rig reached %s, want %s", c.Status, from)
				}
				before := shown(c)
				err := c.Apply(l.make("third", tt.kind, tt.body, c.Heads))
				want, ok := tt.allowed[from]
				switch {
				case ok && (err != nil || c.Status != want):
					t.Errorf("got %s, %v, want %s", c.Status, err, want)
				case !ok && fault.KindOf(err) != fault.Denied:
					t.Errorf("got %v, want denied", err)
				case !ok && shown(c) != before:
					t.Error("a refused change altered the case")
				}
			})
		}
	}
}

func TestWhoEnteredCannotReview(t *testing.T) {
	l := signing(ToReview)
	c := mustFold(t, l)
	before := shown(c)
	err := c.Apply(l.make("clerk", ChangeReview, ReviewBody{Pass: true}, c.Heads))
	if fault.KindOf(err) != fault.Denied || shown(c) != before {
		t.Errorf("review by the author: got %v, status %s", err, c.Status)
	}
	if err := c.Apply(l.make("reviewer", ChangeReview, ReviewBody{Pass: true}, c.Heads)); err != nil {
		t.Errorf("review by another: %v", err)
	}
}

func TestSealingWantsBothSignatures(t *testing.T) {
	l := newLaptop(1)
	l.get(signing(ToReview))
	l.counter = 100
	l.write("reviewer", ChangeReview, ReviewBody{Pass: true})
	l.write("clerk", ChangeContract, ContractBody{Template: "t", Blob: blob(1), AsOf: "2025-08-06"})
	l.write("clerk", ChangeSign, SignBody{Party: StudentParty, By: InPerson, Contract: blob(1), Ink: blob(2)})
	c := mustFold(t, l)
	if err := c.Apply(l.make("clerk", ChangeSeal, SealBody{Blob: blob(4)}, c.Heads)); fault.KindOf(err) != fault.Denied {
		t.Errorf("seal with one signature: got %v, want denied", err)
	}
	if err := c.Apply(l.make("clerk", ChangeSign, SignBody{Party: CoborrowerParty, By: InPerson, Contract: blob(9), Ink: blob(3)}, c.Heads)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("signature on another contract: got %v, want conflict", err)
	}
	if err := c.Apply(l.make("clerk", ChangeEdit, fields("loan.amount", 1), c.Heads)); fault.KindOf(err) != fault.Denied {
		t.Errorf("edit between the signatures: got %v, want denied", err)
	}
}

func TestASecondOperatorSawTheLastSignature(t *testing.T) {
	l := newLaptop(1)
	l.get(signing(ToReview))
	l.counter = 100
	sign := func(p Party) {
		l.write("clerk", ChangeSign, SignBody{Party: p, By: InPerson, Contract: blob(1), Ink: blob(2)})
	}
	l.write("reviewer", ChangeReview, ReviewBody{Pass: true})
	l.write("clerk", ChangeContract, ContractBody{Template: "t", Blob: blob(1), AsOf: "2025-08-06"})
	sign(StudentParty)
	c := mustFold(t, l)
	if err := c.Apply(l.make("berta", ChangeWitness, WitnessBody{blob(1)}, c.Heads)); fault.KindOf(err) != fault.Denied {
		t.Errorf("before both signed: got %v, want denied", err)
	}
	sign(CoborrowerParty)
	c = mustFold(t, l)
	if err := c.Apply(l.make("berta", ChangeWitness, WitnessBody{blob(9)}, c.Heads)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("of another contract: got %v, want conflict", err)
	}
	l.write("berta", ChangeWitness, WitnessBody{blob(1)})
	if w := mustFold(t, l).Contract.Witness; w == nil || w.By != "berta" {
		t.Errorf("witness: got %+v", w)
	}
	sign(StudentParty)
	if w := mustFold(t, l).Contract.Witness; w != nil {
		t.Errorf("after a new signature: got %+v, want none", w)
	}
}

func TestApplyRefuses(t *testing.T) {
	other := uuid.UUID{15: 0xCB}
	tests := []struct {
		name string
		make func(l *laptop, c *Case) *Change
		want fault.Kind
	}{
		{"a change that has not seen the heads", func(l *laptop, c *Case) *Change { return l.make("x", ChangeEdit, fields("loan.amount", 1), nil) }, fault.Conflict},
		{"a repeat", func(l *laptop, c *Case) *Change { return l.knows[c.Heads[0]] }, fault.Conflict},
		{"a second opening", func(l *laptop, c *Case) *Change { return l.make("x", ChangeOpen, OpenBody{}, c.Heads) }, fault.Exists},
		{"another case's change", func(l *laptop, c *Case) *Change {
			ch := l.make("x", ChangeEdit, fields("loan.amount", 1), c.Heads)
			ch.Case = other
			return ch
		}, fault.Input},
		{"a field nobody knows", func(l *laptop, c *Case) *Change { return l.make("x", ChangeEdit, fields("loan.magic", 1), c.Heads) }, fault.Input},
		{"one good and one bad field", func(l *laptop, c *Case) *Change {
			return l.make("x", ChangeEdit, fields("loan.amount", 1, "zzz", 1), c.Heads)
		}, fault.Input},
		{"a body of another kind", func(l *laptop, c *Case) *Change { return l.make("x", ChangeEdit, ReviewBody{Pass: true}, c.Heads) }, fault.Input},
		{"an erased body", func(l *laptop, c *Case) *Change { return l.make("x", ChangeEdit, nil, c.Heads) }, fault.Missing},
		{"a kind of a later version", func(l *laptop, c *Case) *Change { return l.make("x", "teleport", nil, c.Heads) }, fault.Newer},
		{"a slot nobody knows", func(l *laptop, c *Case) *Change {
			return l.make("x", ChangeAttach, AttachBody{Attachment: Attachment{Slot: "doc/magic", Blob: blob(1), Size: 1}}, c.Heads)
		}, fault.Input},
		{"an attestation without a portrait", func(l *laptop, c *Case) *Change { return l.make("x", ChangeAttest, PartyBody{StudentParty}, c.Heads) }, fault.Missing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := signing(Draft)
			c := mustFold(t, l)
			before := shown(c)
			err := c.Apply(tt.make(l, c))
			if fault.KindOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if shown(c) != before {
				t.Error("the refused change altered the case")
			}
		})
	}
}

func TestApplyTakesViewsAndChangesNothing(t *testing.T) {
	l := signing(Draft)
	c := mustFold(t, l)
	before := shown(c)
	if err := c.Apply(l.make("auditor", ChangeView, ViewBody{}, nil)); err != nil || shown(c) != before {
		t.Errorf("got %v", err)
	}
}

func TestPortraits(t *testing.T) {
	portrait := func(n byte) AttachBody {
		return AttachBody{Attachment: Attachment{Slot: PortraitStudent, Blob: blob(n), Media: "image/jpeg", Size: 5}}
	}
	l := signing(Draft)
	l.write("clerk", ChangeAttach, portrait(1))
	l.write("clerk", ChangeAttest, PartyBody{StudentParty})
	if !mustFold(t, l).App.Student.PhotoOK {
		t.Error("an attested portrait is not ready")
	}
	l.write("clerk", ChangeAttach, portrait(2))
	c := mustFold(t, l)
	if got := c.Slot(PortraitStudent); len(got) != 1 || got[0].Blob != blob(2) || c.App.Student.PhotoOK || c.Attested[StudentParty] {
		t.Errorf("a new portrait keeps the old one or its attestation: %+v, %v", got, c.App.Student.PhotoOK)
	}
}

func TestFoldStands(t *testing.T) {
	t.Run("repeats", func(t *testing.T) {
		l := signing(Accepted)
		twice := slices.Concat(l.all(), l.all())
		if got, want := shown(Fold(twice)), shown(l.fold()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("no changes, and none that opens a case", func(t *testing.T) {
		if Fold(nil) != nil {
			t.Error("a case of nothing")
		}
		l := newLaptop(1)
		l.write("clerk", ChangeEdit, fields("loan.amount", 1))
		if l.fold() != nil {
			t.Error("a case that nobody opened")
		}
	})
	t.Run("a circle of seen heads", func(t *testing.T) {
		l := newLaptop(1)
		open := opened(l)
		a := l.make("x", ChangeEdit, fields("loan.amount", 1), nil)
		b := l.make("x", ChangeEdit, fields("loan.amount", 2), []uuid.UUID{a.ID})
		a.Seen = []uuid.UUID{b.ID}
		self := l.make("x", ChangeEdit, fields("loan.amount", 3), nil)
		self.Seen = []uuid.UUID{self.ID, open.ID}
		want := shown(Fold([]*Change{open, a, b, self}))
		if got := shown(Fold([]*Change{self, b, a, open})); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("seen heads that never arrived", func(t *testing.T) {
		l := newLaptop(1)
		open := opened(l)
		ch := l.make("x", ChangeEdit, fields("loan.amount", 1), []uuid.UUID{open.ID, {15: 99}})
		if c := Fold([]*Change{ch, open}); c.App.Loan.Amount != 1 || len(c.Aside) != 0 {
			t.Errorf("got %d, %v", c.App.Loan.Amount, c.Aside)
		}
	})
	t.Run("two openings", func(t *testing.T) {
		a, b := newLaptop(1), newLaptop(2)
		opened(a)
		second := opened(b)
		a.get(b)
		if c := a.fold(); len(c.Aside) != 1 || c.Aside[0].Change != second.ID {
			t.Errorf("aside: got %+v", c.Aside)
		}
	})
	t.Run("an erased body, whose change is set aside and its followers not", func(t *testing.T) {
		l := signing(Draft)
		for _, ch := range l.all() {
			if ch.Kind == ChangeEdit {
				ch.Body = nil
			}
		}
		l.write("clerk", ChangeEdit, fields("loan.amount", 7000))
		c := l.fold()
		if len(c.Aside) != 1 || fault.KindOf(c.Aside[0].Err) != fault.Missing || c.App.Loan.Amount != 7000 {
			t.Errorf("got %+v, %d", c.Aside, c.App.Loan.Amount)
		}
	})
	t.Run("an erased opening: the case is still that case", func(t *testing.T) {
		l := signing(ToReview)
		for _, ch := range l.all() {
			ch.Body = nil
		}
		c := l.fold()
		if c.ID != caseID || c.OpenedBy != "clerk" || c.Status != ToReview || c.Updated.IsZero() {
			t.Errorf("got %s by %q, %s, %v", c.ID, c.OpenedBy, c.Status, c.Updated)
		}
	})
	t.Run("an opening and an edit of no case", func(t *testing.T) {
		l := newLaptop(1)
		open := l.make("x", ChangeOpen, "no body of an opening", nil)
		edit := l.make("x", ChangeEdit, fields("loan.amount", 1), []uuid.UUID{open.ID})
		open.Case, edit.Case = uuid.Nil, uuid.Nil
		if c := Fold([]*Change{open, edit}); c != nil && len(c.Aside) != 2 {
			t.Errorf("got %s", shown(c))
		}
	})
	t.Run("an edit that sorts before the opening is not lost in silence", func(t *testing.T) {
		a, b := newLaptop(2), newLaptop(1)
		opened(a)
		edit := b.make("x", ChangeEdit, fields("loan.amount", 5), nil)
		a.knows[edit.ID] = edit
		c := a.fold()
		if c.App.Loan.Amount != 5 && len(c.Aside) != 1 {
			t.Errorf("got %d, aside %v", c.App.Loan.Amount, c.Aside)
		}
	})
	t.Run("one id with two contents, in any order", func(t *testing.T) {
		l := newLaptop(1)
		open := opened(l)
		one := l.make("x", ChangeEdit, fields("loan.amount", 1), []uuid.UUID{open.ID})
		two := *one
		two.Body, _ = json.Marshal(fields("loan.amount", 2))
		erased := *one
		erased.Body = nil
		want := shown(Fold([]*Change{open, one, &two, &erased}))
		for _, order := range [][]*Change{{&two, one, open, &erased}, {&erased, &two, open, one}, {one, &erased, &two, open}} {
			if got := shown(Fold(order)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if c := Fold([]*Change{open, one, &erased}); c.App.Loan.Amount != 1 {
			t.Error("an erased copy hides the change that is there")
		}
	})
}

func TestHeadsAreWhatNobodyHasSeen(t *testing.T) {
	a, b := newLaptop(1), newLaptop(2)
	opened(a)
	b.get(a)
	x := a.write("anna", ChangeEdit, fields("loan.amount", 1))
	y := b.write("bert", ChangeEdit, fields("loan.amount", 2))
	a.get(b)
	if got, want := a.fold().Heads, sortedIDs([]uuid.UUID{x.ID, y.ID}); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	z := a.write("anna", ChangeResolve, fields("loan.amount", 1))
	if got := a.fold().Heads; !slices.Equal(got, []uuid.UUID{z.ID}) {
		t.Errorf("got %v, want %v", got, z.ID)
	}
}

func TestManifestNamesEveryBlob(t *testing.T) {
	c := mustFold(t, signing(Signed))
	var got []Slot
	for _, a := range c.Manifest() {
		got = append(got, a.Slot)
	}
	if want := []Slot{InkStudent, InkCoborrower, ContractSlot}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestUrgency(t *testing.T) {
	id, device := uuid.New(), uuid.New()
	next := uint64(0)
	change := func(kind ChangeKind, seen []uuid.UUID, body string) *Change {
		next++
		return &Change{ID: uuid.Must(uuid.NewV7()), Device: device, Counter: next, Seen: seen, Operator: "clerk", Case: id, Kind: kind, Body: []byte(body)}
	}
	c := &Case{}
	apply := func(kind ChangeKind, body string) error {
		return c.Apply(change(kind, c.Heads, body))
	}
	if err := apply(ChangeOpen, `{"application":{}}`); err != nil {
		t.Fatal(err)
	}
	c.Status = ToReview
	if err := apply(ChangeUrgent, `{"urgency":"disaster"}`); err != nil || c.Urgency != Disaster || c.Status != ToReview || len(c.Authors) != 1 {
		t.Errorf("got %v, %q in %v: it is no change of what is under review", err, c.Urgency, c.Status)
	}
	if err := apply(ChangeUrgent, `{"urgency":"sooner"}`); fault.KindOf(err) != fault.Newer || c.Urgency != Disaster {
		t.Errorf("an urgency of a later version: %v, %q", err, c.Urgency)
	}
	if err := apply(ChangeUrgent, `{"urgency":""}`); err != nil || c.Urgency != NotUrgent {
		t.Errorf("taken back: %v, %q", err, c.Urgency)
	}
	c.Status = Void
	if err := apply(ChangeUrgent, `{"urgency":"urgent"}`); fault.KindOf(err) != fault.Denied {
		t.Errorf("a void case: %v", err)
	}
}

func TestTheMeansOfASignature(t *testing.T) {
	l := newLaptop(1)
	l.get(signing(ToReview))
	l.counter = 100
	l.write("reviewer", ChangeReview, ReviewBody{Pass: true})
	l.write("clerk", ChangeContract, ContractBody{Template: "t", Blob: blob(1), AsOf: "2025-08-06"})
	c := mustFold(t, l)
	body := SignBody{Party: StudentParty, By: InPerson, Contract: blob(1), Ink: blob(2), Means: "letter"}
	if err := c.Apply(l.make("clerk", ChangeSign, body, c.Heads)); fault.KindOf(err) != fault.Input {
		t.Errorf("of an unknown means: got %v, want it refused", err)
	}
	body.Means = OnPhone
	if err := c.Apply(l.make("clerk", ChangeSign, body, c.Heads)); err != nil || c.Contract.Signatures[StudentParty].Means != OnPhone {
		t.Errorf("on a phone: got %v", err)
	}
}

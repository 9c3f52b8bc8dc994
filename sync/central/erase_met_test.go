package central

import (
	"slices"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// stripped takes the bodies of a laptop's changes of a case, as it does that erases
// one before it was sent.
func (l *laptop) stripped(id uuid.UUID) {
	for i, ch := range l.changes {
		if ch.Case == id {
			bare := *ch
			bare.Body = nil
			l.changes[i] = &bare
		}
	}
}

// arrived demands that a finished case comes to the centre whole, and is received, and
// that its laptop hears nothing of an erasing.
func arrived(t *testing.T, c *Central, l *laptop, id uuid.UUID, blobs [][]byte) {
	t.Helper()
	for _, b := range blobs {
		if !l.holds(c, b) {
			l.blob(b)
		}
	}
	if err := c.clearErased(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, b := range blobs {
		if !l.holds(c, b) {
			t.Errorf("blob %d is not held", i)
		}
	}
	if k := l.held(c, id); k.Status != loan.Received.String() {
		t.Errorf("%+v, want it received", k)
	}
	for _, ch := range l.of(id) {
		var b []byte
		if err := c.db.QueryRow(`SELECT bytes FROM changes WHERE id = ?`, ch.ID.String()).Scan(&b); err != nil {
			t.Fatal(err)
		}
		if got, err := loan.DecodeChange(b); err != nil || ch.Body != nil && got.Body == nil {
			t.Errorf("a change of kind %s has lost its body, %v", ch.Kind, err)
		}
	}
	for _, ch := range l.news(0).Changes {
		if ch.Kind == loan.ChangeErase {
			t.Error("its laptop is told that it is erased")
		}
	}
	proved(t, c)
}

// proved demands that every chain at the centre verifies.
func proved(t *testing.T, c *Central) {
	t.Helper()
	err := c.RecordProof(t.Context(), Person{}, RecordQuery{Sought: guard.Sought{Reason: "每周复查"}}, func(p ChainProof) error {
		for _, w := range p.Wrong {
			t.Errorf("chain %s: %d %s", p.Device, w.Number, w.Why)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func refusedFor(t *testing.T, c *Central, id uuid.UUID, why string) {
	t.Helper()
	if all := tombstones(t, c); !slices.ContainsFunc(all, func(s Tombstone) bool { return s.Case == id && s.Refused == why }) ||
		slices.ContainsFunc(all, func(s Tombstone) bool { return s.Case == id && s.Refused == "" }) {
		t.Errorf("tombstones %+v, want %q of %s alone", all, why, id)
	}
}

func TestAWishForACaseThatIsNotKnownErasesNothing(t *testing.T) {
	c, _ := administered(t)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	id, blobs := a.finished(content("page", 100)) // not sent yet
	b.asks("practice-admin", id)
	b.send(b.since(0))
	refusedFor(t, c, id, whyUnknown)
	a.send(a.since(0))
	arrived(t, c, a, id, blobs)
}

// TestACaseThatOneLaptopVoidedAndErasedAndAnotherHadSignedArrives has two laptops go on
// with a case in a room without a line: one makes it void and erases it, the other has
// it signed.
func TestACaseThatOneLaptopVoidedAndErasedAndAnotherHadSignedArrives(t *testing.T) {
	for name, late := range map[string]bool{"sent at once": false, "its first part sent before": true} {
		t.Run(name, func(t *testing.T) {
			c, _ := administered(t)
			url := serve(t, c)
			a, b := enrol(t, c, url), enrol(t, c, url)
			id, blobs := a.finished(content("page", 3000))
			b.change(id, loan.ChangeTake, loan.TakeBody{Station: loan.EntryStation, Name: "B", Reason: "接着办理"})
			b.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
			b.stripped(id)
			b.send(b.since(0))
			n := len(b.changes)
			b.asks("practice-admin", id)
			b.send(b.since(n))
			if k := a.held(c, id); k.Status != statusErased {
				t.Fatalf("%+v: the test shows nothing", k)
			}
			if n = len(a.changes); late {
				n = 2
			}
			a.send(a.changes[:n])
			if late {
				a.send(a.changes[n:])
			}
			refusedFor(t, c, id, whyMet)
			arrived(t, c, a, id, blobs)
		})
	}
}

// TestASealThatMeetsATombstoneIsKept has a laptop seal the contract of a draft that the
// centre had, while another has it erased there.
func TestASealThatMeetsATombstoneIsKept(t *testing.T) {
	c, _ := administered(t)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	page := content("page", 3000)
	id, blobs := a.finished(page)
	sealed := slices.IndexFunc(a.changes, func(ch *loan.Change) bool { return ch.Kind == loan.ChangeSeal })
	a.send(a.changes[:2])
	a.blob(page)
	b.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	b.asks("practice-admin", id)
	b.send(b.since(0))
	if k := a.held(c, id); k.Status != statusErased {
		t.Fatalf("%+v: the test shows nothing", k)
	}
	told := a.news(0)
	if len(told.Changes) != 1 || told.Changes[0].Kind != loan.ChangeErase || !slices.Contains(told.Changes[0].Seen, a.changes[1].ID) {
		t.Fatalf("told %+v, want the word that has seen the laptop's second change", told.Changes)
	}
	a.send(a.changes[2:sealed])
	if full, _ := bodies(t, c, id); full != 0 {
		t.Errorf("%d bodies of a draft that is erased", full)
	}
	a.send(a.changes[sealed:])
	for _, x := range blobs[1:] {
		a.blob(x)
	}
	if err := c.clearErased(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !a.holds(c, blobs[len(blobs)-1]) {
		t.Error("the sealed contract is not held")
	}
	if full, _ := bodies(t, c, id); full != 2 {
		t.Errorf("%d bodies, want those of the seal and the finish", full)
	}
	refusedFor(t, c, id, whyMet)
	if len(a.news(0).Changes) != 0 {
		t.Error("its laptop is told still that it is erased")
	}
	n := len(b.changes)
	b.asks("practice-admin", id)
	b.send(b.since(n))
	if full, _ := bodies(t, c, id); full != 2 {
		t.Error("a second wish took it")
	}
	if err := c.EraseCase(t.Context(), id, "practice-admin", "asked in person"); fault.KindOf(err) != fault.Denied {
		t.Errorf("at the centre: %v, want it refused", err)
	}
	d, err := c.device(t.Context(), a.enrol.Device.String())
	if err != nil {
		t.Fatal(err)
	}
	more := &parcel.Receipt{Centre: c.ID(), Epoch: c.Epoch(), Device: a.enrol.Device, Through: 1000, Chain: loan.Hash{1}, At: c.now()}
	if err := c.setBack(t.Context(), d, more.Sign(c.authority.Signer())); err != nil {
		t.Fatal(err)
	}
	for _, ch := range a.news(0).Changes {
		if ch.Kind == loan.ChangeErase {
			t.Error("after a restore its laptop is told that it is erased")
		}
	}
}

func TestASealedContractIsNotErasedAtAWishThoughItIsVoid(t *testing.T) {
	c, _ := administered(t)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	id, blobs := a.finished(content("page", 3000))
	a.send(a.since(0))
	b.change(id, loan.ChangeTake, loan.TakeBody{Station: loan.EntryStation, Name: "B", Reason: "对方离开"})
	b.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	b.asks("practice-admin", id)
	b.send(b.since(0))
	refusedFor(t, c, id, whySealed)
	for _, x := range blobs {
		a.blob(x)
	}
	if err := c.EraseCase(t.Context(), id, "practice-admin", "asked in person"); fault.KindOf(err) != fault.Denied {
		t.Errorf("at the centre: %v, want it refused", err)
	}
	if _, bare := bodies(t, c, id); bare > 1 { // a submission has no body
		t.Errorf("%d changes of it have lost their bodies", bare)
	}
}

// TestTheRecordOfLooksOutlivesAnErasedCase has looks sent before an erasing, and late.
func TestTheRecordOfLooksOutlivesAnErasedCase(t *testing.T) {
	c, _ := administered(t)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	id, _ := a.draftedAfter(func(id uuid.UUID) {
		a.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.name": raw(`"某某甲"`)}})
	})
	look := func(l *laptop, why string) {
		l.change(id, loan.ChangeReveal, loan.ViewBody{Fields: []string{"student.phone"}, Reason: why})
	}
	look(a, "家长来电核对")
	look(a, "核对某某甲的电话")
	a.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	a.asks("practice-admin", id)
	a.send(a.since(0))
	if k := a.held(c, id); k.Status != statusErased {
		t.Fatalf("%+v: the test shows nothing", k)
	}
	look(b, "某某甲来电")
	b.send(b.since(0))
	n := len(a.changes)
	a.change(uuid.Nil, loan.ChangeSignIn, loan.ViewBody{})
	a.send(a.since(n))
	r, err := c.Record(t.Context(), Person{}, RecordQuery{Sought: guard.Sought{Operator: "practice-clerk", Reason: "每周复查"}})
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]int{}
	for _, l := range r.Lines {
		if l.Case == id && l.Kind == loan.ChangeReveal && slices.Equal(l.Fields, []string{"student.phone"}) {
			why[l.Reason]++
		}
	}
	for _, want := range []string{"家长来电核对", "核对***的电话", ""} {
		if why[want] != 1 {
			t.Errorf("%d lines of what was revealed for the reason %q, want one: %v", why[want], want, why)
		}
	}
	var named int
	if err := c.db.QueryRow(`SELECT COUNT(*) FROM changes WHERE instr(bytes, CAST(? AS BLOB)) > 0`, "某某甲").Scan(&named); !c.shared && (err != nil || named != 0) {
		t.Errorf("%d changes name the student still, %v", named, err)
	}
	proved(t, c)
}

func TestTheRecordOfAPersonCountsErasedCasesThatWereLookedAt(t *testing.T) {
	c, _ := administered(t)
	url := serve(t, c)
	a := enrol(t, c, url)
	const number = "522727200503149914"
	erased := func(looks int) uuid.UUID {
		id, _ := a.draftedAfter(func(id uuid.UUID) {
			a.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.id_no": raw(`"` + number + `"`)}})
		})
		for range looks {
			a.change(id, loan.ChangeReveal, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对"})
		}
		a.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
		a.asks("practice-admin", id)
		return id
	}
	erased(2)
	erased(0)
	searched := erased(0)
	a.change(uuid.Nil, loan.ChangeSearch, loan.ViewBody{Reason: "家长来电核对", Detail: guard.BeyondWords(1, "", []uuid.UUID{searched})})
	a.send(a.since(0))
	ask := func(q guard.Sought) RecordFound {
		t.Helper()
		q.Reason = "每周复查"
		r, err := c.Record(t.Context(), Person{}, RecordQuery{Sought: q})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, x := range map[string]struct {
		q    guard.Sought
		want int
	}{
		"of a person":                      {guard.Sought{Person: number}, 2},
		"of a person, what was revealed":   {guard.Sought{Person: number, Kinds: []loan.ChangeKind{loan.ChangeReveal}}, 1},
		"of a person, by another operator": {guard.Sought{Person: number, Operator: "practice-reviewer"}, 0},
		"of no person":                     {guard.Sought{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if r := ask(x.q); r.Erased != x.want {
				t.Errorf("%d erased cases were looked at, want %d", r.Erased, x.want)
			}
		})
	}
}

func TestAnEmergencyInACaseErasedBeforeItWasSentIsListed(t *testing.T) {
	c, _ := administered(t)
	a := enrol(t, c, serve(t, c))
	if err := c.AddOperator(t.Context(), Operator{ID: "point-9", Name: "某操作员", Roles: []string{"clerk"}, Level: "point", Org: practicePoint}); err != nil {
		t.Fatal(err)
	}
	used := guard.GlassWord{ID: "e-0123456789abcdef01234567"}
	id, _ := a.draftedAfter(func(id uuid.UUID) {})
	a.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	a.stripped(id)
	a.change(id, loan.ChangeView, loan.ViewBody{Detail: used.Detail(), Reason: "洪水断网"}).Operator = "point-9"
	a.asks("practice-admin", id)
	a.send(a.since(0))
	if k := a.held(c, id); k.Status != statusErased {
		t.Fatalf("%+v: the test shows nothing", k)
	}
	all, err := c.Emergencies(t.Context(), Person{}, "每周复查")
	if err != nil || len(all) != 1 || all[0].Operator != "point-9" || all[0].Case != id || all[0].Reason != "洪水断网" {
		t.Errorf("%+v, %v, want the one", all, err)
	}
}

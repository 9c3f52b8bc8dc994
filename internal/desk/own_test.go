package desk_test

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

func TestWhatIsKeptOfAPersonIsShownToThatPerson(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer func() { d.Close() }()
	c := entered(t, d)
	for party, want := range map[loan.Party]string{loan.StudentParty: "15400000001", loan.CoborrowerParty: "15400000002"} {
		own, err := d.OwnData(t.Context(), c.ID, party)
		if err != nil {
			t.Fatal(err)
		}
		if own.Person.Phone != want || own.Sealed != 0 || own.Contract != "" || own.AtCentre || own.Looks == 0 || own.Exports != 0 {
			t.Errorf("%s: %+v", party, own)
		}
		if len(own.Consents) != 3 || own.Consents[0].Text == "" || !own.Consents[0].Given || own.Consents[0].By != "clerk-1" || own.Consents[0].At.IsZero() {
			t.Errorf("%s: consents %+v", party, own.Consents)
		}
		if fault.KindOf(own.MayErase) != fault.Denied || !strings.Contains(fault.Sentence(own.MayErase), "作废") {
			t.Errorf("%s: %v", party, own.MayErase)
		}
		ch, b := lastLook(t, d, loan.ChangeView)
		if ch.Case != c.ID || b.Detail != "own data shown to the person" || !slices.Equal(b.Fields, []string{string(party)}) {
			t.Errorf("the chain says %+v", b)
		}
		if strings.Contains(string(ch.Body), want) {
			t.Error("the chain has the value")
		}
	}
	card := testCard()
	card.To = c.App.Student.IDValidTo
	if _, err := d.KeepCard(t.Context(), c.ID, loan.StudentParty, card, []string{"name", "address"}); err != nil {
		t.Fatal(err)
	}
	one, err := d.OwnData(t.Context(), c.ID, loan.StudentParty)
	if err != nil {
		t.Fatal(err)
	}
	if one.Card == nil || one.Card.Card.Number != card.Number {
		t.Errorf("the student is not shown what his card said: %+v", one.Card)
	}
	if got := told(one); slices.Contains(got, "coborrowers.0.phone") || slices.Contains(got, "coborrowers.0.id_no") || slices.Contains(got, "coborrowers.0.name") {
		t.Errorf("the student is shown %v", got)
	}
	if len(one.App.Coborrowers) != 0 || one.App.Student.Sex == "" || one.App.Study.SchoolName == "" || one.App.Loan.Amount == 0 {
		t.Errorf("of the student's own there is %+v", one.App)
	}
	d, err = signedIn(t, d, "reviewer-1", reviewPassword)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.OwnData(t.Context(), c.ID, loan.StudentParty)
	if err != nil || !got.Masked || got.Card != nil || got.Person.Phone != "154****0001" || strings.Contains(got.Person.Name, "测") || got.Person.Birth != "" || len(got.Consents) != 3 {
		t.Errorf("by who does not handle the case: got %+v, %v, want it masked", got, err)
	}
	if err := d.Reveal(t.Context(), c.ID, []string{"student.phone"}, "本人来查询"); err != nil {
		t.Fatal(err)
	}
	if got, err = d.OwnData(t.Context(), c.ID, loan.StudentParty); err != nil || got.Person.Phone != "15400000001" || strings.Contains(got.Person.Name, "测") {
		t.Errorf("shown by a reason: got %+v, %v", got.Person, err)
	}
}

func TestEachPartyIsShownAllThatIsItsOwnAndNothingOfTheOther(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer func() { d.Close() }()
	c := entered(t, d)
	must(d.Edit(ctx, c.ID, map[string]any{"hardship.categories": []string{"低保家庭学生"}, "loan.previous.contract_no": "52272720230001", "coborrowers.0.non_parent_reason": "父母在外务工"}))
	must(d.KeepCard(ctx, c.ID, loan.StudentParty, loan.Card{Kind: loan.ResidentIdentity, Name: c.App.Student.Name, Number: c.App.Student.IDNo}, nil))
	of := func(p loan.Party) desk.Own {
		t.Helper()
		own, err := d.OwnData(ctx, c.ID, p)
		if err != nil {
			t.Fatal(err)
		}
		return own
	}
	student, second := of(loan.StudentParty), of(loan.CoborrowerParty)
	if a := student.App; len(a.Hardship.Categories) != 1 || a.Loan.Previous == nil || a.Loan.Previous.ContractNo == "" || a.Study.Tuition == 0 || len(a.Coborrowers) != 0 || student.Card == nil {
		t.Errorf("the student: %+v, card %v", a, student.Card != nil)
	}
	if a := second.App; len(a.Coborrowers) != 1 || a.Coborrowers[0].NonParentReason == "" || a.Coborrowers[0].Relation == "" || a.Loan.Amount == 0 ||
		a.Loan.Previous != nil || a.Hardship.Categories != nil || a.Study.SchoolName != "" || a.Student.Name != "" || second.Card != nil {
		t.Errorf("the co-borrower: %+v, card %v", a, second.Card != nil)
	}
	for _, path := range told(second) {
		if strings.HasPrefix(path, "student.") && !strings.Contains(path, "address") { // the two live at one address
			t.Errorf("the co-borrower is shown %s", path)
		}
	}
	for who, k := range map[string]struct {
		own  desk.Own
		want []loan.Slot
	}{
		"student":     {student, []loan.Slot{loan.PortraitStudent, loan.DocSlot(loan.StudentIDCard), loan.DocSlot(loan.HukouBook), loan.DocSlot(loan.ApplicationForm), loan.DocSlot(loan.AdmissionLetter), loan.DocSlot(loan.HardshipForm)}},
		"co-borrower": {second, []loan.Slot{loan.PortraitCoborrower, loan.DocSlot(loan.CoborrowerIDCard), loan.DocSlot(loan.HukouBook), loan.DocSlot(loan.ApplicationForm)}},
	} {
		var got []loan.Slot
		for _, p := range k.own.Papers {
			got = append(got, p.Slot)
			if p.Pages != 1 {
				t.Errorf("%s: %s has %d pages", who, p.Slot, p.Pages)
			}
		}
		slices.Sort(got)
		slices.Sort(k.want)
		if !slices.Equal(got, k.want) {
			t.Errorf("papers of the %s: got %v, want %v", who, got, k.want)
		}
	}
	var err error
	if d, err = signedIn(t, d, "reviewer-1", reviewPassword); err != nil {
		t.Fatal(err)
	}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		own := of(p)
		if a := own.App; len(told(own)) > 0 || own.Card != nil || a.Hardship.Categories != nil || a.Student.IDValidTo != "" ||
			a.Loan.Previous != nil && a.Loan.Previous.ContractNo != "" || len(a.Coborrowers) > 0 && a.Coborrowers[0].NonParentReason != "" {
			t.Errorf("%s, by who does not handle the case: in full %v, card %v, %+v", p, told(own), own.Card != nil, a)
		}
	}
}

func TestWhoReviewedAtTheClerksScreenIsAmongWhoSawIt(t *testing.T) {
	f := newField(t)
	ctx, must, d := t.Context(), step(t), f.d
	c := entered(t, d)
	must(d.Submit(ctx, c.ID))
	must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	if _, err := d.AskGrant(ctx, desk.Wanted{Fields: []string{guard.ImagesField}, Case: c.ID, Hours: 2, Reason: "家长来电核对"}); err != nil {
		t.Fatal(err)
	}
	own, err := d.OwnData(ctx, c.ID, loan.StudentParty)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.OwnData(ctx, c.ID, loan.StudentParty)
	if err != nil || again.Looks != own.Looks+1 {
		t.Errorf("%d looks after %d, %v", again.Looks, own.Looks, err)
	}
	if !slices.Contains(own.Operators, "reviewer-1") || !slices.Contains(own.Operators, "clerk-1") || own.Looks != 2 {
		t.Errorf("%d looks of %v, want the review and this one, of both", own.Looks, own.Operators)
	}
	f.in("admin-1", clerkPassword, f.now)
	r, err := f.d.Record(ctx, desk.Sought{Person: string(c.App.Student.IDNo), Reason: "家长投诉核查", Seen: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range r.Lines {
		got = append(got, l.Operator+" "+l.Label())
	}
	if want := []string{"clerk-1 查看", "clerk-1 查看", "reviewer-1 复核"}; !slices.Equal(got, want) {
		t.Errorf("who saw the student: got %q, want %q", got, want)
	}
}

func TestSigningAgainIsNoCorrectionInTheRecord(t *testing.T) {
	f := newField(t)
	ctx, must := t.Context(), step(t)
	c := signedCase(t, f.d, entered(t, f.d))
	must(f.d.SignAgain(ctx, c.ID, "签名笔画不清"))
	f.in("admin-1", clerkPassword, f.now)
	r, err := f.d.Record(ctx, desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeCorrect}})
	if err != nil || len(r.Lines) != 1 {
		t.Fatalf("%d lines, %v", len(r.Lines), err)
	}
	l := r.Lines[0]
	if got := l.Label() + "：" + l.Words(func(string) string { return "" }); got != "重新签署：签名作废，重新签署" || len(l.Fields) != 0 || l.Reason != "签名笔画不清" {
		t.Errorf("got %q of %v, %q", got, l.Fields, l.Reason)
	}
}

// acknowledged lets the centre say that it has all that this laptop wrote.
func (k *keeper) acknowledged(blobs ...loan.Hash) {
	k.t.Helper()
	s := k.d.Store()
	n, head := s.Head()
	r := store.Receipt{Centre: uuid.UUID{1}, Epoch: uuid.UUID{2}, Device: s.Profile().Device, Through: n, Chain: head, At: k.now, Blobs: blobs}
	if err := s.Acknowledge(k.t.Context(), r); err != nil {
		k.t.Fatal(err)
	}
}

func TestACaseIsErasedBecauseAPersonAsksForIt(t *testing.T) {
	t.Run("that the centre has", func(t *testing.T) { erasedOnRequest(t, true) })
	t.Run("that the centre never received", func(t *testing.T) { erasedOnRequest(t, false) })
}

func erasedOnRequest(t *testing.T, sent bool) {
	k := newKeeper(t)
	ctx, must := t.Context(), step(t)
	kept := k.delivered()
	draft := entered(t, k.d)
	gone := entered(t, k.d)
	must(k.d.Void(ctx, gone.ID, "本人不再申请"))
	var blobs []loan.Hash
	for _, a := range gone.Attachments {
		blobs = append(blobs, a.Blob)
	}
	k.as("admin-1", reviewPassword)
	erase := func(c *loan.Case) error { return of(k.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil)) }
	if err := erase(kept); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "依法保存") {
		t.Errorf("a contract in force: got %v: %s", err, fault.Sentence(err))
	}
	if !sent {
		k.as("clerk-1", clerkPassword)
		must(k.d.Void(ctx, kept.ID, "录入重复了"))
		k.as("admin-1", reviewPassword)
		if err := erase(kept); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "作废后合同") {
			t.Errorf("a sealed contract that was made void: got %v: %s", err, fault.Sentence(err))
		}
	}
	if err := erase(draft); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "先作废") {
		t.Errorf("a case under way: got %v: %s", err, fault.Sentence(err))
	}
	if _, b := lastLook(t, k.d, loan.ChangeView); b.Detail != "erasing of case "+draft.ID.String()+" on request: refused" || b.Reason != "本人当面要求删除" {
		t.Errorf("the chain says %+v of a refusal", b)
	}
	if _, err := k.d.EraseCase(ctx, gone.ID, "", nil); fault.KindOf(err) != fault.Input {
		t.Errorf("without a reason: got %v", err)
	}
	if _, err := k.d.EraseCase(ctx, gone.ID, "机主 154-0000-0001 来电", nil); fault.KindOf(err) != fault.Input || !strings.Contains(fault.Sentence(err), "电话号码") {
		t.Errorf("with a number in the reason: got %v", err)
	}
	if sent {
		k.acknowledged(blobs...)
	}
	row, err := k.d.RequestedCase(ctx, gone.ID.String()[28:], "本人当面要求删除")
	if err != nil || row.ID != gone.ID || len(told(row)) > 0 {
		t.Errorf("found %v, %v; in full %v", row.ID, err, told(row))
	}
	name := step(t)(k.d.Store().Case(ctx, gone.ID)).App.Student.Name
	out, err := k.d.EraseCase(ctx, gone.ID, "本人"+name+"当面要求删除", nil)
	if err != nil || out.Cases != 1 || out.Changes == 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	s := k.d.Store()
	if _, err := s.Case(ctx, gone.ID); fault.KindOf(err) != fault.Erased {
		t.Errorf("the case: %v", err)
	}
	for name, read := range map[string]func() error{
		"Open":       func() error { return of(k.d.Open(ctx, gone.ID)) },
		"Case":       func() error { return of(k.d.Case(ctx, gone.ID)) },
		"OpenBeyond": func() error { return of(k.d.OpenBeyond(ctx, gone.ID, "家长来电核对进度")) },
	} {
		if err := read(); fault.KindOf(err) != fault.Erased || fault.Sentence(err)+fault.Step(err) != "这件案件已应本人要求删除。" {
			t.Errorf("%s of the erased case says %q", name, fault.Sentence(err)+fault.Step(err))
		}
	}
	for _, c := range []*loan.Case{kept, draft} {
		if _, err := s.Case(ctx, c.ID); err != nil {
			t.Errorf("another case: %v", err)
		}
	}
	if unread, err := s.EachChange(ctx, func(ch *loan.Change) {
		if ch.Case == gone.ID && ch.Body != nil && !ch.Kind.View() {
			t.Errorf("change %d of the case has a body", ch.Counter)
		}
		if ch.Case == uuid.Nil && strings.Contains(string(ch.Body), name) {
			t.Errorf("a %s of no case has the student's name", ch.Kind)
		}
	}); err != nil || unread > 0 {
		t.Error(unread, err)
	}
	box, err := s.Outbox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range box.Blobs {
		if slices.Contains(blobs, b.Hash) {
			t.Error("a blob of the case still waits for the centre")
		}
	}
	r, err := k.d.Audit(ctx, nil)
	if err != nil || !r.Sound() {
		t.Errorf("the chain: %+v, %v", r, err)
	}
	if len(r.Chains) == 0 || !slices.ContainsFunc(r.Chains[0].Erased, func(b desk.BodiesErased) bool { return b.Rule == "request" }) {
		t.Errorf("by which rule: %+v", r.Chains)
	}
	all := chain(t, k.d)
	if i := slices.IndexFunc(all, func(ch *loan.Change) bool {
		b, err := loan.Body[loan.ViewBody](ch)
		return err == nil && ch.Operator == "admin-1" && b.Detail == "erasing of case "+gone.ID.String()+" on request: to be done" && b.Reason != ""
	}); i < 0 {
		t.Error("the chain does not say who had it done, and why")
	}
}

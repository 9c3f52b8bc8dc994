package desk_test

import (
	"context"
	"encoding/json"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// sealed is a case whose contract both have signed.
func sealed(t *testing.T, d *desk.Desk) *loan.Case {
	t.Helper()
	ctx, must := context.Background(), step(t)
	return must(d.Seal(ctx, signed(t, d, entered(t, d)).ID))
}

func TestAConsentIsTakenBackAlsoAfterSigning(t *testing.T) {
	ctx := t.Context()
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := sealed(t, d)
	before := c.Contract.Sealed.Blob
	if _, err := d.Consent(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, creditText, true); fault.KindOf(err) != fault.Denied {
		t.Errorf("given after signing: got %v", err)
	}
	c, err := d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit)
	if err != nil {
		t.Fatal(err)
	}
	if c.Status != loan.Signed || c.Contract.Sealed.Blob != before || c.Review == nil {
		t.Errorf("it voided something: %s", c.Status)
	}
	if w := c.Withdrawn; len(w) != 1 || w[0].Party != loan.StudentParty || w[0].Purpose != loan.ConsentCredit || w[0].By != "clerk-1" || w[0].At.IsZero() {
		t.Errorf("what the case says: %+v", w)
	}
	if c.App.Student.Consent || c.Consents[loan.StudentParty][loan.ConsentSensitive] == "" {
		t.Error("the consent stands, or another went with it")
	}
	if _, err := d.Finish(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("finished without consent: got %v", err)
	}
	if _, err := d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit); fault.KindOf(err) != fault.Missing {
		t.Errorf("again: got %v", err)
	}
	if again, err := d.Store().Changes(ctx, c.ID); err != nil || len(loan.Fold(again).Withdrawn) != 1 || len(loan.Fold(again).Aside) != 0 {
		t.Errorf("folded anew: %v", err)
	}
}

func TestAConsentIsTakenBackBeforeSigning(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	c, err := d.Withdraw(t.Context(), c.ID, loan.CoborrowerParty, loan.ConsentSensitive)
	if err != nil || c.Consents[loan.CoborrowerParty][loan.ConsentSensitive] != "" || len(c.Withdrawn) != 0 {
		t.Fatalf("got %+v, %v", c.Consents, err)
	}
	if _, err := d.Submit(t.Context(), c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("submitted without consent: got %v", err)
	}
}

func TestSharingWithBankAndSchoolHasAConsentOfItsOwn(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = must(d.Withdraw(ctx, c.ID, p, loan.ConsentShare))
	}
	if _, err := d.Submit(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Fatalf("submitted without it: got %v", err)
	}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = must(d.Consent(ctx, c.ID, p, loan.ConsentShare, shareText, true))
	}
	c = must(d.Seal(ctx, signed(t, d, c).ID))
	c = must(d.Withdraw(ctx, c.ID, loan.CoborrowerParty, loan.ConsentShare))
	if w := c.TakenBack(); len(w) != 1 || w[0].Purpose != loan.ConsentShare || w[0].Party != loan.CoborrowerParty {
		t.Errorf("the case says %+v", w)
	}
	if _, err := d.Finish(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("finished after it was taken back: got %v", err)
	}
}

func TestAConsentIsToTheTextInForce(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := must(d.NewCase(ctx, loan.First, false))
	for purpose, texts := range map[string][]string{
		loan.ConsentSensitive: {"", "sensitive/1", "consent-sensitive-2026-01", "consent-sensitive-2026-12", creditText},
		loan.ConsentCredit:    {"x", sensitiveText}, loan.ConsentShare: {"consent-share-2030-01"}, "integrity": {"integrity-2026-01"},
	} {
		for _, text := range texts {
			if _, err := d.Consent(ctx, c.ID, loan.StudentParty, purpose, text, true); fault.KindOf(err) != fault.Input {
				t.Errorf("%s to %q: got %v", purpose, text, err)
			}
		}
	}
	c = consents(t, d, c.ID, loan.StudentParty)
	if got := c.Consents[loan.StudentParty]; len(got) != 3 || got[loan.ConsentSensitive] != sensitiveText {
		t.Errorf("given are %v", got)
	}
	c = must(d.Consent(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, "whatever", false))
	if c.Consents[loan.StudentParty][loan.ConsentCredit] != "" {
		t.Error("not taken back")
	}
	all, err := d.Store().Changes(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := loan.Body[loan.ConsentBody](all[len(all)-1]); err != nil || b.Given || b.Text != creditText {
		t.Errorf("taken back is %+v, %v, want what stood", b, err)
	}
}

func TestAConsentIsOfThePersonWhoGaveIt(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	portrait := loan.Slot(loan.PortraitCoborrower)
	if len(c.Consents[loan.CoborrowerParty]) == 0 || len(c.Slot(portrait)) == 0 || !c.Attested[loan.CoborrowerParty] {
		t.Fatal("there is nothing to lose")
	}
	name, number := c.App.Coborrowers[0].Name, c.App.Coborrowers[0].IDNo
	c = must(d.Edit(ctx, c.ID, map[string]any{"coborrowers.0.name": "韦测丙"}))
	if len(c.Consents[loan.CoborrowerParty]) == 0 {
		t.Error("a name that was put right takes the consents away")
	}
	c = must(d.Edit(ctx, c.ID, map[string]any{"coborrowers.0.name": name, "coborrowers.0.id_no": "522727197805200017"}))
	if len(c.Consents[loan.CoborrowerParty]) == 0 {
		t.Error("a number that was put right takes the consents away")
	}
	c = must(d.Edit(ctx, c.ID, map[string]any{"coborrowers.0.id_no": number}))
	// One field after the other, as they are typed.
	must(d.Edit(ctx, c.ID, map[string]any{"coborrowers.0.name": "韦测丁"}))
	c = must(d.Edit(ctx, c.ID, map[string]any{"coborrowers.0.id_no": "522727197805200025"}))
	if len(c.Consents[loan.CoborrowerParty]) != 0 || len(c.Slot(portrait)) != 0 || c.Attested[loan.CoborrowerParty] {
		t.Errorf("another person has the consents %v of the former, portraits %d", c.Consents[loan.CoborrowerParty], len(c.Slot(portrait)))
	}
	if len(c.Consents[loan.StudentParty]) == 0 || len(c.Slot(loan.PortraitStudent)) == 0 {
		t.Error("the other party's are gone too")
	}
	if _, err := d.Submit(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("submitted without consent: got %v", err)
	}
	must(d.Consent(ctx, c.ID, loan.CoborrowerParty, loan.ConsentCredit, creditText, true))
	c = must(d.Edit(ctx, c.ID, map[string]any{"coborrowers.0.name": "韦测戊"}))
	if len(c.Consents[loan.CoborrowerParty]) != 1 {
		t.Error("the new person's consent is measured by the former")
	}
}

func TestAWholePersonIsNotSetThroughAConflict(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	for path, value := range map[string]string{"student": `{"name":"韦测戊","id_no":"522727200703150014"}`, "coborrowers": `[{"name":"韦测戊","id_no":"522727197805200025"}]`, "coborrowers.0": `{"name":"韦测戊"}`} {
		if _, err := d.Resolve(t.Context(), c.ID, path, json.RawMessage(value)); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if now := step(t)(d.Case(t.Context(), c.ID)); now.App.Student.Name != c.App.Student.Name || len(now.Consents[loan.StudentParty]) == 0 || len(now.Aside) != 0 {
		t.Error("the case changed")
	}
}

func TestAConsentOfANameAloneIsThatPersons(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := must(d.NewCase(ctx, loan.First, false))
	must(d.Edit(ctx, c.ID, map[string]any{"student.name": "韦测甲"}))
	must(d.Attach(ctx, c.ID, loan.PortraitStudent, picture(t, 358, 441, 7), "image/jpeg", "camera"))
	must(d.Attest(ctx, c.ID, loan.StudentParty))
	must(d.Consent(ctx, c.ID, loan.StudentParty, loan.ConsentSensitive, sensitiveText, true))
	c = must(d.Edit(ctx, c.ID, map[string]any{"student.name": "韦测戊", "student.id_no": "522727200703150014"}))
	if len(c.Consents[loan.StudentParty]) != 0 || len(c.Slot(loan.PortraitStudent)) != 0 || c.Attested[loan.StudentParty] {
		t.Errorf("another has %v, %d portraits", c.Consents[loan.StudentParty], len(c.Slot(loan.PortraitStudent)))
	}
}

func TestWhoeverTakesTheCaseOverTheFormerPersonsConsentsGo(t *testing.T) {
	ctx, must := t.Context(), step(t)
	n := newCounty(t)
	d := n.d
	s := student(11, "韦测戊", true)
	n.send(bulletin.Roster, "PT1", rosterOf(s))
	raw := func(v string) json.RawMessage { return json.RawMessage(`"` + v + `"`) }
	for name, k := range map[string]struct {
		bare bool // portrait and attestation without a consent
		do   func(id uuid.UUID) *loan.Case
	}{
		"emptied at once": {false, func(id uuid.UUID) *loan.Case {
			return must(d.Edit(ctx, id, map[string]any{"student.name": "", "student.id_no": ""}))
		}},
		"another at once": {false, func(id uuid.UUID) *loan.Case {
			return must(d.Edit(ctx, id, map[string]any{"student.name": s.Name, "student.id_no": s.IDNo}))
		}},
		"emptied one after the other": {false, func(id uuid.UUID) *loan.Case {
			must(d.Edit(ctx, id, map[string]any{"student.name": ""}))
			return must(d.Edit(ctx, id, map[string]any{"student.id_no": ""}))
		}},
		"emptied without a consent": {true, func(id uuid.UUID) *loan.Case {
			return must(d.Edit(ctx, id, map[string]any{"student.name": "", "student.id_no": ""}))
		}},
		"another without a consent": {true, func(id uuid.UUID) *loan.Case {
			return must(d.Edit(ctx, id, map[string]any{"student.name": s.Name, "student.id_no": s.IDNo}))
		}},
		"the name emptied, the number another's, and the rest from the roster": {false, func(id uuid.UUID) *loan.Case {
			c := must(d.Edit(ctx, id, map[string]any{"student.name": "", "student.id_no": s.IDNo}))
			o, _, err := d.Offers(ctx, c, s.IDNo, "")
			if err != nil || len(o) != 1 {
				t.Fatalf("%d offers, %v", len(o), err)
			}
			return must(d.TakeOffer(ctx, id, o[0]))
		}},
		"by ending conflicts": {false, func(id uuid.UUID) *loan.Case {
			must(d.Resolve(ctx, id, "student.name", raw(s.Name)))
			return must(d.Resolve(ctx, id, "student.id_no", raw(s.IDNo)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := entered(t, d)
			if k.bare {
				for _, p := range loan.Purposes() {
					c = must(d.Withdraw(ctx, c.ID, loan.StudentParty, p))
				}
				c = must(d.Attest(ctx, c.ID, loan.StudentParty))
			}
			if len(c.Slot(loan.PortraitStudent)) == 0 || !c.Attested[loan.StudentParty] {
				t.Fatal("there is nothing to lose")
			}
			c = k.do(c.ID)
			if len(c.Consents[loan.StudentParty]) != 0 || len(c.Slot(loan.PortraitStudent)) != 0 || c.Attested[loan.StudentParty] {
				t.Errorf("left are %v, %d portraits, attested %v", c.Consents[loan.StudentParty], len(c.Slot(loan.PortraitStudent)), c.Attested[loan.StudentParty])
			}
			if len(c.Consents[loan.CoborrowerParty]) == 0 || len(c.Slot(loan.PortraitCoborrower)) == 0 {
				t.Error("the other party's are gone too")
			}
		})
	}
}

func TestAnybodyAtTheCounterHearsThatAConsentIsTakenBack(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk) // another than the one who handles the case
	seen, err := d.Case(t.Context(), c.ID)
	if err != nil || !seen.Veiled {
		t.Fatalf("veiled %v, %v", seen != nil && seen.Veiled, err)
	}
	if err := d.MayWithdraw(seen); err != nil {
		t.Fatal(err)
	}
	got, err := d.Withdraw(t.Context(), c.ID, loan.StudentParty, loan.ConsentSensitive)
	if err != nil || got.Consents[loan.StudentParty][loan.ConsentSensitive] != "" {
		t.Fatalf("%v, %v", got, err)
	}
	if !got.Veiled || got.Authors["clerk-2"] {
		t.Error("who heard it is let see the whole case")
	}
	if got.MayShare() {
		t.Error("the case may be handed on although the consent was taken back")
	}
	for r, k := range map[guard.Role]struct {
		party   loan.Party
		purpose string
	}{guard.Reviewer: {loan.StudentParty, loan.ConsentCredit}, guard.DataAdmin: {loan.CoborrowerParty, loan.ConsentCredit}, guard.Auditor: {loan.CoborrowerParty, loan.ConsentSensitive}} {
		d := as(r)
		if err := d.MayWithdraw(got); err != nil {
			t.Errorf("%s: %v", r, err)
		}
		got, err := d.Withdraw(t.Context(), c.ID, k.party, k.purpose)
		if err != nil || got.Consents[k.party][k.purpose] != "" || got.Authors[d.Operator().ID] || !got.Veiled {
			t.Errorf("%s: %v", r, err)
		}
	}
}

func TestWhoReviewedOrDecidedACaseHearsThatAConsentIsTakenBack(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	enabled(t, d, guard.Operator{ID: "both-1", Name: "身兼两职", Roles: []guard.Role{guard.Clerk, guard.Reviewer}, Enabled: true}, bothPassword)
	c := must(d.Submit(ctx, entered(t, d).ID))
	c = must(d.Review(ctx, c.ID, "both-1", []byte(bothPassword), true, ""))
	d, err := signedIn(t, d, "both-1", bothPassword)
	if err != nil {
		t.Fatal(err)
	}
	seen := must(d.OpenBeyond(ctx, c.ID, "本人要求撤回"))
	if err := d.MayWithdraw(seen); err != nil {
		t.Errorf("the window offers it not: %v", err)
	}
	c = must(d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit))
	if c.Consents[loan.StudentParty][loan.ConsentCredit] != "" || c.Status != loan.Draft {
		t.Errorf("%s, %v", c.Status, c.Consents)
	}
	if _, err := d.Consent(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, creditText, true); fault.KindOf(err) != fault.Denied {
		t.Errorf("and gives one as a clerk of the case: got %v", err)
	}
}

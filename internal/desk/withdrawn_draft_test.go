package desk_test

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestNothingSensitiveIsTakenAfterItsConsentIsTakenBack(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	id, shot := c.ID, picture(t, 358, 441, 77)
	attach := func(s loan.Slot) func() error {
		return func() error { return of(d.Attach(ctx, id, s, shot, "image/jpeg", "camera")) }
	}
	edit := func(fields map[string]any) func() error {
		return func() error { return of(d.Edit(ctx, id, fields)) }
	}
	card := func(p loan.Party, k loan.Person) func() error {
		return func() error {
			return of(d.KeepCard(ctx, id, p, loan.Card{Kind: loan.ResidentIdentity, Name: k.Name, Number: k.IDNo}, nil))
		}
	}
	print := func(p desk.Paper) func() error { return func() error { return of(d.Printout(ctx, id, p)) } }
	of := map[string]func() error{
		"a portrait":              attach(loan.PortraitStudent),
		"the picture of the chip": attach(loan.CardStudent),
		"a copy of the ID card":   attach(loan.DocSlot(loan.StudentIDCard)),
		"what the card says":      card(loan.StudentParty, c.App.Student),
		"the kind of need":        edit(map[string]any{"hardship.categories": []string{"低保家庭学生"}}),
		"the household register":  attach(loan.DocSlot(loan.HukouBook)),
		"the proof of kinship":    attach(loan.DocSlot(loan.RelationProof)),
		"the proof of household":  attach(loan.DocSlot(loan.PreEntryHukou)),
		"the signed application":  attach(loan.DocSlot(loan.ApplicationForm)),
		"the signed form on need": attach(loan.DocSlot(loan.HardshipForm)),
		"the orphan's proof":      attach(loan.DocSlot(loan.OrphanCertificate)),
		"a telephone number":      edit(map[string]any{"student.phone": "15400000003"}),
		"an address":              edit(map[string]any{"student.address": "平塘县大塘镇测试村二组"}),
		"the application form":    print(desk.PaperApplication),
		"the form on need":        print(desk.PaperHardship),
	}
	others := map[string]func() error{
		"the co-borrower's portrait":       attach(loan.PortraitCoborrower),
		"what the co-borrower's card says": card(loan.CoborrowerParty, c.App.Coborrowers[0].Person),
		"the telephone number that stands": edit(map[string]any{"student.phone": c.App.Student.Phone}),
		"the number of the person":         edit(map[string]any{"student.id_no": c.App.Student.IDNo}),
		"the letter of admission":          attach(loan.DocSlot(loan.AdmissionLetter)),
		"the co-borrower's telephone":      edit(map[string]any{"coborrowers.0.phone": "15400000004"}),
		"the need emptied":                 edit(map[string]any{"hardship.categories": []string{}}),
		"the card with no data of him":     print(desk.PaperCard),
	}
	must(d.Withdraw(ctx, id, loan.StudentParty, loan.ConsentSensitive))
	for what, do := range of {
		err := do()
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "重新登记同意") || !strings.Contains(fault.Sentence(err), "作废") {
			t.Errorf("%s: got %v: %s", what, err, fault.Sentence(err))
		}
	}
	for what, do := range others {
		if err := do(); err != nil {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if now := must(d.Case(ctx, id)); len(now.App.Hardship.Categories) != 0 || len(now.Slot(loan.PortraitStudent)) != 1 {
		t.Error("something was taken")
	}
	must(d.Consent(ctx, id, loan.StudentParty, loan.ConsentSensitive, sensitiveText, true))
	for what, do := range of {
		if err := do(); err != nil {
			t.Errorf("%s once it is given anew: got %v", what, err)
		}
	}
}

// TestNothingOfTheOtherParentIsTakenAfterItsConsentIsTakenBack is the co-borrower's side.
func TestNothingOfTheOtherParentIsTakenAfterItsConsentIsTakenBack(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	id := c.ID
	must(d.Edit(ctx, id, map[string]any{"separate_hukou": true}))
	must(d.Withdraw(ctx, id, loan.CoborrowerParty, loan.ConsentSensitive))
	refused := func(what string, err error) {
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "重新登记同意") {
			t.Errorf("%s: got %v: %s", what, err, fault.Sentence(err))
		}
	}
	shot := picture(t, 358, 441, 78)
	for _, s := range []loan.Slot{loan.PortraitCoborrower, loan.CardCoborrower, loan.DocSlot(loan.CoborrowerIDCard), loan.DocSlot(loan.HukouBook2), loan.DocSlot(loan.RelationProof), loan.DocSlot(loan.ApplicationForm)} {
		_, err := d.Attach(ctx, id, s, shot, "image/jpeg", "camera")
		refused(string(s), err)
	}
	for _, p := range []desk.Paper{desk.PaperApplication, desk.PaperHardship} {
		_, err := d.Printout(ctx, id, p)
		refused(string(p), err)
	}
	_, err := d.Edit(ctx, id, map[string]any{"coborrowers.0.phone": "15400000004"})
	refused("a telephone number", err)
	for _, s := range []loan.Slot{loan.PortraitStudent, loan.DocSlot(loan.StudentIDCard), loan.DocSlot(loan.OrphanCertificate), loan.DocSlot(loan.HukouBook)} {
		if _, err := d.Attach(ctx, id, s, shot, "image/jpeg", "camera"); err != nil {
			t.Errorf("%s, of the student: got %v", s, err)
		}
	}
}

// TestWhoTookBackAnotherConsentMayStillBeTakenIn takes back the consent that the case be
// shared, and another person stands there afterwards.
func TestWhoTookBackAnotherConsentMayStillBeTakenIn(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	id := entered(t, d).ID
	must(d.Withdraw(ctx, id, loan.StudentParty, loan.ConsentShare))
	must(d.Edit(ctx, id, map[string]any{"student.name": "韦测乙", "student.id_no": "522727200503141019"}))
	must(d.Attach(ctx, id, loan.PortraitStudent, picture(t, 358, 441, 79), "image/jpeg", "camera"))
	must(d.Edit(ctx, id, map[string]any{"student.phone": "15400000003"}))
}

// TestWhoTookNothingBackMayBeTakenIn is of who stands there after a consent that was given
// anew, or that went with what was put right.
func TestWhoTookNothingBackMayBeTakenIn(t *testing.T) {
	type fields = map[string]any
	t.Run("the other parent, after the one who gave it anew", func(t *testing.T) {
		ctx, must := t.Context(), step(t)
		d := laptop(t, t.TempDir())
		defer d.Close()
		id := entered(t, d).ID
		must(d.Withdraw(ctx, id, loan.CoborrowerParty, loan.ConsentSensitive))
		must(d.Consent(ctx, id, loan.CoborrowerParty, loan.ConsentSensitive, sensitiveText, true))
		must(d.Edit(ctx, id, fields{"coborrowers.0.name": "韦测丙", "coborrowers.0.id_no": "522727197501151234"}))
		must(d.Edit(ctx, id, fields{"coborrowers.0.phone": "15400000005"}))
		must(d.Withdraw(ctx, consents(t, d, id, loan.CoborrowerParty).ID, loan.CoborrowerParty, loan.ConsentSensitive))
		if _, err := d.Edit(ctx, id, fields{"coborrowers.0.phone": "15400000006"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("once that one takes it back: got %v", err)
		}
	})
	t.Run("another, after a name was emptied before its number stood", func(t *testing.T) {
		ctx, must := t.Context(), step(t)
		d := laptop(t, t.TempDir())
		defer d.Close()
		id := must(d.NewCase(ctx, loan.First, false)).ID
		must(d.Edit(ctx, id, fields{"student.name": "韦测"}))
		must(d.Consent(ctx, id, loan.StudentParty, loan.ConsentSensitive, sensitiveText, true))
		must(d.Edit(ctx, id, fields{"student.name": ""}))
		must(d.Edit(ctx, id, fields{"student.name": "韦测乙", "student.id_no": "522727200503141019"}))
		must(d.Edit(ctx, id, fields{"student.phone": "15400000005"}))
	})
}

func TestAPortraitBeforeTheConsentIsNoneAfterAWithdrawal(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := step(t)(d.NewCase(t.Context(), loan.First, false))
	if _, err := d.Attach(t.Context(), c.ID, loan.PortraitStudent, picture(t, 358, 441, 7), "image/jpeg", "camera"); err != nil {
		t.Errorf("in a case in which nothing was taken back: got %v", err)
	}
}

// TestAConsentTakenBackBeforeTheNameStandsHolds has the consent noted and taken back in a
// case in which nobody's name and number are yet, or only a part of them.
func TestAConsentTakenBackBeforeTheNameStandsHolds(t *testing.T) {
	type fields = map[string]any
	const number, other = "522727200503149914", "522727200503141019"
	for name, x := range map[string]struct {
		before fields   // what stands as the consent is given and taken back
		after  []fields // what is entered then
		held   bool
	}{
		"nothing is entered":                        {nil, nil, true},
		"name and number at once":                   {nil, []fields{{"student.name": "韦测𬎆", "student.id_no": number}}, true},
		"first the name, then the number":           {nil, []fields{{"student.name": "韦测𬎆"}, {"student.id_no": number}}, true},
		"the name put right before the number":      {fields{"student.name": "韦测"}, []fields{{"student.name": "韦测𬎆"}, {"student.id_no": number}}, true},
		"the name put right behind the number":      {nil, []fields{{"student.name": "韦测", "student.id_no": number}, {"student.name": "韦测𬎆"}}, true},
		"the number put right":                      {nil, []fields{{"student.name": "韦测𬎆", "student.id_no": other}, {"student.id_no": number}}, true},
		"both emptied":                              {fields{"student.name": "韦测𬎆", "student.id_no": number}, []fields{{"student.name": "", "student.id_no": ""}}, true},
		"another person":                            {fields{"student.name": "韦测𬎆", "student.id_no": number}, []fields{{"student.name": "韦测乙", "student.id_no": other}}, true},
		"another person after the one who took it":  {nil, []fields{{"student.name": "韦测𬎆", "student.id_no": number}, {"student.name": "韦测乙", "student.id_no": other}}, true},
		"the same person after another stood there": {fields{"student.name": "韦测𬎆", "student.id_no": number}, []fields{{"student.name": "韦测乙", "student.id_no": other}, {"student.name": "韦测𬎆", "student.id_no": number}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, must := t.Context(), step(t)
			d := laptop(t, t.TempDir())
			defer d.Close()
			id := must(d.NewCase(ctx, loan.First, false)).ID
			if x.before != nil {
				must(d.Edit(ctx, id, x.before))
			}
			must(d.Consent(ctx, id, loan.StudentParty, loan.ConsentSensitive, sensitiveText, true))
			must(d.Withdraw(ctx, id, loan.StudentParty, loan.ConsentSensitive))
			for _, f := range x.after {
				must(d.Edit(ctx, id, f))
			}
			take := func() error {
				_, err := d.Attach(ctx, id, loan.PortraitStudent, picture(t, 358, 441, 77), "image/jpeg", "camera")
				return err
			}
			if err := take(); (fault.KindOf(err) == fault.Denied) != x.held || !x.held && err != nil {
				t.Errorf("a portrait: got %v, want a refusal: %t", err, x.held)
			}
			must(d.Consent(ctx, id, loan.StudentParty, loan.ConsentSensitive, sensitiveText, true))
			if err := take(); x.held && err != nil {
				t.Errorf("once it is given anew: got %v", err)
			}
		})
	}
}

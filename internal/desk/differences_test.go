package desk_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// differing is what a case differs in from a source: field → what is there.
func differing(t *testing.T, d *desk.Desk, c *loan.Case, from desk.Source) map[string]string {
	t.Helper()
	all, err := d.Differences(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, x := range all {
		if x.Here == "" || x.There == "" || x.Here == x.There {
			t.Errorf("no difference: %+v", x)
		}
		if x.Source == from {
			out[x.Field] = x.There
		}
	}
	return out
}

func wantDifferences(t *testing.T, got, want map[string]string) {
	t.Helper()
	for f, v := range want {
		if got[f] != v {
			t.Errorf("%s: got %q, want %q", f, got[f], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWhatDiffersIsSetSideBySide(t *testing.T) {
	c := newCounty(t)
	ctx, d, must := t.Context(), c.d, step(t)
	k := entered(t, d)
	t.Run("nothing, where all agree", func(t *testing.T) {
		if all, err := d.Differences(ctx, k); err != nil || len(all) != 0 {
			t.Errorf("got %+v, %v", all, err)
		}
	})
	t.Run("from the card and its number", func(t *testing.T) {
		k = must(d.Edit(ctx, k.ID, map[string]any{"student.id_ocr_name": "韦测丁", "student.birth": "2005-03-15", "coborrowers.0.sex": "女"}))
		wantDifferences(t, differing(t, d, k, desk.FromCard), map[string]string{"student.name": "韦测丁", "student.birth": "2005-03-14", "coborrowers.0.sex": "男"})
	})
	t.Run("from the roster, by number", func(t *testing.T) {
		s := loan.Preapplied{IDNo: "522727200503149914", Name: "韦测𬎆", Phone: "15400000099", Ethnic: "苗族", Approved: true}
		c.send(bulletin.Roster, "PT1", rosterOf(s))
		wantDifferences(t, differing(t, d, k, desk.FromRoster), map[string]string{"student.phone": "15400000099", "student.ethnic": "苗族", "hardship.pre_applied": "true"})
	})
	t.Run("from the roster, what need it says and whether it passed", func(t *testing.T) {
		s := loan.Preapplied{IDNo: "522727200503149914", Name: "韦测𬎆", Categories: []string{"低保家庭学生", "孤儿"}, Approved: !k.App.Hardship.PreApplied}
		c.send(bulletin.Roster, "PT1", rosterOf(s))
		passed := strconv.FormatBool(s.Approved)
		k := must(d.Edit(ctx, entered(t, d).ID, map[string]any{"hardship.categories": []string{"普通高中认定家庭经济困难学生"}}))
		wantDifferences(t, differing(t, d, k, desk.FromRoster), map[string]string{"hardship.pre_applied": passed, "hardship.categories": `["低保家庭学生","孤儿"]`})
		same := must(d.Edit(ctx, k.ID, map[string]any{"hardship.categories": []string{"孤儿", "低保家庭学生"}}))
		wantDifferences(t, differing(t, d, same, desk.FromRoster), map[string]string{"hardship.pre_applied": passed})
		must(d.Void(ctx, same.ID, "重复受理"))
	})
	t.Run("from the roster, by a name that one has", func(t *testing.T) {
		s := student(9, "韦测𬎆", true)
		s.Phone, s.Ethnic = "15400000001", "布依族"
		c.send(bulletin.Roster, "PT1", rosterOf(s))
		wantDifferences(t, differing(t, d, k, desk.FromRoster), map[string]string{"student.id_no": "***"})
		other := student(8, "韦测𬎆", true)
		c.send(bulletin.Roster, "PT1", rosterOf(s, other))
		wantDifferences(t, differing(t, d, k, desk.FromRoster), map[string]string{})
	})
	t.Run("from an earlier case of the student", func(t *testing.T) {
		second := entered(t, d)
		second = must(d.Edit(ctx, second.ID, map[string]any{"study.major": "另一专业", "coborrowers.0.relation": "母", "student.address": ""}))
		wantDifferences(t, differing(t, d, second, desk.FromEarlier), map[string]string{"student.birth": "2005-03-15", "study.major": "测试专业", "coborrowers.0.relation": "父"})
		must(d.Void(ctx, k.ID, "重复受理"))
		wantDifferences(t, differing(t, d, second, desk.FromEarlier), map[string]string{})
	})
}

func TestACorrectionKeepsOldAndNew(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := sealed(t, d)
	c, err := d.Correct(t.Context(), c.ID, map[string]any{"loan.amount": 5000, "student.phone": "15400000003"}, "金额有误")
	if err != nil {
		t.Fatal(err)
	}
	wantDifferences(t, differing(t, d, c, desk.FromCorrected), map[string]string{"loan.amount": "5800", "student.phone": "15400000001"})
}

func testCard() loan.Card {
	return loan.Card{Kind: loan.ResidentIdentity, Name: "韦测丁", Number: "522727200503149914", Sex: loan.Male, Ethnic: "布依族", Birth: "2005-03-14",
		Address: "贵州省平塘县大塘镇新光村9号", Issuer: "平塘县公安局", From: "2020-01-02", To: "2030-01-02"}
}

func TestACardReadDuringACorrectionIsKeptWithIt(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := sealed(t, d)
	card := testCard()
	if _, err := d.KeepCard(ctx, c.ID, loan.StudentParty, card, nil); fault.KindOf(err) != fault.Denied {
		t.Errorf("of a sealed contract that is not corrected: got %v", err)
	}
	body := loan.CardBody{Form: loan.CardForm, Party: loan.StudentParty, Card: card, Kept: []string{"address"}}
	bad := body
	bad.Party = "nobody"
	if _, err := d.Correct(ctx, c.ID, map[string]any{"student.name": card.Name}, "姓名录错", bad); fault.KindOf(err) != fault.Input {
		t.Errorf("a card of nobody: got %v", err)
	}
	if now := must(d.Case(ctx, c.ID)); now.Status != loan.Signed || now.Contract == nil {
		t.Fatal("and the contract is void all the same")
	}
	c = must(d.Correct(ctx, c.ID, map[string]any{"student.name": card.Name}, "姓名录错", body))
	kept := c.Cards[loan.StudentParty]
	if c.Status != loan.Corrected || kept.Card.Number != card.Number || kept.By != "clerk-1" || !slices.Equal(kept.Kept, []string{"address"}) {
		t.Errorf("%s, kept of the card %+v", c.Status, kept)
	}
}

func TestWhatACardSaidAndTheClerkDidNotTakeIsShown(t *testing.T) {
	dir := t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	ctx, must := t.Context(), step(t)
	c := entered(t, d)
	if c.Cards != nil {
		t.Fatalf("a card before one was read: %+v", c.Cards)
	}
	card := testCard()
	card.To = c.App.Student.IDValidTo
	c = must(d.KeepCard(ctx, c.ID, loan.StudentParty, card, []string{"name", "address"}))
	got := map[string]desk.Difference{}
	all, err := d.Differences(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		got[x.Field] = x
	}
	for f, want := range map[string]string{"student.name": card.Name, "student.address": card.Address} {
		if x := got[f]; x.Source != desk.FromCard || x.There != want || !x.Kept || x.By != "clerk-1" || x.At.IsZero() {
			t.Errorf("%s: %+v, want the card's word, and that the clerk kept his", f, x)
		}
	}
	c = must(d.Edit(ctx, c.ID, map[string]any{"student.sex": "女"}))
	all, err = d.Differences(ctx, c)
	i := slices.IndexFunc(all, func(x desk.Difference) bool { return x.Field == "student.sex" })
	if err != nil || i < 0 || all[i].Kept || all[i].By != "clerk-1" || all[i].At.IsZero() {
		t.Errorf("typed after the card was read: %+v, %v", all, err)
	}
	c = must(d.Edit(ctx, c.ID, map[string]any{"student.sex": "男", "student.name": card.Name, "student.address": card.Address}))
	if left := differing(t, d, c, desk.FromCard); len(left) != 0 {
		t.Errorf("taken after all: %v", left)
	}
	c = must(d.KeepCard(ctx, c.ID, loan.CoborrowerParty, loan.Card{Kind: loan.ResidencePermit, Name: c.App.Coborrowers[0].Name, Number: c.App.Coborrowers[0].IDNo, Pass: "H12345678"}, nil))
	wantDifferences(t, differing(t, d, c, desk.FromCard), map[string]string{"coborrowers.0.id_type": "港澳台居民居住证"})

	if ch := lastOf(t, d); ch.Kind != loan.ChangeCard {
		t.Errorf("the last change: %s", ch.Kind)
	}
	d = signedInAs(t, d, dir, "reviewer-1", reviewPassword)
	again, err := d.OpenBeyond(ctx, c.ID, "家长来电核对")
	if err != nil {
		t.Fatal(err)
	}
	if !again.Veiled || again.Cards != nil {
		t.Errorf("one who sees the case masked is handed the card: %v", again.Cards)
	}
}

func TestDifferencesAreMaskedForWhoDoesNotSeeTheCase(t *testing.T) {
	c, as := staffed(t)
	card := testCard()
	if _, err := as(guard.Clerk).Store().CommitCase(t.Context(), []store.Entry{
		{Case: c.ID, Kind: loan.ChangeCard, Operator: "clerk-1", Body: loan.CardBody{Form: loan.CardForm, Party: loan.StudentParty, Card: card, Kept: []string{"name"}}}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, r := range guard.Roles() {
		d := as(r)
		seen, err := d.Case(t.Context(), c.ID)
		if fault.KindOf(err) == fault.Denied {
			if _, err := d.Differences(t.Context(), c); fault.KindOf(err) != fault.Denied {
				t.Errorf("%s may not look, and compares: %v", r, err)
			}
			continue
		}
		all, err := d.Differences(t.Context(), seen)
		if err != nil || len(all) < 2 {
			t.Fatalf("%s: %+v, %v", r, all, err)
		}
		for _, x := range all {
			if strings.Contains(x.There, card.Name) || strings.Contains(x.Here, "韦测𬎆") || strings.Contains(x.There, "新光村") || x.Field == "student.name" && x.There != guard.MaskName(card.Name) {
				t.Errorf("%s sees %+v", r, x)
			}
		}
	}
}

// TestABareDraftDoesNotHideTheSignedContract opens another case with the number alone
// after the one that was signed.
func TestABareDraftDoesNotHideTheSignedContract(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	one := sealed(t, d)
	two := entered(t, d)
	two = must(d.Edit(ctx, two.ID, map[string]any{"student.phone": "15400000077"}))
	want := map[string]string{"student.phone": one.App.Student.Phone}
	wantDifferences(t, differing(t, d, two, desk.FromEarlier), want)
	bare := must(d.NewCase(ctx, loan.First, false))
	must(d.Edit(ctx, bare.ID, map[string]any{"student.id_no": one.App.Student.IDNo}))
	wantDifferences(t, differing(t, d, two, desk.FromEarlier), want)
	// Beside the bare one stands what was signed, too, and not the newer draft.
	bare = must(d.Edit(ctx, bare.ID, map[string]any{"student.phone": "15400000078"}))
	wantDifferences(t, differing(t, d, bare, desk.FromEarlier), want)
}

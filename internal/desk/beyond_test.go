package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestFindingACaseToEraseIsASearchForAReason(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	tail := c.ID.String()[28:]
	f.in("admin-1", clerkPassword, clock())
	for name, reason := range map[string]string{"none": "", "with a number": "机主 154-0000-0001 来电"} {
		if row, err := f.d.RequestedCase(ctx, tail, reason); fault.KindOf(err) != fault.Input || row.Name != "" {
			t.Errorf("a reason %s: got %q, %v", name, row.Name, err)
		}
	}
	for i := range guard.MaxSearches {
		row, err := f.d.RequestedCase(ctx, tail, "本人"+c.App.Student.Name+"当面要求删除")
		if fault.KindOf(err) != fault.Denied || row.ID != c.ID {
			t.Fatalf("find %d: got %v, %v", i, row.ID, err)
		}
	}
	if _, b := lastLook(t, f.d, loan.ChangeView); b.Detail != guard.ErasureWords(c.ID, "") || !strings.Contains(b.Reason, "当面要求删除") || strings.Contains(b.Reason, c.App.Student.Name) {
		t.Errorf("the chain says %q for a reason that is as written: %v", b.Detail, strings.Contains(b.Reason, c.App.Student.Name))
	}
	if row, err := f.d.RequestedCase(ctx, tail, "本人当面要求删除"); fault.KindOf(err) != fault.Denied || row.Name != "" || !strings.Contains(fault.Sentence(err), "已达上限") {
		t.Errorf("one more: got a row %v, %v: %s", row.Name != "", err, fault.Sentence(err))
	}
	if _, err := f.d.FindBeyond(ctx, "9914", "家长来电核对"); fault.KindOf(err) != fault.Denied {
		t.Errorf("a search after them: got %v", err)
	}
	if ch, b := lastLook(t, f.d, loan.ChangeSearch); ch.Operator != "admin-1" || b.Detail != guard.SearchRefused {
		t.Errorf("the chain says %+v", b)
	}
	a, err := f.d.AskGrant(ctx, desk.Wanted{Fields: []string{desk.SearchField}, Count: 1, Hours: 2, Reason: "多人要求删除"})
	if err != nil {
		t.Fatal(err)
	}
	other := roleOperator(guard.DataAdmin)
	if err := f.d.Store().EnableOperator(ctx, other, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	g, err := f.d.ApproveAsk(ctx, a.Code, other.ID, []byte(clerkPassword), nil)
	if err != nil {
		t.Fatal(err)
	}
	if row, _ := f.d.RequestedCase(ctx, tail, "本人当面要求删除"); row.ID != c.ID {
		t.Error("by a grant: no row")
	}
	if _, b := lastLook(t, f.d, loan.ChangeView); b.Detail != guard.ErasureWords(c.ID, g.ID) {
		t.Errorf("by a grant: the chain says %q", b.Detail)
	}
	f.in(other.ID, clerkPassword, clock())
	r, err := f.d.Record(ctx, desk.Sought{Operator: "admin-1", Case: tail, Kinds: []loan.ChangeKind{loan.ChangeView}})
	if err != nil || len(r.Lines) != guard.MaxSearches+1 {
		t.Errorf("the case's record has %d of them, %v", len(r.Lines), err)
	}
}

func TestWhoReadThePersonsRecordIsInIt(t *testing.T) {
	c, as := staffed(t)
	ctx := t.Context()
	d := as(guard.DataAdmin)
	for name, reason := range map[string]string{"none": "", "with a number": "机主 154-0000-0001 来电"} {
		if r, err := d.Record(ctx, desk.Sought{Person: c.App.Student.IDNo, Reason: reason}); fault.KindOf(err) != fault.Input || len(r.Lines) > 0 {
			t.Errorf("a reason %s: got %d lines, %v", name, len(r.Lines), err)
		}
	}
	if _, err := d.Record(ctx, desk.Sought{Person: c.App.Student.IDNo, Reason: c.App.Student.Name + "家长投诉"}); err != nil {
		t.Fatal(err)
	}
	if ch, b := lastLook(t, d, loan.ChangeView); ch.Case != uuid.Nil || b.Detail != guard.PersonWords([]uuid.UUID{c.ID}) || !strings.HasSuffix(b.Reason, "家长投诉") || strings.Contains(b.Reason, c.App.Student.Name) {
		t.Errorf("the chain says %q of %v, the name in the reason: %v", b.Detail, ch.Case, strings.Contains(b.Reason, c.App.Student.Name))
	}
	if _, err := d.Record(ctx, desk.Sought{Person: "522727200503141015", Reason: "家长投诉核查"}); err != nil {
		t.Fatal(err)
	}
	d = as(guard.Auditor)
	for name, q := range map[string]desk.Sought{"the student's": {Person: c.App.Student.IDNo}, "the co-borrower's": {Person: c.App.Coborrowers[0].IDNo}, "the case's": {Case: c.ID.String()[28:]}} {
		q.Operator, q.Reason = "dataadmin-1", "家长投诉核查"
		r, err := d.Record(ctx, q)
		if err != nil || len(r.Lines) != 1 || r.Lines[0].Kind != loan.ChangeView || len(r.Lines[0].Shown) != 1 || r.Lines[0].Shown[0] != c.ID {
			t.Errorf("%s: got %+v, %v", name, r.Lines, err)
		}
	}
}

func TestAMistypedPersonOrCaseIsToldInTheRecord(t *testing.T) {
	c, as := staffed(t)
	ctx := t.Context()
	d := as(guard.Auditor)
	for name, x := range map[string]struct {
		q    desk.Sought
		kind fault.Kind
	}{
		"a number with spaces as a case": {desk.Sought{Case: "522727 20050314 9914"}, fault.Input},
		"a name as a case":               {desk.Sought{Case: c.App.Student.Name + "家长"}, fault.Input},
		"seventeen digits as a case":     {desk.Sought{Case: "52272720050314991"}, fault.Missing},
		"a telephone as a case":          {desk.Sought{Case: "15400000001"}, fault.Missing},
		"a case that is not here":        {desk.Sought{Case: uuid.NewString()}, fault.Missing},
		"a wrong check digit":            {desk.Sought{Person: "522727200503149915", Reason: "家长投诉核查"}, fault.Input},
	} {
		if r, err := d.Record(ctx, x.q); fault.KindOf(err) != x.kind || fault.Sentence(err) == "" || len(r.Lines) > 0 {
			t.Errorf("%s: got %d lines, %v", name, len(r.Lines), err)
		}
	}
	if r, err := d.Record(ctx, desk.Sought{Person: "522727200503141015", Reason: "家长投诉核查"}); err != nil || !r.Nobody {
		t.Errorf("a number that stands in no case: nobody %v, %v", r.Nobody, err)
	}
	for name, q := range map[string]desk.Sought{"the person": {Person: c.App.Student.IDNo, Reason: "家长投诉核查"}, "the case": {Case: c.ID.String()[28:], From: clock().AddDate(1, 0, 0)}} {
		if r, err := d.Record(ctx, q); err != nil || r.Nobody {
			t.Errorf("%s: nobody %v, %v", name, r.Nobody, err)
		}
	}
}

func TestACaseBeyondTheQueueIsOpenedForAReasonAlone(t *testing.T) {
	c, as := staffed(t)
	ctx := t.Context()
	var d *desk.Desk
	for _, r := range []guard.Role{guard.Reviewer, guard.DataAdmin, guard.Auditor} {
		d = as(r)
		if k, err := d.Open(ctx, c.ID); k != nil || fault.KindOf(err) != fault.Denied || !desk.AsksReason(err) {
			t.Errorf("%s, by its id: got %v", r, err)
		}
		for name, reason := range map[string]string{"none": "", "with a number": "机主 154-0000-0001 来电"} {
			if k, err := d.OpenBeyond(ctx, c.ID, reason); k != nil || fault.KindOf(err) != fault.Input {
				t.Errorf("%s, a reason %s: got %v", r, name, err)
			}
		}
		if k, err := d.OpenBeyond(ctx, c.ID, "家长"+c.App.Student.Name+"来电核对"); err != nil || !k.Veiled {
			t.Fatalf("%s, for a reason: got %v", r, err)
		}
		if _, b := lastLook(t, d, loan.ChangeSearch); b.Detail != guard.BeyondWords(1, "", []uuid.UUID{c.ID}) || strings.Contains(b.Reason, c.App.Student.Name) || !strings.Contains(b.Reason, "来电核对") {
			t.Errorf("%s: the chain says %q", r, b.Detail)
		}
		if ch, b := lastLook(t, d, loan.ChangeView); ch.Case != c.ID || b.Detail != guard.CaseOpened {
			t.Errorf("%s: the chain says %q of the look", r, b.Detail)
		}
		if _, err := d.Open(ctx, c.ID); err != nil {
			t.Errorf("%s, once more: got %v", r, err)
		}
	}
	d = as(guard.Reviewer)
	if _, err := d.FindBeyond(ctx, "9914", "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(ctx, c.ID); err != nil {
		t.Errorf("one that a search showed: got %v", err)
	}
	d = as(guard.Reviewer)
	if err := d.SetSetting(ctx, "in hand", map[string]uuid.UUID{d.Operator().ID: c.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(ctx, c.ID); err != nil {
		t.Errorf("one that was in hand as the window locked: got %v", err)
	}
	d = as(guard.Reviewer)
	if err := d.SetSetting(ctx, "in hand", map[string]uuid.UUID{d.Operator().ID: uuid.New()}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(ctx, c.ID); !desk.AsksReason(err) {
		t.Errorf("while another was in hand: got %v, want a reason asked for", err)
	}
}

func TestACaseThatAGrantNamesIsOpenedWithoutAReasonWhileItLasts(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c, other := entered(t, f.d), entered(t, f.d)
	f.in("clerk-2", clerkPassword, clock())
	opens := func(t *testing.T, id uuid.UUID, want bool) {
		t.Helper()
		if _, err := f.d.Open(ctx, id); (err == nil) != want || err != nil && !desk.AsksReason(err) {
			t.Errorf("opened without a reason: %v, want %v: %v", err == nil, want, err)
		}
	}
	g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家长急需核对")
	if err != nil {
		t.Fatal(err)
	}
	f.in("clerk-2", clerkPassword, clock().Add(time.Minute))
	t.Run("the case of a grant in force", func(t *testing.T) { opens(t, c.ID, true) })
	t.Run("another case", func(t *testing.T) { opens(t, other.ID, false) })
	f.in("clerk-2", clerkPassword, g.Until)
	t.Run("the case of a grant that is over", func(t *testing.T) { opens(t, c.ID, false) })
	f.in("clerk-2", clerkPassword, clock().Add(2*time.Minute))
	t.Run("also with the clock set back", func(t *testing.T) { opens(t, c.ID, false) })
}

func TestCasesOpenedForAReasonAreBoundedForADay(t *testing.T) {
	c, as := staffed(t)
	ctx := t.Context()
	for i := range guard.MaxSearches {
		if _, err := as(guard.Auditor).OpenBeyond(ctx, c.ID, "家长来电核对"); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if k, err := as(guard.Auditor).OpenBeyond(ctx, c.ID, "家长来电核对"); k != nil || fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "已达上限") {
		t.Errorf("one more: got %v: %s", err, fault.Sentence(err))
	}
}

func TestOwnDataCountsRowsAndExports(t *testing.T) {
	f, cases := exporter(t)
	ctx := t.Context()
	_, to := recipient(t)
	g := f.leave(desk.Wanted{Fields: []string{guard.ImagesField}, Count: 1}, to)
	if _, err := f.d.Export(ctx, g.ID, cases[:1], t.TempDir()); err != nil {
		t.Fatal(err)
	}
	before, err := f.d.OwnData(ctx, cases[0], loan.StudentParty)
	if err != nil || before.Exports != 1 {
		t.Fatalf("got %d exports, %v, want 1", before.Exports, err)
	}
	f.in("reviewer-1", reviewPassword, f.now)
	for range 3 {
		if got, err := f.d.FindBeyond(ctx, "9914", "家长来电核对"); err != nil || len(got.Rows) == 0 {
			t.Fatalf("got %d rows, %v", len(got.Rows), err)
		}
	}
	f.in("clerk-1", clerkPassword, f.now)
	after, err := f.d.OwnData(ctx, cases[0], loan.StudentParty)
	if err != nil || after.Looks != before.Looks+3+1 || !slices.Contains(after.Operators, "reviewer-1") {
		t.Errorf("got %d looks after %d, by %v, %v", after.Looks, before.Looks, after.Operators, err)
	}
}
